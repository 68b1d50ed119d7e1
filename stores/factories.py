from factory.declarations import SubFactory
from factory.django import DjangoModelFactory
from factory.faker import Faker

from accounts.factories import UserFactory
from stores.models import StoreManager


class StoreManagerFactory(DjangoModelFactory[StoreManager]):
    class Meta:
        model = StoreManager
        django_get_or_create = ("user",)

    name = Faker("company")
    user = SubFactory(UserFactory)
