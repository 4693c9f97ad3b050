"""Shows the API's responses as pages in browsers, with links, buttons and forms."""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from rest_framework import serializers
from rest_framework.renderers import BrowsableAPIRenderer, HTMLFormRenderer
from rest_framework.request import Request, override_method
from rest_framework.reverse import reverse

from netflix.api.renderers import OrjsonRenderer
from netflix.api.serializers import query_values

if TYPE_CHECKING:  # its import leads back here
    from rest_framework.views import APIView

_METHODS_WITH_FORMS = ("POST", "PUT", "PATCH")
_FIELDS = "browsable/fields"
# The tokens of JSON that get a colour: a string, perhaps the name of a member; a number or a word.
_TOKENS = re.compile(r'("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d[\d.eE+-]*|\btrue\b|\bfalse\b|\bnull\b)')


class Button(NamedTuple):
    """A button on an object's page, which sends a request. `view_name` takes the same URL arguments as the page."""

    label: str
    method: str
    view_name: str
    body: str = ""  # JSON


ButtonFactory = Callable[[Mapping[str, Any]], Button | None]  # takes the object's members; None hides the button


class BrowsableRenderer(BrowsableAPIRenderer):
    """Renders a response as a page.

    A view may have `heading`, the name of the member that is the page's heading, and `buttons`, a sequence of
    ButtonFactory.
    """

    template = "browsable/page.html"

    def get_context(
        self, data: Any, accepted_media_type: str | None, renderer_context: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        """Replaces REST framework's, which renders each form twice and shows none for lists."""
        context = dict(renderer_context or {})
        view, request, response = (context[name] for name in ("view", "request", "response"))
        shown = data if isinstance(data, Mapping) and response.status_code == 200 else {}
        return {
            "name": shown.get(getattr(view, "heading", None)) or self.get_name(view),
            "description": self.get_description(view, response.status_code),
            "problem": data if response.status_code >= 400 and isinstance(data, Mapping) else None,
            "breadcrumbs": self.get_breadcrumbs(request)[:-1],
            "request": request,
            "user": request.user,
            "view": view,
            "response": response,
            "headers": sorted(response.items()),
            "content": highlighted(_indented(data)),
            "links": {name: shown.get(name) for name in ("previous", "next")},
            "buttons": self._buttons(shown, view, request),
            "filters": self._filters(view, request),
            "forms": self._forms(shown, view, request),
            "can_delete": self._is_allowed("DELETE", view, request),
            "can_get": "GET" in view.allowed_methods,
        }

    def _is_allowed(self, method: str, view: "APIView", request: Request) -> bool:
        with override_method(view, request, method) as overridden:
            return bool(self.show_form_for_method(view, method, overridden, None))

    def _buttons(self, shown: Mapping[str, Any], view: "APIView", request: Request) -> list[dict[str, Any]]:
        """Buttons of an object that exists; without a login they lead to the log-in page."""
        if not shown:
            return []
        return [
            button._asdict() | {"action": reverse(button.view_name, kwargs=view.kwargs, request=request)}
            for make in getattr(view, "buttons", ())
            if (button := make(shown)) is not None
        ]

    def _filters(self, view: "APIView", request: Request) -> Any:
        """The query parameters of a list as a form, with their values."""
        if getattr(view, "detail", True) or request.method != "GET":
            return None
        if filterset_class := getattr(view, "filterset_class", None):
            return filterset_class(request.query_params, queryset=view.get_queryset()).form.as_p()  # type: ignore[attr-defined]
        query_serializer_class = getattr(view, "query_serializer_class", None)
        if query_serializer_class is None:
            return None
        serializer = query_serializer_class()
        serializer.instance = _as_initial(serializer, query_values(serializer, request.query_params))
        return _rendered(serializer)

    def _forms(self, shown: Mapping[str, Any], view: "APIView", request: Request) -> list[dict[str, Any]]:
        """A form, and the same as JSON, for each method that takes a body and that this person may use."""
        return [
            {"method": method, **form}
            for method in _METHODS_WITH_FORMS
            if self._is_allowed(method, view, request)
            if (form := self._form(method, {} if method == "POST" else shown, view, request))
        ]

    def _form(self, method: str, shown: Mapping[str, Any], view: Any, request: Request) -> dict[str, Any] | None:
        with override_method(view, request, method):
            serializer = view.get_serializer()
        if isinstance(serializer, serializers.ListSerializer):
            return {"fields": "", "json": "[]"}
        serializer.instance = _as_initial(serializer, shown)
        has_objects = any(isinstance(field, serializers.ListSerializer) for field in serializer.fields.values())
        fields = "" if has_objects else _rendered(serializer)  # forms cannot have lists of objects
        return {"fields": fields, "json": _indented(serializer.data)}


def _indented(data: Any) -> str:
    return OrjsonRenderer().render(data, "application/json; indent=2").decode()


def _as_initial(serializer: serializers.BaseSerializer, values: Mapping[str, Any]) -> dict[str, Any]:
    """The initial data of a form: the given values, and the initial values of all other fields."""
    fields: Mapping[str, serializers.Field] = serializer.fields  # type: ignore[attr-defined]  # a Serializer's
    return {name: values.get(name, field.get_initial()) for name, field in fields.items()}


def _rendered(serializer: Any) -> Any:
    return HTMLFormRenderer().render(serializer.data, None, {"style": {"template_pack": _FIELDS}})


def highlighted(text: str) -> SafeString:
    """JSON as HTML: names, strings and other values in their colours, URLs as links."""
    pieces, end = [], 0
    for match in _TOKENS.finditer(text):
        pieces += [format_html("{}", text[end : match.start()]), _token(*match.groups())]
        end = match.end()
    return mark_safe("".join([*pieces, format_html("{}", text[end:])]))  # noqa: S308  # each piece is escaped


def _token(string: str | None, colon: str | None, other: str | None) -> SafeString:
    if string is None:
        return format_html('<span class="value">{}</span>', other)
    if colon is not None:
        return format_html('<span class="name">{}</span>{}', string, colon)
    url = string[1:-1]
    if url.startswith(("http://", "https://")) and "\\" not in url:
        return format_html('<a href="{}">{}</a>', url, string)
    return format_html('<span class="string">{}</span>', string)
