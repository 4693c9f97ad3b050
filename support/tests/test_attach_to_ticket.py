"""Files that customers add to their tickets and download."""

from datetime import timedelta

import pytest
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone

from netflix.accounts import services as accounts
from netflix.accounts.models import User
from netflix.notices.models import Notice
from netflix.tests.meanwhile import while_another_writes
from netflix.tests.ways import login_of
from support import attachments, services
from support.models import Attachment, Reply, Ticket
from support.states import Status
from support.tests.factories import make_ticket

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
JPG = b"\xff\xd8\xff\xe0" + b"\0" * 20
PDF = b"%PDF-1.7\n"


def stored_names():
    return set(attachments.stored_names(""))


def send(api, ticket, name="picture.png", content=PNG, **headers):
    body = {"file": SimpleUploadedFile(name, content)}
    return api.post(f"/api/v1/tickets/{ticket.number}/attachments/", body, format="multipart", headers=headers)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("picture.png", PNG),
        ("Photo.JPG", JPG),
        ("photo.jpeg", JPG),
        ("bill.pdf", PDF),
        ("log.txt", "Zürich\n<script>alert(1)</script>".encode()),
        ("large.txt", b"x" * (5 * 1024 * 1024)),
    ],
)
def test_it_returns_the_file_as_a_download(viewer, viewer_api, name, content):
    ticket = make_ticket(viewer)
    sent = send(viewer_api, ticket, name, content)
    assert sent.status_code == 201
    assert sent.headers["Location"] == sent.json()["url"]
    assert (sent.json()["name"], sent.json()["size"]) == (name, len(content))
    details = viewer_api.get(f"/api/v1/tickets/{ticket.number}/").json()
    assert details["attachments"] == [sent.json()]
    assert [reply["text"] for reply in details["replies"]] == [f"Attached: {name}"]
    answer = viewer_api.get(sent.json()["url"])
    assert (answer.status_code, answer.content) == (200, content)
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("page.html", b"<html>", "is not an accepted kind of file"),
        ("picture.svg", b"<svg/>", "is not an accepted kind of file"),
        ("png", PNG, "is not an accepted kind of file"),
        ("picture.png", JPG, "does not match its file name extension"),
        ("picture.jpg", PNG, "does not match its file name extension"),
        ("bill.pdf", b"<html>%PDF-", "does not match its file name extension"),
        ("log.txt", b"a\0b", "does not match its file name extension"),
        ("log.txt", b"\xff\xfe", "does not match its file name extension"),
        ("log.txt", b"", "is empty"),
        ("large.txt", b"x" * (5 * 1024 * 1024 + 1), "is too large"),
    ],
)
def test_it_refuses_files_of_other_kinds(viewer, viewer_api, name, content, reason):
    before, ticket = stored_names(), make_ticket(viewer)
    answer = send(viewer_api, ticket, name, content)
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert (error["field"], error["code"]) == ("file", "file_refused")
    assert reason in error["detail"]
    assert not Reply.objects.exists()
    assert stored_names() == before


@pytest.mark.django_db
def test_it_requires_a_file_and_refuses_other_fields(viewer, viewer_api):
    url = f"/api/v1/tickets/{make_ticket(viewer).number}/attachments/"
    assert viewer_api.post(url, {}, format="multipart").json()["errors"][0]["code"] == "required"
    body = {"file": SimpleUploadedFile("a.txt", b"a"), "private": "1"}
    assert viewer_api.post(url, body, format="multipart").json()["errors"][0]["field"] == "private"
    assert viewer_api.post(url, {"file": "a"}, format="json").status_code == 415
    assert not Reply.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\temp\\log.txt", "log.txt"),
        ("a\u202etxt.txt", "atxt.txt"),
        (f"{'x' * 300}.txt", f"{'x' * 146}.txt"),
        ("Grüße „heute“.txt", "Grüße „heute“.txt"),
    ],
)
def test_it_cleans_file_names(viewer, viewer_api, name, stored):
    sent = send(viewer_api, make_ticket(viewer), name, b"a").json()
    assert sent["name"] == stored
    disposition = viewer_api.get(sent["url"]).headers["Content-Disposition"]
    assert disposition.startswith("attachment")
    assert "\n" not in disposition


@pytest.mark.django_db
def test_it_is_a_reply_that_moves_the_ticket_and_notifies_its_agent(viewer, viewer_api, admin):
    ticket = make_ticket(viewer, status=Status.WAITING_FOR_CUSTOMER)
    services.assign(ticket_id=ticket.pk, agent_id=admin.pk)
    send(viewer_api, ticket)
    ticket.refresh_from_db()
    assert ticket.status == Status.IN_PROGRESS
    assert Notice.objects.filter(user=admin, subject__startswith="The customer replied").exists()


