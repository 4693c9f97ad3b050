"""Checks that all servers return the same JSON before they are measured, in the same order of members."""

import itertools
import json
from collections.abc import Sequence
from typing import Any
from urllib.request import Request, urlopen

from benchmarks.scenarios import Call, Scenarios
from benchmarks.servers import Server

_COMPARED = (
    "list", "deep", "details", "ranking", "explain", "genres", "popular", "popular-deep", "best", "person",
    "certificate", "search", "search-genre", "suggest", "like-state", "my-likes", "my-reminders",
    "my-watched", "list-viewer",
)  # fmt: skip
_CALLS = 20  # of each scenario


class Disagreement(Exception):
    pass


def check(scenarios: Scenarios, servers: Sequence[Server]) -> None:
    """Raises Disagreement with the first two answers that differ. Links to other pages may differ."""
    product, *peers = servers
    for scenario, peer in itertools.product(_COMPARED, peers):
        if scenarios.is_for(scenario, peer):
            _compare(scenarios, scenario, product, peer)
    _check_likes(scenarios, servers)


def _compare(scenarios: Scenarios, scenario: str, product: Server, peer: Server) -> None:
    """Asks again if they differ: scores that decay may have changed between the two answers."""
    calls = [scenarios.calls(scenario, server, 1)[:_CALLS] for server in (product, peer)]
    for ours, theirs in zip(*calls, strict=True):
        for _ in range(2):
            one, other = _answer_of(product, ours), _answer_of(peer, theirs)
            if not peer.has_products_sql:
                one = _shared(one, other)
            if json.dumps(one) == json.dumps(other):
                break
        else:
            raise Disagreement(f"{scenario}: {product.name} says\n{one}\nand {peer.name}\n{other}")


def _check_likes(scenarios: Scenarios, servers: Sequence[Server]) -> None:
    """Every server stores two likes of one film and removes them again, starting from what the server before left."""
    like = scenarios.calls("like-hot", servers[0], 1)
    first, second = like[0], like[2]
    unlike_first, unlike_second = (Call(call.path, "DELETE", call.headers) for call in (first, second))
    all_answers = []
    for server in servers:
        answers = [_answer_of(server, call) for call in (first, first, second, unlike_first, second, unlike_second)]
        all_answers.append(answers)
        if answers != all_answers[0]:
            raise Disagreement(f"like: {servers[0].name} says\n{all_answers[0]}\nand {server.name}\n{answers}")


def _shared(ours: Any, theirs: Any) -> Any:
    """Our answer without the members that theirs lacks: a peer with its own queries may lack members added later."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return {name: _shared(value, theirs[name]) for name, value in ours.items() if name in theirs}
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        return [_shared(one, other) for one, other in zip(ours, theirs, strict=True)]
    return ours


def _answer_of(server: Server, call: Call) -> Any:
    """Return [status, JSON], without the server's address."""
    with urlopen(Request(server.url + call.path, method=call.method, headers=call.headers), timeout=60) as answer:
        body = answer.read().replace(server.url.encode(), b"")
        data: Any = json.loads(body) if body else None
        if isinstance(data, dict) and "next" in data:
            data["next"], data["previous"] = data["next"] is not None, None
        return [answer.status, data]
