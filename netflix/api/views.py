"""What every view of the API has in common."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import status
from rest_framework.exceptions import ErrorDetail, MethodNotAllowed, NotAuthenticated, NotFound, ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.serializers import BaseSerializer, Serializer

from netflix.api.errors import NotThere, PersonGone
from netflix.api.pagination import KeysetPagination, Ordering, Source

_MOST_NAMED = 20  # unknown parameters in one error


class StrictView(GenericAPIView):
    """Refuses parameters that its address does not know: a misspelt filter must not pass for none.

    A list says `detail = False`, as routers say to view sets; what its address understands besides the page's
    parameters is in `query_serializer_class` or `filterset_class`. What the address of one thing understands is in
    `detail_serializer_class`.
    """

    detail: bool | None = True
    query_serializer_class: type[BaseSerializer] | None = None
    detail_serializer_class: type[Serializer] | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        method = (request.method or "").lower()
        if method not in self.http_method_names or not hasattr(self, method):  # whoever asks, so before the login
            raise MethodNotAllowed(request.method or "")
        super().initial(request, *args, **kwargs)
        if request.method == "OPTIONS":
            return
        known = self.known_parameters()
        unknown = [name for name in request.query_params if name not in known]
        if unknown:
            said = f"This is no parameter here. Known: {', '.join(known) or 'none'}."
            raise ValidationError({name[:100]: ErrorDetail(said, "unknown") for name in unknown[:_MOST_NAMED]})

    def handle_exception(self, exc: Exception) -> Response:
        """The one place where what the domain does not find becomes an answer."""
        if isinstance(exc, NotThere):
            if moved := exc.moved_to(self.kwargs):
                return self._moved(moved)
            exc = NotFound(str(exc))
        elif isinstance(exc, PersonGone):
            exc = NotAuthenticated()
        return super().handle_exception(exc)

    def _moved(self, arguments: dict[str, Any]) -> Response:
        """To the same address of what it is by now; the client repeats its request there, body and all."""
        match = self.request.resolver_match
        assert match  # noqa: S101  # the request has come to this view
        query = self.request.META.get("QUERY_STRING", "")
        address = reverse(match.view_name, kwargs=arguments, request=self.request)
        headers = {"Location": f"{address}?{query}" if query else address}
        return Response(status=status.HTTP_308_PERMANENT_REDIRECT, headers=headers)

    def known_parameters(self) -> list[str]:
        """Those of the address, whatever the method: the browsable API posts to the address that it shows."""
        if self.detail:
            return list(self.detail_serializer_class().fields) if self.detail_serializer_class else []
        return [*self._own_parameters(), *getattr(self.paginator, "parameters", ())]

    def asked(self, request: Request) -> dict[str, Any]:
        """The valid parameters. Raises ValidationError."""
        serializer_class = self.detail_serializer_class if self.detail else self.query_serializer_class
        assert serializer_class  # noqa: S101  # who asks has one
        query = serializer_class(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        validated: dict[str, Any] = query.validated_data
        return validated

    def validated(self, request: Request) -> dict[str, Any]:
        """What a valid body says. Raises ValidationError."""
        body = self.get_serializer(data=request.data)
        body.is_valid(raise_exception=True)
        said: dict[str, Any] = body.validated_data
        return said

    def page(self, rows: QuerySet[Any, Any] | Source, ordering: Ordering) -> list[dict[str, Any]]:
        """Those of the page that is asked for, in this order. Raises ValidationError."""
        paginator: KeysetPagination = self.paginator  # type: ignore[assignment]  # there is no other here
        return paginator.page(rows, self.request, ordering)

    def _own_parameters(self) -> list[str]:
        if self.query_serializer_class:
            return list(self.query_serializer_class().fields)  # type: ignore[attr-defined]  # never without fields
        return list(self.filterset_class.base_filters) if hasattr(self, "filterset_class") else []


class OwnList(StrictView):
    """A list of what belongs to the person who asks."""

    permission_classes = [IsAuthenticated]
    filter_backends = []
    detail = False
