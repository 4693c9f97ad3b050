"""The catalogue's pages in the admin, those of its imports, and its cards on the first page."""

from movies.admin import cards, catalogue, history, imports

__all__ = ["cards", "catalogue", "history", "imports"]
