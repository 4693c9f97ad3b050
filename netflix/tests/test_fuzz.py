"""Every operation of the schema, called by nobody, a viewer and staff with whatever the schema allows and does not.

FUZZ_EXAMPLES says how many calls of each operation by each of them; more by hand.
"""

import os
from collections import Counter

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from knox.models import AuthToken
from schemathesis import GenerationMode

from movies.tests.factories import make_movie
from netflix.accounts.models import User
from netflix.notices.services import NewNotice, notify

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
PATIENCE = 120  # seconds
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "15"))


@pytest.fixture
def schema(live_server):
    return schemathesis.openapi.from_url(f"{live_server.url}/api/schema/", timeout=PATIENCE)


@pytest.fixture
def people():
    """A token of each, made anew for each call: some calls end logins, or erase who makes them."""

    def token(role):
        if role == "nobody":
            return None
        user, _ = User.objects.get_or_create(
            username=role, defaults={"is_staff": role == "staff", "is_superuser": role == "staff"}
        )
        notify([NewNotice(user_id=user.pk, key="k", subject="s", text="t")])
        return AuthToken.objects.create(user)[1]

    return token


@pytest.mark.parametrize("role", ["nobody", "viewer", "staff"])
def test_it_never_crashes_and_refuses_with_problems(schema, people, role):
    make_movie(genres=("Drama",))
    seen = Counter()

    def call(case):
        token = people(role)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = case.call(headers=headers, timeout=PATIENCE)
        seen[case.operation.label] += 1
        assert answer.status_code < 500, (case.as_curl_command(), answer.text)
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == ["application/problem+json"], case.as_curl_command()

    for found in schema.get_all_operations():
        operation = found.ok()
        modes = [operation.as_strategy(generation_mode=mode) for mode in GenerationMode]
        run = given(case=st.one_of(modes))(call)
        settings(
            max_examples=EXAMPLES,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )(run)()
    assert len(seen) >= 30
    assert seen.total() >= 500  # 1,500 by all three
