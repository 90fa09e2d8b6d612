"""What a document's master data tell of the registry, and whose it is to tell: a party tells of itself, its
own places and its own products. Whoever could say who runs a place would read what is shipped there.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from service.capture.places import PART
from service.db.transaction import Transaction
from service.errors import Fault, Forbidden
from service.events.model import VocabularyElement
from service.identifiers.lenient import identity_of
from service.registry.master_attributes import RecordKind, read_attributes
from service.registry.master_data import MasterDatum

#: EPCIS vocabularies -> what they fill in the registry.
VOCABULARIES: Final[Mapping[str, RecordKind]] = {
    "EPCClass": "product",
    "Location": "site",
    "BusinessLocation": "site",
    "ReadPoint": "site",
    "Party": "party",
}
OWN: Final = """
SELECT 'party' AS kind, uri FROM party WHERE uri = ANY($1::text[]) AND id = $2
UNION ALL
SELECT 'site', uri FROM site WHERE uri = ANY($1::text[]) AND party_id = $2
UNION ALL
SELECT 'product', uri FROM product WHERE uri = ANY($1::text[]) AND party_id = $2
"""
AT: Final = "/epcisHeader/epcisMasterData"


def data_of(elements: Sequence[VocabularyElement]) -> list[MasterDatum]:
    """What master data fill in the registry."""
    found = ((element, VOCABULARIES.get(element.type)) for element in elements)
    return [
        MasterDatum(kind, _uri_of(element.id, kind), element.attributes)
        for element, kind in found
        if kind is not None
    ]


def _uri_of(told: str, kind: RecordKind) -> str:
    """The row of an element: a lot is of its product."""
    identity = identity_of(told)
    return (kind == "product" and identity.product_uri) or identity.uri


async def check_own_master_data(
    tx: Transaction, party_id: int, elements: Sequence[VocabularyElement]
) -> None:
    """Raises `Forbidden`, with a fault for each element that is not this party's to tell."""
    if not elements:
        return
    data = data_of(elements)
    named = {datum.uri for datum in data} | {uri for element in elements for uri in _others_of(element)}
    wholes = {uri.partition(PART)[0] for uri in named}
    rows = await tx.sql.fetch(OWN, sorted(named | wholes), party_id)
    own = {(row["kind"], row["uri"]) for row in rows}
    faults = [fault for element in elements if (fault := _fault(element, own)) is not None]
    if faults:
        raise Forbidden(
            "A party tells master data of itself, its own places and products; nothing was stored.",
            "主体只能通过文档提交自身、自有场所和自有产品的主数据，未存储任何内容。",
            faults,
        )


def _others_of(element: VocabularyElement) -> Iterable[str]:
    """What else an element names: the places that are part of it, and whose it is."""
    yield from (identity_of(child).uri for child in element.children)
    kind = VOCABULARIES.get(element.type)
    owner = None if kind is None else read_attributes(kind, element.attributes).owner
    if owner is not None:
        yield identity_of(owner).uri


def _fault(element: VocabularyElement, own: set[tuple[str, str]]) -> Fault | None:
    kind = VOCABULARIES.get(element.type)
    if kind is None:
        return Fault(
            AT,
            element.type[:200],
            f"Parties tell the vocabularies {', '.join(VOCABULARIES)}; leave this one to an operator.",
            f"主体只能提交 {'、'.join(VOCABULARIES)} 词表，其他词表请由运营者提交。",
        )
    uri = _uri_of(element.id, kind)
    if (kind, uri.partition(PART)[0] if kind == "site" else uri) not in own:
        return Fault(
            AT,
            element.id,
            "This is not registered as yours: register it first, or let an operator do so.",
            "该对象未登记在您名下，请先登记，或由运营者登记。",
        )
    owner = read_attributes(kind, element.attributes).owner
    if owner is not None and ("party", identity_of(owner).uri) not in own:
        return Fault(
            AT,
            owner[:200],
            "Whose a place or product is, is said by registering it; leave this out or name yourself.",
            "归属关系以登记为准，请去除此项或填写您自己。",
        )
    for child in element.children:
        if ("site", identity_of(child).uri.partition(PART)[0]) not in own:
            return Fault(
                AT,
                child[:200],
                "A part of your place is registered as yours, too; leave it out, or register it.",
                "下级场所也应登记在您名下，请去除或先登记。",
            )
    return None
