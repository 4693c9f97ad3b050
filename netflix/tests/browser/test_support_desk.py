"""Technical support at work, in a browser: from a new ticket to a solved one, and two agents at one ticket."""

from datetime import timedelta

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Permission
from django.utils import timezone
from selenium.webdriver import Keys

from netflix.accounts.models import User
from support import presence, services
from support.models import Attachment, Macro, Reply, TargetTime, Ticket
from support.states import Status

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
LOOKS = [(width, dark) for width in (1280, 390) for dark in (False, True)]
MAY = ("view_ticket", "change_ticket", "view_movie", "view_user")
PASSWORD = "an-agents-password"


@pytest.fixture
def ticket(viewer):
    TargetTime.objects.update_or_create(category="playback", defaults={"first_answer_hours": 4, "solution_hours": 48})
    number = services.open_ticket(
        user_id=viewer.pk, category="playback", subject="No sound", message="The picture moves, but I hear nothing."
    )
    return Ticket.objects.get(number=number)


def open_ticket(ticket, subject):
    number = services.open_ticket(user_id=ticket.user_id, category="playback", subject=subject, message="Help!")
    return Ticket.objects.get(number=number)


def urgent(ticket, *, hours):
    """A ticket that was to be answered within four hours, and so many are over."""
    due = timezone.now() + timedelta(hours=4 - hours)
    Ticket.objects.filter(pk=ticket.pk).update(first_answer_near=due - timedelta(hours=1), first_answer_due=due)


def make_agent(name):
    password = make_password(PASSWORD, hasher="pbkdf2_sha256")  # the server knows nothing of the tests' quick one
    agent = User.objects.create(username=name, password=password, is_staff=True)
    agent.user_permissions.set(Permission.objects.filter(codename__in=MAY))


def log_in(browser, page, name):
    browser.open(f"{page}/admin/login/?next=/admin/support/ticket/")
    browser.element("[name=username]").send_keys(name)
    browser.element("[name=password]").send_keys(PASSWORD)
    browser.click("[type=submit]")
    browser.see("Log out")


def test_it_works_on_a_ticket_from_open_to_resolved_with_a_file(browser, serve, ticket, files, tmp_path):
    make_agent("ann")
    Macro.objects.create(title="Ask for the film", text="Dear {customer}, which film is it about?")
    file = tmp_path / "how-to.txt"
    file.write_text("Press M.")
    page = serve()
    log_in(browser, page, "ann")
    browser.click("#result_list tbody th a")
    browser.see("No sound", "The picture moves", "assigned to nobody")
    browser.click("[value=assign]")
    browser.see("assigned to ann")
    browser.click("#macros")
    browser.run("macros.selectedIndex = 1; macros.dispatchEvent(new Event('change'))")
    assert browser.element("#id_text").get_attribute("value") == "Dear viewer, which film is it about?"
    browser.element("#id_attachments").send_keys(str(file))
    browser.click("[value=answer]")
    browser.see("how-to.txt")
    services.reply(user_id=ticket.user_id, number=ticket.number, text="All of them.")
    browser.open(f"{page}/admin/support/ticket/{ticket.pk}/change/")
    browser.see("All of them.")
    browser.element("#id_text").send_keys("It was our fault.")
    browser.screenshot("ticket")
    browser.click("[value=answer_and_resolve]")
    browser.see("was changed successfully")
    ticket.refresh_from_db()
    assert ticket.status == Status.RESOLVED
    said = ["Dear viewer, which film is it about?", "All of them.", "It was our fault."]
    assert list(Reply.objects.order_by("pk").values_list("text", flat=True)) == said
    assert (files / "attachments" / Attachment.objects.get().stored_as).read_text() == "Press M."
    assert browser.console_errors() == []


def test_it_sends_no_file_that_the_server_would_not_read(browser, serve, ticket, tmp_path):
    """The reply would be lost: the server closes the connection, and the browser shows an error of its own."""
    make_agent("ann")
    large, small = tmp_path / "large.txt", tmp_path / "small.txt"
    large.write_bytes(b"x" * 20 * 1024 * 1024)
    small.write_text("Press M.")
    page = serve()
    log_in(browser, page, "ann")
    browser.open(f"{page}/admin/support/ticket/{ticket.pk}/change/")
    browser.element("#id_text").send_keys("It was our fault.")
    browser.element("#id_attachments").send_keys(str(large))
    browser.click("[value=answer]")
    said = browser.run("return document.getElementById('id_attachments').validationMessage")
    assert said == "“large.txt” is too large: a file may have at most 5 MB."
    browser.run("document.getElementById('id_attachments').value = ''")
    browser.element("#id_attachments").send_keys(str(small))
    browser.click("[value=answer]")
    browser.see("small.txt")
    assert Reply.objects.get().text == "It was our fault."


def test_it_shows_who_else_has_the_ticket_open(browser, serve, ticket):
    make_agent("ann")
    page = serve()
    presence.stay(ticket_id=ticket.pk, agent="bob")
    log_in(browser, page, "ann")
    browser.see("bob is looking at it")
    browser.screenshot("queue-presence")
    presence.stay(ticket_id=ticket.pk, agent="bob")  # it counts for a minute
    browser.click("#result_list tbody th a")
    browser.see("assigned to nobody", "bob is looking at it")
    assert browser.axe() == []
    browser.wait(lambda: "ann" in presence.open_tickets().get(ticket.pk, []), "She is at the page.")
    browser.click("#nav-sidebar a[href$='/support/ticket/'], .breadcrumbs a[href$='/support/ticket/']")
    browser.wait(lambda: "ann" not in presence.open_tickets().get(ticket.pk, []), "She has left the page.")
    assert browser.console_errors() == []


