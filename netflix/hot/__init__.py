"""How reads and likes are answered.

A **read** is a generator: it yields queries and returns the JSON of a response (`steps`). Two paths run it.

1. The **fast path** (`fast_path`): a plain request, which has no body, no session and no uncommon header, is answered
   in the event loop. Its queries go over the loop's own connections (`connections`), so no thread waits for the
   database. The headers are those that the fallback gave to a request of the same kind (`response_headers`).
2. The **fallback**: a view (`views`) runs the same read on Django's connection, with REST framework and all the
   middleware around it. It answers all other requests, and every error: the fast path leaves a request to it as soon
   as a read raises an error.

**Statements** (`statements`) are SQL with named values that PostgreSQL prepares once. In their SELECT list PostgreSQL
makes the JSON, and a whole page is one row (`pages`). A **list** (`lists`) says which filters and orderings it has,
what its rows are as a queryset, and what a row looks like as SQL. The queryset is compiled once for each *shape* of
request, with the values left open (`compiled`). The shape is which filters there are and how many values each has, the
ordering and its direction, whether the page starts at a cursor, which members were included, and whether there are
viewer-specific ones (`PageRequest.shape`).

To add a member to a film's summary, change `movies/statements.py` and `movies/serializers.py`; to add a filter,
`movies/filters.py`.
"""
