"""The way back for who forgot the password."""

from datetime import timedelta
from time import perf_counter

import pytest
from django.core.mail import EmailMessage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts import audit, emails, lockout
from accounts.factories import PASSWORD
from accounts.models import AuditEvent, EmailToken, User
from common.tasks import backends
from common.testing.base import check_problem, fields_at_fault
from common.testing.tasks import IN_DATABASE, IN_THREAD, work_off

pytestmark = pytest.mark.django_db

ASK = "/api/v1/users/password-reset"
CONFIRM = f"{ASK}/confirm"
NEW = "another horse battery"


@pytest.fixture
def ada(make_user):
    return make_user("users:read:self", email="ada@example.com")


@pytest.fixture
def asked(api, ada, mails_of, link_of):
    """The token of a link that was mailed."""
    [message] = mails_of(lambda: ask(api))
    return link_of(message)


def ask(api, email="ada@example.com"):
    return api.post(ASK, {"email": email})


def confirm(api, token, password=NEW):
    return api.post(CONFIRM, {"token": token, "new_password": password})


def login(api, password):
    return api.post("/api/v1/users/login", {"email": "ada@example.com", "password": password})


def test_a_link_is_mailed(api, ada, mails_of, settings):
    settings.FRONTEND_URL = "https://shop.example.com"

    [message] = mails_of(lambda: api.post(ASK, {"email": "ADA@example.com"}, headers={"Host": "testserver"}))

    assert message.to == ["ada@example.com"]
    assert message.subject == "Reset your password"
    assert "https://shop.example.com/reset-password#token=" in message.body
    assert "testserver" not in message.body


def test_the_answer_is_the_same_for_everybody(api, ada, make_user):
    make_user(email="gone@example.com", is_active=False)

    answers = [ask(api, email) for email in ("ada@example.com", "nobody@example.com", "gone@example.com")]

    assert [answer.status_code for answer in answers] == [202] * 3
    assert len({answer.content for answer in answers}) == 1


def test_only_who_has_an_account_gets_mail(api, make_user, mails_of):
    make_user(email="gone@example.com", is_active=False)

    assert mails_of(lambda: [ask(api, "nobody@example.com"), ask(api, "gone@example.com")]) == []
    assert not EmailToken.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("tasks", [IN_THREAD, IN_DATABASE])
def test_an_unknown_address_costs_the_same_statements(api, ada, settings, tasks):
    """All but the end: what was done for nobody is rolled back, a mail in the queue too."""
    settings.TASKS = tasks
    seen = []
    ask(api, "somebody@example.com")  # the first of a minute makes rows that the others count on
    for email in ("ada@example.com", "nobody@example.com"):
        with CaptureQueriesContext(connection) as captured:
            ask(api, email)
        verbs = [query["sql"].split()[0] for query in captured]
        seen.append([verb for verb in verbs if verb in ("SELECT", "INSERT", "UPDATE", "DELETE")])

    assert seen[0] == seen[1]
    assert "INSERT" in seen[0]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("tasks", [IN_THREAD, IN_DATABASE])
def test_an_unknown_address_takes_as_long(api, make_user, settings, tasks):
    """Each twenty times, in turn: the fastest of each, since what else the machine does adds to some. A mail is sent in
    between, so that its thread takes nothing from the next to ask."""
    settings.TASKS = tasks
    for number in range(20):
        make_user(email=f"known{number}@example.com")
    took: dict[str, list[float]] = {"known": [], "unknown": []}
    for number in range(20):
        for kind, times in took.items():
            start = perf_counter()
            assert ask(api, f"{kind}{number}@example.com").status_code == 202
            times.append(perf_counter() - start)
            backends.flush()

    assert abs(min(took["known"]) - min(took["unknown"])) < 0.01


def test_following_it_sets_the_password(api, asked):
    response = confirm(api, asked)

    assert response.status_code == 200, response.content
    assert set(response.json()) == {"message"}
    assert login(api, PASSWORD).status_code == 401
    assert login(api, NEW).status_code == 200


def test_every_token_is_dead(api, ada, bearer, asked):
    client = bearer(ada)

    confirm(api, asked)

    assert client.get("/api/v1/users/me").json()["code"] == "token_stale"


def test_it_works_once(api, asked):
    assert confirm(api, asked).status_code == 200

    refused = confirm(api, asked, "a third horse battery")

    assert refused.status_code == 400
    assert check_problem(refused)["code"] == "link_invalid"
    assert login(api, NEW).status_code == 200


def test_it_works_for_an_hour(api, asked):
    assert abs(EmailToken.objects.get().expires_at - timezone.now() - timedelta(hours=1)) < timedelta(minutes=1)
    EmailToken.objects.update(expires_at=timezone.now())

    assert confirm(api, asked).status_code == 400


