import atexit

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db.models.signals import m2m_changed, post_migrate, pre_delete

from common.signals import degraded, refused, restored, throttled


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import audit
        from accounts.administrators import watch_links
        from accounts.identities import retire_with_account
        from accounts.models import Role, User
        from accounts.retention import refuse_what_was_issued
        from accounts.roles import sync_after_migrate

        user_logged_in.connect(audit.record_sign_in)
        user_logged_out.connect(audit.record_sign_out)
        refused.connect(audit.record_refused)
        throttled.connect(audit.record_throttled)
        degraded.connect(audit.record_degraded)
        atexit.register(audit.flush_quietly)
        restored.connect(refuse_what_was_issued)
        pre_delete.connect(retire_with_account, sender=User)
        for links in (User.roles.through, Role.permissions.through):
            m2m_changed.connect(watch_links, sender=links)
        post_migrate.connect(sync_after_migrate, sender=self)
