"""The catalogue's pages in the admin, and those of its imports."""

from movies.admin import catalogue, imports

__all__ = ["catalogue", "imports"]
