"""Events for apps that the sending app may not import.

Each event is a Django signal, sent with `sender=None` and the arguments named below. Receivers are connected in the
`apps.py` of their app. They are called in the order of INSTALLED_APPS (`netflix/tests/test_events.py` lists them), in
the sender's transaction if there is one; their exceptions reach the sender.
"""

from django.dispatch import Signal

movies_changed = Signal()
"""Facts, genres or people of movies have changed, or somebody has added movies. Sent in the transaction of the change,
but not for movies that an import adds: `catalogue_loaded` follows those.

`movie_ids: Collection[int]`, which may be empty.
"""

catalogue_loaded = Signal()
"""An import has ended, and there may be new movies. Sent after its last transaction, also when nothing has changed, and
by `prepare` at the start of the service. No arguments."""

movies_merged = Signal()
"""Two movies are one. Sent in the transaction of the merge, which has locked both. Receivers change references to
`merged_id` into references to `kept_id`, because the movie `merged_id` is about to be deleted.

`kept_id: int`, `merged_id: int`. `moved: dict[str, list[int]]`: a receiver adds the ids of the rows that it has
changed, under a name of its own.
"""

movie_split = Signal()
"""A merge is undone. Sent in the transaction that does so. Receivers change the references of their rows in `moved`
back to `merged_id`, as far as the rows still exist. The arguments are those of `movies_merged`."""

account_erasure_started = Signal()
"""An account is about to be erased. Sent outside a transaction, and nothing is locked: receivers do here what takes
long, in short transactions.

`user_id: int`
"""

account_erased = Signal()
"""An account is being erased. Sent in the transaction that does so, which has locked the account: receivers take no
locks that come before accounts (`movies/locks.py`). `user_id: int`"""

address_verified = Signal()
"""A person has shown that their e-mail address is theirs. Sent in the transaction that stores it. `user_id: int`"""
