"""Reads of people: the list, which can be searched, and one of them."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict

from movies.models import Person
from movies.search import names
from movies.selectors import NoSuchPerson
from movies.serializers import PeopleQuerySerializer
from movies.statements import people_urls_of, person_details, person_json
from netflix.api.pagination import Ordering
from netflix.hot.lists import Filters, KeysetList, PageRequest, refuse_parameters
from netflix.hot.pages import Page, page_sql
from netflix.hot.statements import Query, Statement, fits_bigint
from netflix.hot.steps import Content, Steps

_BY_NAME = Ordering("name", ("name_key", "id"))


class PeopleList(KeysetList):
    """Everybody by name, or with `q` those whose names have its words."""

    parameters = tuple(PeopleQuerySerializer().fields)
    json = person_json("page.id")

    def parse(self, query: QueryDict) -> tuple[Filters, Ordering]:
        serializer = PeopleQuerySerializer(data=query.dict())
        serializer.is_valid(raise_exception=True)
        text = serializer.validated_data.get("q", "")
        return ({"q": [text]}, names.MATCH) if text else ({}, _BY_NAME)

    def rows(self, filters: Filters) -> QuerySet[Any]:
        return Person.objects.all()

    def values(self, request: HttpRequest, viewer_id: int | None) -> dict[str, object]:
        return {**people_urls_of(request)}

    def read(self, request: HttpRequest, viewer_id: int | None = None) -> Steps[Content]:
        page_request, urls = self.page_request(request), self.values(request, viewer_id)
        page = yield from self.page(page_request, urls)
        if page.rows or "q" not in page_request.filters:
            return self.content(request, page_request, page)
        corrected = yield from names.correct(page_request.filters["q"][0])
        if corrected is None:
            return self.content(request, page_request, page)
        page = yield from self.page(page_request._replace(filters={"q": [corrected]}), urls)
        return self.content(request, page_request, page, did_you_mean=corrected)

    def query(self, statement: Statement, page_request: PageRequest, values: Any) -> Query[Page]:
        searched = (
            names.page_values(page_request.filters["q"][0], page_request.cursor) if "q" in page_request.filters else {}
        )
        return super().query(statement, page_request, {**values, **searched})

    def statement(self, page_request: PageRequest) -> Statement:
        if "q" not in page_request.filters:
            return super().statement(page_request)
        source = names.page_sql(forwards=not page_request.descending)
        return Statement(page_sql(source, json=self.json, keys=[f"page.{key}" for key in names.MATCH.keys]))


def read_person(request: HttpRequest, viewer_id: int | None = None, *, person_id: int) -> Steps[Content]:
    """A person's films and genres. Raises NoSuchPerson, ValidationError."""
    refuse_parameters(request)
    if not fits_bigint(person_id):
        raise NoSuchPerson
    details: Content | None = yield person_details(person_id, people_urls_of(request))
    if details is None:
        raise NoSuchPerson
    return details
