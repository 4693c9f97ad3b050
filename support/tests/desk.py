"""The agents' list of tickets in the admin."""

QUEUE = "/admin/support/ticket/"


def act(client, action, tickets):
    """Run an action on these tickets; return the HTML of the list."""
    body = {"action": action, "_selected_action": [ticket.pk for ticket in tickets]}
    return client.post(f"{QUEUE}?status=all", body, follow=True).content.decode()
