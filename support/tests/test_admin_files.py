"""Files that agents send with a reply or a note, and their macros."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from netflix.tests.forms import filled_in
from support import attachments, services
from support.models import Attachment, Macro, Reply
from support.tests.desk import QUEUE, work
from support.tests.factories import make_ticket

pytestmark = pytest.mark.django_db


def post_files(desk, ticket, what, *files):
    sent = [SimpleUploadedFile(name, content) for name, content in files]
    return work(desk, ticket, what, "See the file.", attachments=sent)


def test_it_sends_files_with_a_reply(viewer, viewer_api, desk):
    ticket = make_ticket(viewer)
    post_files(desk, ticket, "answer", ("a.txt", b"first"), ("b.pdf", b"%PDF-1.7"))
    shown = viewer_api.get(f"/api/v1/tickets/{ticket.number}/").json()["attachments"]
    assert [file["name"] for file in shown] == ["a.txt", "b.pdf"]
    assert viewer_api.get(shown[0]["url"]).content == b"first"
    assert Reply.objects.get().text == "See the file."


def test_it_shows_files_of_notes_to_agents_alone(client, viewer, viewer_api, desk):
    ticket = make_ticket(viewer)
    post_files(desk, ticket, "note", ("a.txt", b"secret"))
    address = f"{QUEUE}attachments/{Attachment.objects.get().key}/"
    assert address in desk.get(f"{QUEUE}{ticket.pk}/change/").content.decode()
    answer = desk.get(address)
    assert (answer.content, answer.headers["Content-Type"]) == (b"secret", "application/octet-stream")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="a.txt"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert desk.get(f"{QUEUE}attachments/nonsense/").status_code == 404
    assert viewer_api.get(f"/api/v1/tickets/{ticket.number}/").json()["attachments"] == []
    viewer.is_staff = True
    viewer.save()
    client.force_login(viewer)
    assert client.get(address).status_code == 403


@pytest.mark.parametrize(
    ("what", "files", "reason"),
    [
        ("answer", [("a.png", b"no picture")], "does not match its file name extension"),
        ("note", [("a.txt", b"a")] * 4, "Choose at most 3 files."),
        ("assign", [("a.txt", b"a")], "This would be lost"),
    ],
)
def test_it_refuses_files_with_a_reason_and_keeps_the_text(viewer, desk, what, files, reason):
    html = post_files(desk, make_ticket(viewer), what, *files).content.decode()
    assert reason in html
    assert "See the file.</textarea>" in html
    assert not Reply.objects.exists()
    assert not Attachment.objects.exists()


def test_it_keeps_no_file_of_a_stale_page(viewer, desk):
    ticket = make_ticket(viewer)
    address = f"{QUEUE}{ticket.pk}/change/"
    form = filled_in(desk, address, work="answer", text="See the file.")
    services.reply(user_id=viewer.pk, number=ticket.number, text="It works again.")
    answer = desk.post(address, form | {"attachments": [SimpleUploadedFile("a.txt", b"a")]})
    assert "the customer replied" in answer.content.decode()
    assert "See the file.</textarea>" in answer.content.decode()
    assert not Attachment.objects.exists()
    assert list(attachments.stored_names("")) == []


def test_it_fills_macros_with_the_ticket(viewer, desk):
    Macro.objects.create(title="Greeting", text="Dear {customer}, about {number}, “{subject}”: {other} {{number}}")
    ticket = make_ticket(viewer, "<b>{number}</b>")
    html = desk.get(f"{QUEUE}{ticket.pk}/change/").content.decode()
    text = f"Dear viewer, about {ticket.number}, “&lt;b&gt;{{number}}&lt;/b&gt;”: {{other}} {{{ticket.number}}}"
    assert f'<option value="{text}">Greeting</option>' in html


def test_it_lets_agents_edit_macros(desk):
    address = reverse("admin:support_macro_add")
    assert desk.post(address, filled_in(desk, address, title="Greeting", text="Hello!")).status_code == 302
    assert Macro.objects.get().text == "Hello!"
    assert "Hello!" in desk.get(reverse("admin:support_macro_changelist")).content.decode()
