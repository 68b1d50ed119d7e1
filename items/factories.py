from factory.declarations import Sequence, SubFactory
from factory.django import DjangoModelFactory

from items.models import Item
from stores.factories import StoreManagerFactory


class ItemFactory(DjangoModelFactory[Item]):
    class Meta:
        model = Item

    name = Sequence(lambda n: f"Item {n}")
    store_manager = SubFactory(StoreManagerFactory)