def test_it_shows_new_tickets_by_itself_and_keeps_what_is_urgent_first(browser, serve, ticket):
    make_agent("ann")
    urgent(open_ticket(ticket, "Late one"), hours=5)
    log_in(browser, serve(), "ann")
    browser.see("first answer late", "Late one")
    open_ticket(ticket, "Later one")
    browser.see("Later one")
    shown = browser.run("return [...document.querySelectorAll('td.field-about')].map((each) => each.innerText.trim())")
    assert shown[0] == "Late one"
    assert browser.console_errors() == []


def test_it_lets_the_customer_rate_with_one_click(browser, serve, ticket):
    make_agent("ann")
    services.resolve(ticket_id=ticket.pk, agent_id=User.objects.get(username="ann").pk)
    User.objects.filter(pk=ticket.user_id).update(password=make_password(PASSWORD, hasher="pbkdf2_sha256"))
    browser.open(f"{serve()}/api/session/login/?next=/api/v1/tickets/{ticket.number}/")
    browser.element("[name=username]").send_keys("viewer")
    browser.element("[name=password]").send_keys(PASSWORD)
    browser.press(Keys.ENTER)
    browser.see("No sound", "The help was bad")
    assert browser.axe() == []
    browser.click("[data-label='The help was good']")
    browser.see('"score": "good"')
    ticket.refresh_from_db()
    assert ticket.score == "good"
    assert browser.console_errors() == []


def test_it_tells_an_agent_what_another_did_and_keeps_the_text(browser, serve, ticket):
    make_agent("ann")
    make_agent("bob")
    page = serve()
    log_in(browser, page, "ann")
    browser.click("#result_list tbody th a")
    browser.element("#id_text").send_keys("Which film?")
    services.answer(ticket_id=ticket.pk, agent_id=User.objects.get(username="bob").pk, text="Try again.")
    browser.click("[value=answer]")
    browser.see("Nothing was done. The ticket has changed since this page was made: bob replied.", "Try again.")
    assert browser.element("#id_text").get_attribute("value") == "Which film?"
    browser.screenshot("ticket-stale")
    assert browser.axe() == []
    assert Reply.objects.count() == 1
    browser.click("[value=answer]")
    browser.see("was changed successfully")
    assert Reply.objects.count() == 2
    assert browser.console_errors() == []


@pytest.mark.parametrize(("width", "dark"), LOOKS)
def test_it_can_be_read_by_everybody_at_any_width_in_any_theme(browser, serve, ticket, width, dark):
    make_agent("ann")
    Macro.objects.create(title="Greeting", text="Dear {customer}")
    ann = User.objects.get(username="ann")
    services.answer(ticket_id=ticket.pk, agent_id=ann.pk, text="Which film?")
    services.add_note(ticket_id=ticket.pk, agent_id=ann.pk, text="He wrote last week, too.")
    fill_queue(ticket, ann)
    browser.look(width=width, dark=dark)
    page = serve()
    log_in(browser, page, "ann")
    for query, name in (("", "queue"), ("?status=all", "queue-all")):
        presence.stay(ticket_id=ticket.pk, agent="bob")  # it counts for a minute
        browser.open(f"{page}/admin/support/ticket/{query}")
        browser.see("first answer late", "first answer near", "bob is looking at it")
        browser.screenshot(f"{name}-{width}-{'dark' if dark else 'light'}")
        assert lines_of_numbers(browser) == {1}
    stop_reloading(browser)
    assert browser.axe() == []
    presence.stay(ticket_id=ticket.pk, agent="bob")
    browser.open(f"{page}/admin/support/ticket/{ticket.pk}/change/")
    browser.see("He wrote last week, too.", "bob is looking at it")
    assert lines_of_numbers(browser) == {1}
    browser.screenshot(f"ticket-{width}-{'dark' if dark else 'light'}")
    assert browser.axe() == []
    wider = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert browser.run(wider) <= 0
    assert browser.console_errors() == []


def stop_reloading(browser):
    browser.run("for (let id = setInterval(() => 0, 1e9); id; id--) clearInterval(id)")


def fill_queue(ticket, agent):
    """Beside the ticket: one past its target, one near it, and a rated one."""
    urgent(open_ticket(ticket, "The subtitles of the second season are a second late"), hours=6)
    urgent(open_ticket(ticket, "No picture"), hours=3.5)
    done = open_ticket(ticket, "I cannot log in")
    services.answer_and_resolve(ticket_id=done.pk, agent_id=agent.pk, text="It was our fault.")
    services.rate(user_id=ticket.user_id, number=done.number, score="good", comment="Quick and friendly.")


def lines_of_numbers(browser):
    """Over how many lines the numbers of tickets go."""
    script = """
        const texts = [...document.querySelectorAll(".number, th.field-number, .field-number .readonly")];
        return texts.map((each) => {
            const range = document.createRange();
            range.selectNodeContents(each);
            return new Set([...range.getClientRects()].map((line) => Math.round(line.top))).size;
        });
    """
    return set(browser.run(script))
