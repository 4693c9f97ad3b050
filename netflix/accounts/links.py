"""Links in e-mails, with a token that shows who opens them.

The token stands behind the `#` of the address. Browsers send that part to no server, so no access log, no proxy and no
other site gets to see the token.
"""

BAD_LINK = "The link is too old, not complete, or was used or replaced already. Ask for a new one."


class BadLink(Exception):
    """The link is forged or has expired, or something that it depends on has changed."""
