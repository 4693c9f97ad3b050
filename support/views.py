from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

import orjson
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.viewsets import GenericViewSet

from movies import selectors as movie_selectors
from netflix.api.browsable import Button, ButtonFactory
from netflix.api.errors import Conflict, NoSuchObject
from netflix.api.permissions import viewer_id
from netflix.api.schema import error_response
from netflix.api.serializers import NoBody
from netflix.hot.steps import Read
from netflix.hot.views import BaseReadView
from netflix.idempotency.decorator import idempotent
from support import selectors, services
from support.downloads import download
from support.lists import NoSuchTicket, TicketList, read_ticket, ticket
from support.models import Attachment, Score, Ticket
from support.serializers import (
    AttachmentSerializer,
    AttachmentWriteSerializer,
    MoveRefusedProblemSerializer,
    RatingSerializer,
    RatingWriteSerializer,
    ReplyWriteSerializer,
    TicketQuerySerializer,
    TicketSerializer,
    TicketSummarySerializer,
    TicketWriteSerializer,
)
from support.states import ENDED, TransitionNotAllowed

MOVE_REFUSED = error_response(
    "`move_not_allowed`, with `allowed`; or `idempotency_key_in_use`.", MoveRefusedProblemSerializer
)


class NoSuchAttachment(NoSuchObject):
    message = "There is no such file among those of your tickets."


def _rating_button(score: Score) -> ButtonFactory:
    """A button on the page of a ticket that can be rated. The notice of the solution links to that page."""
    button = Button(f"The help was {score.label}", "PUT", "ticket-rating", f'{{"score": "{score}"}}')
    return lambda ticket: button if ticket.get("status") in ENDED else None


