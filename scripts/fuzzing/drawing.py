"""Requests drawn from an OpenAPI document by schemathesis, and its checks of the answers.

Every other request names things that are there (`Known`): else almost every path with a number in it ends at
"not here".
"""

from collections.abc import Callable, Mapping
from itertools import count, islice
from typing import Any, Final
from urllib.parse import quote

import httpx
import msgspec
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st
from requests.exceptions import RequestException
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from scripts.fuzzing.served import BASE

CHECKS: Final = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
MODES: Final = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)
#: Begins processes of its own, each of which takes seconds; its tests are those of the ledger.
LEFT_OUT: Final = frozenset({"POST /v1/ledger/rebuild"})

#: Members that say how much to make, up to a million.
COUNTS: Final = frozenset({"allot", "copies", "most"})
COUNT_MOST: Final = 1000

Operation = schemathesis.APIOperation[Any, Any, Any, Any]
Case = schemathesis.Case[Any]
#: Name of a parameter or member -> values that mean something to the service.
Known = Mapping[str, tuple[Any, ...]]


@schemathesis.serializer("application/x-ndjson")
def _lines(_context: schemathesis.SerializationContext, value: Any) -> bytes:
    """JSON lines, of which schemathesis knows nothing."""
    return b"".join(
        msgspec.json.encode(each) + b"\n" for each in (value if isinstance(value, list) else [value])
    )


def operations(document: Mapping[str, Any], only: str = "") -> list[Operation]:
    """The operations whose name (`GET /v1/batches`) holds `only`."""
    config = schemathesis.Config()
    config.projects.get_default().generation.with_security_parameters = False
    schema = schemathesis.openapi.from_dict(dict(document), config=config)
    found = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
    return [each for each in found if only in each.label and each.label not in LEFT_OUT]


def draw(
    operation: Operation, examples: int, number: int, known: Known, take: Callable[[Case], None]
) -> None:
    """Hands over requests: the edges of each parameter, then as many drawn by lot. `number`: the seed."""
    turns = count()
    schema = operation.schema
    edges = schema.iter_coverage_cases(
        operation, generation_modes=list(MODES), generation_config=schema.config.generation
    )
    for case in islice(edges, examples):
        _meet(case, known, next(turns), take)

    @seed(number)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
    )
    @given(st.one_of(*(operation.as_strategy(mode) for mode in MODES)))
    def drawn(case: Case) -> None:
        _meet(case, known, next(turns), take)

    drawn()


def _meet(case: Case, known: Known, turn: int, take: Callable[[Case], None]) -> None:
    case.body, case.query = _few(case.body), _few(case.query)
    if turn % 2:
        named = _named(case.path_parameters, known, turn)
        case.path_parameters = {name: _in_path(name, value) for name, value in named.items()}
        case.query = _named(case.query, known, turn)
        case.body = _named(case.body, known, turn)
    take(case)


def _named(held: Any, known: Known, turn: int) -> Any:
    """With known values for members of known names."""
    if isinstance(held, list):
        return [_named(each, known, turn) for each in held]
    if not isinstance(held, dict):
        return held
    return {
        name: known[name][turn // 2 % len(known[name])] if name in known else _named(value, known, turn)
        for name, value in held.items()
    }


def _in_path(name: str, value: Any) -> Any:
    return quote(value, safe="/%" if name == "path" else "%") if isinstance(value, str) else value


def _few(held: Any) -> Any:
    """With counts of things to be made that take no minute."""
    if not isinstance(held, dict):
        return held
    return {
        name: value % COUNT_MOST if name in COUNTS and type(value) is int else value
        for name, value in held.items()
    }


def request_of(case: Case, headers: Mapping[str, str]) -> httpx.Request | None:
    """The request as it is sent; None for what no client can send."""
    told = case.as_transport_kwargs(base_url=BASE, headers=dict(headers))
    try:
        sent = requests.Request(**told).prepare()
        assert sent.method is not None
        assert sent.url is not None
        body = sent.body.encode() if isinstance(sent.body, str) else sent.body or b""
        assert isinstance(body, bytes), "schemathesis streams nothing"
        named = [(_octets(name), _octets(value)) for name, value in sent.headers.items()]
        return httpx.Request(sent.method, sent.url, headers=named, content=body)
    except (RequestException, httpx.InvalidURL, UnicodeError, ValueError):
        return None


def _octets(text: str | bytes) -> bytes:
    return text.encode("latin-1") if isinstance(text, str) else text


def faults_of(case: Case, answer: httpx.Response) -> list[tuple[str, str]]:
    """What of an answer is not as the document says: kind and detail."""
    try:
        case.validate_response(answer, checks=CHECKS)
    except FailureGroup as failures:
        return [(failure.title, failure.message) for failure in failures.exceptions]
    return []
