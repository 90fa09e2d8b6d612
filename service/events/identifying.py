"""Events given their names: the eventID told or made from the content, and the content's own mark. Pure.

What the table keeps of an event beyond its fields is put into words here too, so that a large document can be
prepared beside the event loop, before its transaction opens.
"""

import re
from typing import Final, NamedTuple

from service.events.event_hash import event_hash, fingerprint
from service.events.facts import facts_of
from service.events.json_document import dump_event
from service.events.model import Document, Event
from service.events.namespaces import STANDARD, Namespaces

#: An eventID that says that it is the hash which `event_hash` makes.
OWN_HASH: Final = re.compile(r"ni:///sha-256;[0-9a-fA-F]{64}\?ver=CBV2\.0")


class Identified(NamedTuple):
    """An event with its `eventID`, given or made from its content (CBV 2.0 event hash).

    `fingerprint`: the same for the same content, see `event_hash.fingerprint`. `names`: the namespaces that
    hold for it. `payload` (without the server's `recordTime`) and `facts`: JSON texts.
    """

    event: Event
    event_id: str
    fingerprint: bytes
    names: Namespaces
    payload: str
    facts: str

    @property
    def is_named_by_its_hash(self) -> bool:
        """Is the eventID the event's own hash? Then another event of that name says the same, in another
        spelling: in XML, with another offset, with URNs for Digital Links (CBV 2.0 §8.9).
        """
        return self.event.event_id is None or self.event_id == event_hash(self.event.payload, self.names)

    @property
    def is_named_by_a_false_hash(self) -> bool:
        """Does the eventID say that it is the event's own hash, and is not? Hashes of other algorithms and
        versions are names like any other.
        """
        return OWN_HASH.fullmatch(self.event_id) is not None and not self.is_named_by_its_hash


def identify_events(document: Document) -> list[Identified]:
    """Give every event its eventID and fingerprint; the same event named twice is kept once."""
    once: dict[tuple[str, bytes], Identified] = {}
    names = STANDARD.under(document.context)
    for event in document.events:
        event_id = event.event_id or event_hash(event.payload, names)
        mark = fingerprint(event.payload)
        if (event_id, mark) in once:
            continue
        payload = event.payload
        inner = names.under(payload["@context"]) if "@context" in payload else names
        if "recordTime" in payload:
            payload = {name: value for name, value in payload.items() if name != "recordTime"}
        once[event_id, mark] = Identified(
            event,
            event_id,
            mark,
            inner,
            dump_event(payload).decode(),
            dump_event(facts_of(event, inner)).decode(),
        )
    return list(once.values())
