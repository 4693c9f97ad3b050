"""The agents' pages in the admin."""

from netflix.tests.forms import filled_in

QUEUE = "/admin/support/ticket/"


def act(client, action, tickets):
    """Run an action on these tickets; return the HTML of the list."""
    body = {"action": action, "_selected_action": [ticket.pk for ticket in tickets]}
    return client.post(f"{QUEUE}?status=all", body, follow=True).content.decode()


def work(desk, ticket, what, text="", **fields):
    """Submit the form of the ticket's page as it is shown."""
    address = f"{QUEUE}{ticket.pk}/change/"
    return desk.post(address, filled_in(desk, address, work=what, text=text, **fields), follow=True)
