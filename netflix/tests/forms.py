"""Forms of the admin, filled in as they were rendered."""

from html.parser import HTMLParser


class _Fields(HTMLParser):
    """The fields of the page's main form, with the values that a browser would send."""

    def __init__(self):
        super().__init__()
        self.values = {}
        self._inside = False
        self._select = self._textarea = None

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form":
            self._inside = given.get("method") == "post" and given.get("id", "").endswith("_form")
        if not self._inside or ("name" not in given and tag != "option"):
            return
        if tag == "input":
            self._input(given)
        elif tag == "textarea":
            self._textarea = given["name"]
            self.values[self._textarea] = ""
        elif tag == "select":
            self._select = given["name"]
            self.values.setdefault(self._select, [])
        elif tag == "option" and self._select and "selected" in given:
            self.values[self._select].append(given["value"])

    def handle_endtag(self, tag):
        if tag == "form":
            self._inside = False
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._textarea = None

    def handle_data(self, data):
        if self._textarea:
            self.values[self._textarea] += data

    def _input(self, given):
        kind = given.get("type", "text")
        if kind in ("submit", "file") or (kind in ("checkbox", "radio") and "checked" not in given):
            return
        self.values[given["name"]] = given.get("value", "on" if kind == "checkbox" else "")


def filled_in(client, address, **changes):
    """What a browser sends after somebody changed these fields of the form at this address."""
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return fields_of(answer) | changes


def fields_of(answer):
    fields = _Fields()
    fields.feed(answer.content.decode())
    # The first line break in a textarea is none of its text; rows named __prefix__ are the template of new ones.
    return {
        name: value.removeprefix("\n") if isinstance(value, str) else value
        for name, value in fields.values.items()
        if "__prefix__" not in name
    }
