from itertools import count

from common.testing.contract import ResourceContract
from common.testing.scale import Scale
from stores.factories import StoreManagerFactory
from stores.views import StoreManagerViewSet

numbers = count()


class TestStoreManagers(ResourceContract, Scale):
    viewset = StoreManagerViewSet
    factory = StoreManagerFactory
    body = {"name": "Corner Shop", "password": "correct horse battery"}
    change = {"name": "Garden Centre"}
    invalid = {
        "name": ["", "  ", None, "x" * 65, "a\nb"],
        "email": ["", None, "ada", "ada@" + "\ufdfa" * 60 + ".com"],
        "password": ["", None, "short", "password123", "x" * 129],
        "id": ["01890a5d-ac96-774b-bcce-b302099a8057"],
        "is_staff": [True],
        "roles": [["admin"]],
    }

    def new_body(self):
        return {**self.body, "email": f"manager{next(numbers)}@example.com"}
