from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_out
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts.audit import record_sign_out
        from accounts.roles import sync_after_migrate

        user_logged_out.connect(record_sign_out)
        post_migrate.connect(sync_after_migrate, sender=self)
