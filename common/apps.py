from django.apps import AppConfig
from django.core import checks
from django.db.backends.signals import connection_created

from common.checks import database_is_shared
from common.lookups import lend_upper


class CommonConfig(AppConfig):
    name = "common"

    def ready(self) -> None:
        checks.register(database_is_shared, deploy=True)
        connection_created.connect(lend_upper)
