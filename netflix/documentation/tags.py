"""The groups of calls in the schema, in the order in which the docs list them."""

from typing import Any

# Title and description of each tag, which is the first part of the path unless a view sets another.
_TAGS = {
    "movies": (
        "Films",
        "The catalogue: filters, keyword search, suggestions, and everything about one film. Staff edit it here.",
    ),
    "genres": ("Genres", "The genres of the catalogue, for menus and filters."),
    "people": ("People", "Directors and actors, and the films that they made."),
    "likes": ("Likes", "How many people like a film, and which films you like. Likes decide the rankings."),
    "ranking": ("Rankings", "The best films of a genre or of the whole catalogue, each with its rank and score."),
    "reminders": (
        "Reminders",
        "Films that you want to watch later. One with a time becomes a notice and an e-mail when it is due.",
    ),
    "watched": ("Watched films", "The films that you have watched, how often and when."),
    "notices": ("Notices", "What the service has told you, such as due reminders and news of your tickets."),
    "tickets": (
        "Technical support",
        "Ask for help. A ticket is stored before it is answered, and technical support opens a service order for it.",
    ),
    "auth": ("Accounts", "Sign up, log in and out, change or replace the password, and see where you are logged in."),
}


def tags(used: set[str]) -> list[dict[str, Any]]:
    """The tags that are used by an operation."""
    return [
        {"name": name, "x-displayName": title, "description": text}
        for name, (title, text) in _TAGS.items()
        if name in used
    ]
