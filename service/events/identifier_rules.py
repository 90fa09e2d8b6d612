"""The rule for a URI in an event that names a thing, a place, a party or a paper."""

from typing import Any

from service.errors import Fault
from service.events.at_a_glance import is_identifier
from service.events.namespaces import Namespaces
from service.events.value_forms import is_uri
from service.events.value_rules import pointer, uri, wrong
from service.identifiers.odd_uris import odd_uri


def identifier(value: Any, at: str, name: str, faults: list[Fault], names: Namespaces) -> None:
    """A URI, but neither `javascript:` and its like, nor one with control characters, escaped or not."""
    if is_identifier(value):
        return
    if type(value) is not str or not is_uri(value):
        uri(value, at, name, faults, names)
        return
    odd = odd_uri(name, value)
    if odd is not None:
        wrong(faults, pointer(at, name), value, odd.message, odd.message_zh, odd.rule)