@pytest.mark.django_db
def test_it_refuses_a_closed_ticket_and_one_of_another_customer(viewer, viewer_api, admin):
    before = stored_names()
    closed = make_ticket(viewer, status=Status.CLOSED)
    assert send(viewer_api, closed).json()["code"] == "ticket_closed"
    assert send(viewer_api, make_ticket(admin)).status_code == 404
    assert not Reply.objects.exists()
    assert stored_names() == before


@pytest.mark.django_db
def test_it_limits_the_number_of_files_of_a_ticket(viewer, viewer_api, settings):
    settings.ATTACHMENTS_PER_TICKET = 1
    ticket = make_ticket(viewer)
    assert send(viewer_api, ticket).status_code == 201
    before = stored_names()
    answer = send(viewer_api, ticket)
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_files")
    assert (Reply.objects.count(), stored_names()) == (1, before)


class ReadOnlyStorage(FileSystemStorage):
    """Fails the test that stores a file."""

    def save(self, *_, **__):
        raise AssertionError("A file was stored.")


def refuse_to_store(monkeypatch, tmp_path):
    storage = ReadOnlyStorage(tmp_path / "read-only")
    monkeypatch.setattr(attachments, "storage", lambda: storage)


def mark_as_received(ticket, size):
    """Store the row of a file of this size from the customer."""
    reply = Reply.objects.create(ticket=ticket, by="customer", text="Attached.")
    Attachment.objects.create(reply=reply, name="a.txt", size=size, stored_as=f"of {reply.pk}")


@pytest.mark.django_db
@pytest.mark.parametrize("key", [None, "a-key"])
def test_it_stores_nothing_for_a_ticket_of_another_customer(viewer_api, admin, monkeypatch, tmp_path, key):
    refuse_to_store(monkeypatch, tmp_path)
    headers = {"Idempotency-Key": key} if key else {}
    assert send(viewer_api, make_ticket(admin), "nonsense.html", b"", **headers).status_code == 404
    assert not Reply.objects.exists()


@pytest.mark.django_db
def test_it_stores_nothing_for_a_ticket_that_takes_no_files(viewer, viewer_api, monkeypatch, tmp_path, settings):
    settings.SUPPORT_ATTACHMENT_QUOTA, settings.ATTACHMENTS_PER_TICKET = len(PNG), 2
    closed, full = make_ticket(viewer, status=Status.CLOSED), make_ticket(viewer)
    mark_as_received(full, 1)
    refuse_to_store(monkeypatch, tmp_path)
    assert send(viewer_api, closed).json()["code"] == "ticket_closed"
    refused = send(viewer_api, full)
    assert (refused.status_code, refused.json()["code"]) == (409, "attachment_quota_exceeded")
    assert "at most 28\xa0bytes together. Send a smaller one" in refused.json()["detail"]
    settings.ATTACHMENTS_PER_TICKET = 1
    assert send(viewer_api, full).json()["code"] == "too_many_files"
    assert (Reply.objects.count(), Attachment.objects.count()) == (1, 1)


@pytest.mark.django_db
def test_it_limits_the_bytes_of_one_customer_exactly(viewer, viewer_api, admin, settings):
    settings.SUPPORT_ATTACHMENT_QUOTA = 10
    first, second = make_ticket(viewer), make_ticket(viewer)
    mark_as_received(make_ticket(admin), 10)  # another customer's
    files = [attachments.check(SimpleUploadedFile("a.txt", b"0123456789"))]
    services.answer(ticket_id=first.pk, agent_id=admin.pk, text="See the file.", files=files)  # the agent's
    assert send(viewer_api, first, "a.txt", b"0123").status_code == 201
    assert send(viewer_api, second, "a.txt", b"0123456").status_code == 409
    assert send(viewer_api, second, "a.txt", b"012345").status_code == 201
    assert send(viewer_api, second, "a.txt", b"0").status_code == 409
    services.remove(ticket_id=first.pk, agent_id=admin.pk)
    assert send(viewer_api, second, "a.txt", b"0123").status_code == 201


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("same", [True, False])
def test_it_limits_concurrent_uploads_exactly(viewer, settings, same):
    settings.SUPPORT_ATTACHMENT_QUOTA = 10
    first = make_ticket(viewer)
    second = first if same else make_ticket(viewer)
    file = attachments.check(SimpleUploadedFile("a.txt", b"012345"))
    before = stored_names()

    def attach(ticket):
        services.attach(user_id=viewer.pk, number=ticket.number, file=file)

    with pytest.raises(services.QuotaExceeded):
        while_another_writes(lambda: attach(first), lambda: attach(second))
    assert (Reply.objects.count(), Attachment.objects.count()) == (1, 1)
    assert len(stored_names() - before) == 1


