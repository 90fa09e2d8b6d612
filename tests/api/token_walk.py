"""The tokens of pages that some are given, in the hands of others: a token continues what its holder sees."""

from collections.abc import Collection
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.api.access_questions import Question, questions_of
from tests.api.access_walk import marks_in, nothing_kept, operations
from tests.api.access_world import World
from tests.api.own_service import OwnService

#: Whose pages have everything of the maker's in them.
GIVEN: Final = ("operator", "maker")
#: How one row a page is asked for, and how a token is named, of the lists of EPCIS and of all others.
EPCIS: Final = ("perPage", "nextPageToken")
OURS: Final = ("limit", "page")


async def pages_shown(client: OwnService, world: World, apart: Collection[str]) -> tuple[set[str], list[str]]:
    """The lists that gave tokens out; and where one of `apart` was shown the maker's by another's token."""
    client.headers.pop("Authorization", None)
    listed: set[str] = set()
    shown: list[str] = []
    with nothing_kept(client.engine):
        for operation in operations():
            if not operation.startswith("GET "):
                continue
            size, name = EPCIS if operation.startswith("GET /epcis/") else OURS
            for question in questions_of(operation, world):
                tokens = {await _token(client, question, world.keys[who], size) for who in GIVEN} - {None}
                for token in tokens:
                    listed.add(operation)
                    for caller in apart:
                        asked = _with(question, **{size: "1", name: token})
                        answer = await _answer(client, asked, world.keys[caller])
                        if marks_in(answer, asked):
                            shown.append(f"{operation} as {caller}")
    return listed, shown


async def _token(client: OwnService, question: Question, key: dict[str, str], size: str) -> str | None:
    answer = await _answer(client, _with(question, **{size: "1"}), key)
    form = answer.headers.get("Content-Type", "").partition(";")[0]
    if answer.status_code != 200 or form not in ("application/json", "application/ld+json"):
        return None
    if size in EPCIS:
        links = parse_qs(urlsplit(answer.links.get("next", {}).get("url", "")).query)
        return links.get("nextPageToken", [None])[0]
    told = answer.json()
    token: str | None = told.get("next_page") if isinstance(told, dict) else None
    return token


def _with(question: Question, **params: Any) -> Question:
    how = {**question.how, "params": {**question.how.get("params", {}), **params}}
    return Question(question.method, question.path, how)


async def _answer(client: OwnService, question: Question, key: dict[str, str]) -> httpx.Response:
    headers = question.how.get("headers", {}) | key
    how = {name: told for name, told in question.how.items() if name != "headers"}
    return await client.request(question.method, question.path, headers=headers, **how)
