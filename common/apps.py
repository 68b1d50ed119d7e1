from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.db.backends.signals import connection_created

from common.checks import database_is_shared
from common.chores import spare
from common.lookups import lend_upper
from common.queries import watch
from common.silence import listen_for_a_while


class CommonConfig(AppConfig):
    name = "common"

    def ready(self) -> None:
        spare()
        checks.register(database_is_shared, deploy=True)
        connection_created.connect(lend_upper)
        connection_created.connect(watch)
        connection_created.connect(listen_for_a_while)
        if settings.SENTRY_DSN:
            from common import reporting

            reporting.start(
                dsn=settings.SENTRY_DSN,
                environment=settings.ENVIRONMENT,
                release=settings.VERSION,
                traces=settings.SENTRY_TRACES,
            )
        if settings.METRICS:
            from common import metrics

            metrics.start()
