from factory.declarations import Sequence, SubFactory
from factory.django import DjangoModelFactory

from accounts.factories import UserFactory
from todos.models import Todo


class TodoFactory(DjangoModelFactory[Todo]):
    class Meta:
        model = Todo

    title = Sequence(lambda n: f"Todo {n}")
    user = SubFactory(UserFactory)