def test_the_others_are_dead_with_the_first(api, ada, mails_of, link_of):
    tokens = [link_of(mails_of(lambda: ask(api))[0]) for _ in range(2)]

    assert confirm(api, tokens[0]).status_code == 200
    assert confirm(api, tokens[1], "a third horse battery").status_code == 400


@pytest.mark.parametrize("token", ["x", "x" * 128, "../..", "ä", "\U0001f511"])
def test_junk_is_refused(api, token):
    assert confirm(api, token).status_code == 400


def test_a_link_of_another_purpose_is_none(api, ada, mails_of, link_of, bearer):
    [message] = mails_of(lambda: bearer(ada).post("/api/v1/users/verify-email/resend"))

    assert confirm(api, link_of(message)).status_code == 400


def test_an_account_that_was_deactivated_meanwhile_stays_so(api, ada, asked):
    ada.is_active = False
    ada.save()

    assert confirm(api, asked).status_code == 400


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["body.token", "body.new_password"]),
        ({"token": "x" * 129, "new_password": NEW}, ["body.token"]),
        ({"token": "a\0b", "new_password": NEW}, ["body.token"]),
        ({"token": "x", "new_password": "password123"}, ["body.new_password"]),
    ],
)
def test_a_malformed_body_is_refused(api, body, fields):
    assert fields_at_fault(api.post(CONFIRM, body)) == fields


def test_what_is_kept_is_no_token(api, asked):
    row = EmailToken.objects.get()

    assert asked not in str(vars(row))
    assert confirm(api, row.digest).status_code == 400


@pytest.mark.django_db(transaction=True)
def test_the_queue_holds_no_link(api, ada, settings, mailoutbox, link_of):
    settings.TASKS = IN_DATABASE
    ask(api)
    ask(api, "nobody@example.com")
    [row] = DBTaskResult.objects.all()
    work_off()

    token = link_of(mailoutbox[0])
    assert token not in str(vars(row))
    assert token not in str(vars(DBTaskResult.objects.get()))
    assert confirm(api, token).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_link_that_is_void_meanwhile_is_not_mailed(api, ada, settings, mailoutbox):
    settings.TASKS = IN_DATABASE
    ask(api)
    EmailToken.objects.update(revoked_at=timezone.now())
    work_off()

    assert mailoutbox == []


@pytest.mark.django_db(transaction=True)
def test_the_last_try_is_the_one_that_works(api, ada, settings, monkeypatch, mailoutbox, link_of):
    """A server may have taken a mail and not said so."""
    settings.TASKS = IN_DATABASE
    send, tries = EmailMessage.send, []

    def once_without_an_answer(self):
        tries.append(send(self))
        if len(tries) == 1:
            raise TimeoutError

    monkeypatch.setattr(EmailMessage, "send", once_without_an_answer)
    ask(api)
    work_off()
    DBTaskResult.objects.filter(status="READY").update(run_after=timezone.now())
    work_off()

    first, last = (link_of(message) for message in mailoutbox)
    assert confirm(api, first).status_code == 400
    assert confirm(api, last).status_code == 200


def test_a_mailbox_is_not_flooded(api, ada, mails_of):
    assert len(mails_of(lambda: [ask(api) for _ in range(10)])) == emails.LINKS_AT_ONCE


def test_a_link_to_an_address_that_is_no_longer_the_accounts_does_not_work(api, ada, asked):
    """However it was changed: whoever reads the old mailbox now need not be its owner."""
    User.objects.filter(pk=ada.pk).update(email="ada.king@example.com", email_key="ada.king@example.com")

    refused = confirm(api, asked)

    assert (refused.status_code, refused.json()["code"]) == (400, "link_invalid")
    assert User.objects.get(pk=ada.pk).check_password(PASSWORD)


def test_it_lifts_the_lockout(api, asked):
    for _ in range(lockout.TOGETHER.failures):
        login(api, "wrong")
    assert login(api, PASSWORD).status_code == 429

    confirm(api, asked)

    assert login(api, NEW).status_code == 200


def test_it_proves_the_address(api, ada, asked):
    assert ada.email_verified_at is None

    confirm(api, asked)

    ada.refresh_from_db()
    assert ada.email_verified_at is not None


def test_it_is_recorded(api, ada, asked):
    confirm(api, asked)
    ask(api, "nobody@example.com")

    audit.flush()
    events = list(AuditEvent.objects.order_by("id").values_list("action", "actor", "subject", "count"))
    assert events == [
        ("password_reset_asked", None, f"users/{ada.pk}", 2),
        ("password_reset", ada.pk, f"users/{ada.pk}", 1),
    ]
