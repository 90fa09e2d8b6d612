"""A named query as it is sent: `{"name": ..., "query": {...}}`, read into the parameters of an event query.

The members of `query` are the parameters of `SimpleEventQuery` (query-schema.json of EPCIS 2.0): a value,
or a list of them. Numbers and booleans may be JSON's own; null is the absent value of `EXISTS_…`.
`@context` defines prefixes of extensions. What the parameters mean is for `events.query_parameters` alone
to say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from service.errors import BadNamedQuery, Fault
from service.events.namespaces import STANDARD, STANDARD_PREFIXES

#: Queries that every repository has (EPCIS 2.0, 8.2.7); they cannot be defined.
PREDEFINED: Final = ("SimpleEventQuery", "SimpleMasterDataQuery")
#: Characters of a name.
MAX_NAME: Final = 200
CONTEXT: Final = "@context"


@dataclass(frozen=True, slots=True)
class Definition:
    """`query`: as it came. `parameters`: names and values as in a URL. `prefixes`: those of `@context`."""

    name: str
    query: Mapping[str, Any]
    parameters: tuple[tuple[str, str], ...]
    prefixes: Mapping[str, str]


def read_definition(body: Mapping[str, Any]) -> Definition:
    """The definition in a body. Raises `BadNamedQuery` with a fault for each thing that is not right."""
    faults: list[Fault] = []
    for member in body:
        if member not in ("name", "query"):
            faults.append(Fault(f"/{member}", None, "There is no such field here.", "没有这个字段。"))
    name, query = body.get("name"), body.get("query")
    if not is_name(name):
        faults.append(
            Fault(
                "/name",
                name,
                f"A name of 1 to {MAX_NAME} characters is wanted, without / and control characters.",
                f"名称应为 1 至 {MAX_NAME} 个字符，不含 / 和控制字符。",
            )
        )
    if not isinstance(query, Mapping):
        faults.append(
            Fault(
                "/query",
                query,
                'An object with the parameters of the query is wanted: {"EQ_bizStep": ["shipping"]}.',
                '应为查询参数对象，例如 {"EQ_bizStep": ["shipping"]}。',
            )
        )
        query = {}
    parameters = [
        (parameter, text)
        for parameter, value in query.items()
        if parameter != CONTEXT and (text := _text(parameter, value, faults)) is not None
    ]
    context = query.get(CONTEXT)
    if context is not None and not _is_context(context):
        faults.append(
            Fault(
                "/query/@context",
                context,
                'An address, an object of prefixes or a list of both is wanted: {"example": "https://…"}.',
                '应为网址、前缀对象或其列表，例如 {"example": "https://…"}。',
            )
        )
        context = None
    if faults:
        raise refused(faults)
    told = STANDARD.under(context).prefixes
    prefixes = {prefix: uri for prefix, uri in told.items() if STANDARD_PREFIXES.get(prefix) != uri}
    return Definition(str(name), query, tuple(parameters), prefixes)


def refused(faults: Sequence[Fault]) -> BadNamedQuery:
    """The refusal that carries these faults."""
    first = faults[0]
    return BadNamedQuery(
        f"{first.field}: {first.message}", f"{first.field}：{first.message_zh}", tuple(faults)
    )


def in_body(fault: Fault) -> Fault:
    """A fault of a parameter as one of the member of the body that says it."""
    token = fault.field.replace("~", "~0").replace("/", "~1")
    return Fault(f"/query/{token}", fault.value, fault.message, fault.message_zh, fault.rule)


def is_name(name: Any) -> bool:
    """Whether this can be a query's name. `/` would not pass through every server in the way, however
    written.
    """
    return (
        isinstance(name, str)
        and 0 < len(name.strip()) <= len(name) <= MAX_NAME
        and name.isprintable()
        and "/" not in name
        and name not in (".", "..")
    )


def _text(parameter: str, value: Any, faults: list[Fault]) -> str | None:
    """A parameter's value as it would stand in a URL."""
    values = value if isinstance(value, list) else [value]
    texts = [_one(each) for each in values]
    if any(text is None for text in texts):
        fault = Fault(
            parameter,
            value,
            "a text, a number, true, false or a list of them is wanted.",
            "应为文本、数字、true、false 或其列表。",
        )
        faults.append(in_body(fault))
        return None
    return "|".join(text for text in texts if text is not None)


def _one(value: Any) -> str | None:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | Decimal) else None


def _is_context(value: Any) -> bool:
    entries = value if isinstance(value, list) else [value]
    return all(isinstance(entry, str | dict) for entry in entries)