@extend_schema_view(
    list=extend_schema(
        operation_id="list_tickets",
        summary="List your tickets",
        parameters=[TicketQuerySerializer],
        responses=TicketSummarySerializer(many=True),
    ),
    create=extend_schema(
        operation_id="open_ticket", summary="Ask technical support for help", responses={201: TicketSerializer}
    ),
    retrieve=extend_schema(operation_id="ticket", summary="Get one of your tickets", responses=TicketSerializer),
    replies=extend_schema(
        operation_id="reply_to_ticket",
        summary="Reply to a ticket",
        responses={201: TicketSummarySerializer, 409: error_response("`ticket_closed`, `idempotency_key_in_use`.")},
    ),
    attachments=extend_schema(
        operation_id="attach_to_ticket",
        summary="Send a file for a ticket",
        responses={
            201: AttachmentSerializer,
            409: error_response(
                "`ticket_closed`, `too_many_files`, `attachment_quota_exceeded`, `idempotency_key_in_use`."
            ),
        },
    ),
    attachment=extend_schema(
        operation_id="ticket_attachment",
        summary="Download a file of a ticket",
        responses={(200, "application/octet-stream"): OpenApiResponse(OpenApiTypes.BINARY, "The file.")},
    ),
    rating=extend_schema(
        operation_id="rate_ticket",
        summary="Rate the help with a ticket",
        responses={200: RatingSerializer, 409: error_response("`ticket_not_solved`.")},
    ),
    close=extend_schema(
        operation_id="close_ticket",
        summary="Close a ticket",
        request=None,
        responses={200: TicketSummarySerializer, 409: MOVE_REFUSED},
    ),
    reopen=extend_schema(
        operation_id="reopen_ticket",
        summary="Open a ticket again",
        request=None,
        responses={200: TicketSummarySerializer, 409: MOVE_REFUSED},
    ),
)
class TicketViewSet(BaseReadView, GenericViewSet):  # type: ignore[misc]  # the router sets `detail`
    """My tickets to technical support: open one, see what becomes of it, reply, close it, open it again."""

    heading = "subject"
    buttons = [_rating_button(score) for score in Score]
    permission_classes = [IsAuthenticated]
    serializer_class = TicketWriteSerializer
    query_serializer_class = TicketQuerySerializer
    queryset = Ticket.objects.none()  # for the schema; the lists do the querying
    reads: ClassVar[Mapping[str, Read]] = {"list": TicketList().read, "retrieve": read_ticket}
    lookup_field = "number"

    def get_view_name(self) -> str:
        return "My ticket" if self.detail else "My tickets"

    def initial(self, request: Request, *args: Any, **named: Any) -> None:
        """A file for somebody else's ticket is refused before its body is parsed."""
        super().initial(request, *args, **named)
        if self.action == "attachments":
            with _translated_errors():
                selectors.own_ticket(viewer_id(request), named["number"])

    def list(self, request: Request) -> Response:
        """The newest first; `status` filters them."""
        return self.answer(request)

    def retrieve(self, request: Request, number: str) -> Response:
        """With its replies, what became of it, and its service order once technical support has opened one."""
        return self.answer(request, number=number)

    @idempotent
    def create(self, request: Request) -> Response:
        """The ticket is stored before this answers, so it cannot be lost. `Location` is its address."""
        data = self.validated(request)
        with _translated_errors():
            number = services.open_ticket(user_id=viewer_id(request), movie_id=data.pop("movie", None), **data)
        location = reverse("ticket-detail", args=[number], request=request)
        return Response(
            _ticket(request, number, details=True), status=status.HTTP_201_CREATED, headers={"Location": location}
        )

    @idempotent
    @action(detail=True, methods=["post"], serializer_class=ReplyWriteSerializer)
    def replies(self, request: Request, number: str) -> Response:
        """A ticket that waits for you goes back to work, and a resolved one is open again. A closed one is a 409."""
        data = self.validated(request)
        with _translated_errors():
            services.reply(user_id=viewer_id(request), number=number, **data)
        return Response(_ticket(request, number), status=status.HTTP_201_CREATED)

    @idempotent
    @action(detail=True, methods=["post"], serializer_class=AttachmentWriteSerializer, parser_classes=[MultiPartParser])
    def attachments(self, request: Request, number: str) -> Response:
        """Counts as a reply, which names the file. `Location` is the file's address."""
        data = self.validated(request)
        with _translated_errors():
            sent = services.attach(user_id=viewer_id(request), number=number, file=data["file"])
        url = reverse("ticket-attachment", args=[sent.reply.ticket.number, sent.key], request=request)
        row = {"name": sent.name, "size": sent.size, "url": url, "created_at": sent.reply.created_at}
        body = AttachmentSerializer(row).data
        return Response(body, status=status.HTTP_201_CREATED, headers={"Location": url})

    @action(detail=True, url_path=r"attachments/(?P<key>[\w-]{1,40})")
    def attachment(self, request: Request, number: str, key: str) -> HttpResponse:
        """Always answered as a file to save, never as a page to show."""
        try:
            return download(selectors.customers_attachment(viewer_id(request), number, key))
        except (Attachment.DoesNotExist, FileNotFoundError) as error:
            raise NoSuchAttachment from error

    @action(detail=True, methods=["put"], serializer_class=RatingWriteSerializer)
    def rating(self, request: Request, number: str) -> Response:
        """For a resolved or closed ticket; it replaces what you said before. Without `comment` there is none."""
        data = self.validated(request)
        with _translated_errors():
            rated = services.rate(user_id=viewer_id(request), number=number, **data)
        row = {"score": rated.score, "comment": rated.score_comment, "scored_at": rated.scored_at}
        return Response(RatingSerializer(row).data)

    @idempotent
    @action(detail=True, methods=["post"], serializer_class=NoBody)
    def close(self, request: Request, number: str) -> Response:
        """When the problem is gone, or no longer matters. A closed ticket takes no replies."""
        self.validated(request)
        with _translated_errors():
            services.close(user_id=viewer_id(request), number=number)
        return Response(_ticket(request, number))

    @idempotent
    @action(detail=True, methods=["post"], serializer_class=NoBody)
    def reopen(self, request: Request, number: str) -> Response:
        """For a resolved or closed ticket. Its service order stays the same."""
        self.validated(request)
        with _translated_errors():
            services.reopen(user_id=viewer_id(request), number=number)
        return Response(_ticket(request, number))


@contextmanager
def _translated_errors() -> Iterator[None]:
    """Translate errors of the services into those of the API."""
    try:
        yield
    except Ticket.DoesNotExist as error:
        raise NoSuchTicket from error
    except TransitionNotAllowed as error:
        raise Conflict(str(error), code="move_not_allowed", allowed=error.allowed) from error
    except services.TicketClosed as error:
        raise Conflict("A closed ticket takes no replies. Reopen it first.", code="ticket_closed") from error
    except services.NotSolved as error:
        raise Conflict(str(error), code="ticket_not_solved") from error
    except services.QuotaExceeded as error:
        raise Conflict(str(error), code="attachment_quota_exceeded") from error
    except services.TooManyFiles as error:
        raise Conflict(str(error), code="too_many_files") from error
    except movie_selectors.NoSuchMovie as error:  # named in the body: 400, not 404
        raise ValidationError({"movie": "There is no film with this id."}, code="does_not_exist") from error


def _ticket(request: Request, number: str, *, details: bool = False) -> orjson.Fragment:
    """The answer to a write. Only a new ticket has details, because answers are stored for each Idempotency-Key.

    Raises NoSuchTicket.
    """
    content = ticket(request._request, viewer_id(request), number, details=details).run()
    if content is None:
        raise NoSuchTicket
    return content.data
