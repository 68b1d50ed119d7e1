"""Of what an account of a tenant does here."""

from accounts.audit import Action
from accounts.models import AuditEvent, User


def test_logging_out_is_recorded_once_a_token(api, tenant, db):
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {tenant.token()}")
    assert api.get("/api/v1/users/me").status_code == 200
    for _ in range(3):
        assert api.post("/api/v1/users/logout").status_code == 200

    [event] = AuditEvent.objects.filter(action=Action.SIGNED_OUT)
    assert event.actor_id == User.objects.get().pk
