"""The base class of all views of the API."""

from collections.abc import Sequence
from typing import Any

from rest_framework import status
from rest_framework.exceptions import MethodNotAllowed, NotAuthenticated, NotFound
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.serializers import BaseSerializer, Serializer

from netflix.api.browsable import ButtonFactory
from netflix.api.entity_tags import set_entity_tag
from netflix.api.errors import NoSuchObject, UserErased, refuse_unknown


class StrictView(GenericAPIView):
    """Refuses unknown query parameters: a misspelt filter must not be ignored.

    A list sets `detail = False`, as routers do for view sets, and declares its parameters, besides those of pagination,
    in `query_serializer_class` or `filterset_class`. Other views declare theirs in `detail_query_serializer_class`.
    """

    detail: bool | None = True
    snapshot_hash = ""  # the second part of the entity tag of a response to GET: netflix/hot/views.py
    query_serializer_class: type[BaseSerializer] | None = None
    detail_query_serializer_class: type[Serializer] | None = None
    heading: str | None = None  # of its page in a browser: the name of a member of the response
    buttons: Sequence[ButtonFactory] = ()  # on that page
    format_kwarg = None  # the Accept header alone selects the format, also of an error before `initial`

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        method = (request.method or "").lower()
        if method not in self.http_method_names or not hasattr(self, method):  # before authentication
            request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(
                request, force=True
            )
            raise MethodNotAllowed(request.method or "")
        super().initial(request, *args, **kwargs)
        if request.method == "OPTIONS":
            return
        refuse_unknown(request.query_params, self.allowed_parameters())

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        final: Response = super().finalize_response(request, response, *args, **kwargs)
        if request.method in ("GET", "HEAD") and final.status_code == 200 and isinstance(final, Response):
            set_entity_tag(final, self.snapshot_hash)
        return final

    def handle_exception(self, exc: Exception) -> Response:
        """Translate the domain's exceptions into errors of the API."""
        if isinstance(exc, NoSuchObject):
            if moved := exc.moved_to(self.kwargs):
                return self._moved(moved)
            exc = NotFound(str(exc))
        elif isinstance(exc, UserErased):
            exc = NotAuthenticated()
        return super().handle_exception(exc)

    def _moved(self, arguments: dict[str, Any]) -> Response:
        """Redirect to the object that replaced this one; after a 308 clients repeat the request with its body."""
        match = self.request.resolver_match
        assert match  # noqa: S101  # the request has come to this view
        query = self.request.META.get("QUERY_STRING", "")
        url = reverse(match.view_name, kwargs=arguments, request=self.request)
        headers = {"Location": f"{url}?{query}" if query else url}
        return Response(status=status.HTTP_308_PERMANENT_REDIRECT, headers=headers)

    def allowed_parameters(self) -> list[str]:
        """The parameters of any method: the browsable API sends a POST to the URL that it shows."""
        if self.detail:
            return list(self.detail_query_serializer_class().fields) if self.detail_query_serializer_class else []
        return [*self._own_parameters(), *getattr(self.paginator, "parameters", ())]

    def validated(self, request: Request, *, partial: bool = False) -> dict[str, Any]:
        """The validated data of the body. Raises ValidationError."""
        body = self.get_serializer(data=request.data, partial=partial)
        body.is_valid(raise_exception=True)
        data: dict[str, Any] = body.validated_data
        return data

    def _own_parameters(self) -> list[str]:
        if self.query_serializer_class:
            return list(self.query_serializer_class().fields)  # type: ignore[attr-defined]  # never without fields
        return list(self.filterset_class.base_filters) if hasattr(self, "filterset_class") else []
