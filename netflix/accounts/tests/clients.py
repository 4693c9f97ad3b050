"""Clients that are logged in by a token, and the errors that they get."""

from knox.models import AuthToken
from rest_framework.test import APIClient


def with_token(token):
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def logged_in(user):
    return with_token(AuthToken.objects.create(user)[1])


def errors(answer):
    """The codes of an answer's errors, by field."""
    return {error["field"]: error["code"] for error in answer.json()["errors"]}
