"""Stored events as values again: the payload read under the context it was captured with."""

from decimal import Decimal
from functools import lru_cache

import msgspec

from service.events.event_reading import read_payload
from service.events.model import Event
from service.events.namespaces import STANDARD, Namespaces

_decoder = msgspec.json.Decoder(dict, float_hook=Decimal)


def read_stored(payload: str, context: str) -> Event:
    """The event whose row holds this `payload`, with its row of `event_context`; both are JSON texts.

    No rule is checked anew: what was captured stays captured, whatever later releases demand.
    """
    told = _decoder.decode(payload)
    names = namespaces_of(context)
    if "@context" in told:
        names = names.under(told["@context"])
    return read_payload(told, names)


@lru_cache(maxsize=256)
def namespaces_of(context: str) -> Namespaces:
    """What prefixes mean under a stored `@context`, a JSON text."""
    return STANDARD.under(msgspec.json.decode(context))
