"""Named queries and subscriptions in XML, for those who want XML.

The standard gives them no REST schema. Parameters stand as in its SOAP binding (`param` with `name` and
`value`), everything else as elements named like the members in JSON.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from service.events.xml_answers import HEAD
from service.events.xml_names import EPCIS_QUERY
from service.events.xml_writing import plain, text

NAMESPACE: Final = f' xmlns:epcisq="{EPCIS_QUERY}"'


def dump_xml(root: str, content: Mapping[str, Any]) -> bytes:
    """One of them under this root."""
    return f"{HEAD}<epcisq:{root}{NAMESPACE}>{_members(content)}</epcisq:{root}>".encode()


def dump_xml_list(members: Iterable[Mapping[str, Any]]) -> bytes:
    """A collection of them."""
    inner = "".join(f"<member>{_members(each)}</member>" for each in members)
    return f"{HEAD}<epcisq:Collection{NAMESPACE}>{inner}</epcisq:Collection>".encode()


def _members(content: Mapping[str, Any]) -> str:
    return "".join(
        f"<params>{_parameters(value)}</params>" if name == "query" else f"<{name}>{_value(value)}</{name}>"
        for name, value in content.items()
        if value is not None
    )


def _value(value: Any) -> str:
    return _members(value) if isinstance(value, Mapping) else _plain(value)


def _parameters(query: Mapping[str, Any]) -> str:
    """The parameters; those of `@context`, which XML does not have, as `prefix=namespace`."""
    told = []
    for name, value in query.items():
        values = "".join(map(_parameter, value if isinstance(value, list) else [value]))
        told.append(f"<param><name>{text(name)}</name>{values}</param>")
    return "".join(told)


def _parameter(value: Any) -> str:
    if value is None:
        return "<value/>"
    if isinstance(value, Mapping):
        return "".join(f"<value>{text(name)}={_plain(each)}</value>" for name, each in value.items())
    return f"<value>{_plain(value)}</value>"


def _plain(value: Any) -> str:
    return text(plain(value if isinstance(value, str | bool | int | Decimal) else str(value)))
