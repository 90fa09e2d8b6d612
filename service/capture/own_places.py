"""A party captures as itself: what happened at its own places, or at places that nobody is known to run.

Whoever could tell what happened at a competitor's place could empty his stock, or give him a recall.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from service.db.transaction import Transaction
from service.errors import Fault, Forbidden
from service.events.identifying import Identified
from service.events.model import Document, Event
from service.identifiers.lenient import identity_of

#: Parts of a place belong to whoever runs the whole.
PART: Final = "/254/"

OWNERS: Final = """
SELECT site.uri, site.party_id FROM site WHERE site.uri = ANY ($1::text[]) AND site.party_id IS NOT NULL
UNION ALL
SELECT party.uri, party.id FROM party WHERE party.uri = ANY ($1::text[])
"""


async def check_own_places(tx: Transaction, party_id: int, events: Sequence[Identified]) -> None:
    """Raises `Forbidden`, with a fault for each event that is not this party's to tell."""
    named = {uri for item in events for uri in (*_places(item.event), *_ends(item.event))}
    wholes = {uri.partition(PART)[0] for uri in named}
    rows = await tx.sql.fetch(OWNERS, sorted(named | wholes))
    owners = {row["uri"]: row["party_id"] for row in rows}
    faults = [
        fault
        for position, item in enumerate(events)
        if (fault := _fault(item.event, position, party_id, owners)) is not None
    ]
    if faults:
        raise Forbidden(
            "A party tells what happened at its own places; nothing was stored.",
            "主体只能采集在自己场所发生的事件，未存储任何内容。",
            faults,
        )


async def check_own_document(
    tx: Transaction, party_id: int, document: Document, events: Sequence[Identified]
) -> None:
    """`check_own_places`, and that the document tells no master data: whose those are nobody checks yet."""
    if document.master_data:
        raise Forbidden(
            "Master data in documents are not open to parties yet; nothing was stored.",
            "企业主体暂不能通过文档提交主数据，未存储任何内容。",
            [
                Fault(
                    "/epcisHeader/epcisMasterData",
                    None,
                    "Leave it out, or let an operator register parties and places.",
                    "请去除主数据，或由运营者登记主体与场所。",
                )
            ],
        )
    await check_own_places(tx, party_id, events)


def _fault(event: Event, position: int, party_id: int, owners: Mapping[str, int]) -> Fault | None:
    for field, place in (("readPoint", event.read_point), ("bizLocation", event.biz_location)):
        owner = None if place is None else _owner(identity_of(place).uri, owners)
        if owner not in (None, party_id):
            return Fault(
                f"/epcisBody/eventList/{position}/{field}/id",
                place,
                "This place is run by another party, who is the one to tell what happened there.",
                "该场所由其他主体经营，应由其采集此处发生的事件。",
            )
    if event.read_point is None and event.biz_location is None:
        ends = [_owner(uri, owners) for uri in _ends(event)]
        if party_id not in ends:
            return Fault(
                f"/epcisBody/eventList/{position}",
                event.event_id,
                "Name a place of yours (`readPoint` or `bizLocation`), or yourself as source or destination.",
                "请填写您自己的场所（readPoint 或 bizLocation），或将自己列为来源或去向。",
            )
    return None


def _owner(uri: str, owners: Mapping[str, int]) -> int | None:
    return owners.get(uri, owners.get(uri.partition(PART)[0]))


def _places(event: Event) -> list[str]:
    return [identity_of(place).uri for place in (event.read_point, event.biz_location) if place is not None]


def _ends(event: Event) -> list[str]:
    return [identity_of(uri).uri for _, uri in (*event.sources, *event.destinations)]