@pytest.mark.django_db
def test_it_is_available_only_to_the_customer(viewer, viewer_api, admin, api):
    ticket = make_ticket(viewer)
    url = send(viewer_api, ticket).json()["url"]
    assert api.get(url).status_code == 401
    api.force_authenticate(admin)
    assert api.get(url).status_code == 404
    assert viewer_api.get(url.replace(ticket.number, make_ticket(viewer).number)).status_code == 404
    assert viewer_api.get(f"{url[:-2]}x/").status_code == 404


@pytest.mark.django_db
def test_it_keeps_files_of_private_notes_among_agents(viewer, viewer_api, admin):
    ticket = make_ticket(viewer)
    file = attachments.check(SimpleUploadedFile("note.txt", b"secret"))
    services.add_note(ticket_id=ticket.pk, agent_id=admin.pk, text="Only for us.", files=[file])
    key = Attachment.objects.get().key
    assert viewer_api.get(f"/api/v1/tickets/{ticket.number}/").json()["attachments"] == []
    assert viewer_api.get(f"/api/v1/tickets/{ticket.number}/attachments/{key}/").status_code == 404


@pytest.mark.django_db
def test_it_stores_a_file_once_for_one_key(viewer, viewer_api):
    ticket = make_ticket(viewer)
    key = {"Idempotency-Key": "k"}
    first, again = (send(viewer_api, ticket, "a.txt", b"a", **key) for _ in range(2))
    assert (again.status_code, again.json()) == (201, first.json())
    assert send(viewer_api, ticket, "a.txt", b"b", **key).status_code == 422
    assert Attachment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_it_leaves_no_file_behind_when_the_transaction_fails(viewer):
    before, ticket = stored_names(), make_ticket(viewer)
    file = attachments.check(SimpleUploadedFile("a.txt", b"a"))
    services.close(user_id=viewer.pk, number=ticket.number)
    with pytest.raises(services.TicketClosed):
        services.attach(user_id=viewer.pk, number=ticket.number, file=file)
    assert stored_names() == before
    assert not Attachment.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", ["account", "ticket"])
def test_it_removes_files_with_their_account_and_their_ticket(viewer, admin, what):
    before, ticket = stored_names(), make_ticket(viewer)
    file = attachments.check(SimpleUploadedFile("a.txt", b"a"))
    services.attach(user_id=viewer.pk, number=ticket.number, file=file)
    assert len(stored_names() - before) == 1
    if what == "account":
        accounts.erase(user_id=viewer.pk)
    else:
        services.remove(ticket_id=ticket.pk, agent_id=admin.pk)
    assert not Ticket.objects.exists()
    assert stored_names() == before


@pytest.mark.django_db(transaction=True)
def test_it_keeps_the_file_when_removing_its_ticket_fails(viewer):
    ticket = make_ticket(viewer)
    file = attachments.check(SimpleUploadedFile("a.txt", b"a"))
    row = services.attach(user_id=viewer.pk, number=ticket.number, file=file)
    with transaction.atomic():
        Ticket.objects.get().delete()
        transaction.set_rollback(True)
    assert attachments.read(row) == b"a"


@pytest.mark.django_db
def test_it_sweeps_old_files_without_a_row(viewer, monkeypatch):
    attachments.sweep()
    before, ticket = stored_names(), make_ticket(viewer)
    file = attachments.check(SimpleUploadedFile("a.txt", b"a"))
    row = services.attach(user_id=viewer.pk, number=ticket.number, file=file)
    with attachments.stored([file]) as (lost,):  # as a process that is killed before its commit leaves it
        pass
    assert attachments.sweep() == 0
    later = timezone.now() + timedelta(hours=2)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert attachments.sweep() == len(before) + 1
    assert stored_names() == {row.stored_as}
    assert lost.stored_as not in stored_names()


@pytest.mark.django_db(transaction=True)
def test_it_answers_details_with_files_the_same_on_both_paths(ways, viewer):
    ticket = make_ticket(viewer)
    services.attach(
        user_id=viewer.pk,
        number=ticket.number,
        file=attachments.check(SimpleUploadedFile('"Ünal".txt', b"a")),
    )
    assert ways.same(f"/api/v1/tickets/{ticket.number}/", **login_of(viewer)).json()["attachments"]
    fast, view = ways.both(f"/api/v1/tickets/{ticket.number}/", **login_of(User.objects.create_user("other")))
    assert (fast, view.status) == (None, 404)
