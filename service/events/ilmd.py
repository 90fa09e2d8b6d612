"""What instance and lot master data (ILMD) says of a batch, whatever namespace its words are written in."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from service.events.model import Event
from service.events.namespaces import local_name

#: Words for a lot or batch number (CBV 2.0 ILMD, GS1 Web Vocabulary, GDST).
LOT = ("lotNumber", "hasBatchLotNumber", "batchLotNumber", "batchNumber", "hasBatchLot", "batchLot", "lot")
#: Words for the day a batch came to be, the best first.
MADE_ON = (
    "productionDate",
    "dateOfProduction",
    "productionDateTime",
    "manufacturingDate",
    "harvestDate",
    "harvestEndDate",
    "harvestStartDate",
    "catchDate",
    "packagingDate",
    "firstFreezeDate",
)
#: Words for the day after which a batch must not, or should not, be used, the hardest first.
EXPIRES_ON = (
    "itemExpirationDate",
    "expirationDate",
    "expirationDateTime",
    "expiryDate",
    "bestBeforeDate",
    "bestBeforeDateTime",
    "sellByDate",
)
#: ILMD objects inside one another that are searched.
SEARCH_DEPTH = 4


def lot_of(event: Event) -> str | None:
    """The lot that the event's ILMD names, or None."""
    for value in _values(event.ilmd, LOT):
        if isinstance(value, str) and value.strip():
            return value.strip()
        if type(value) is int:
            return str(value)
    return None


def made_on(event: Event) -> date | None:
    """The day the batch was made, harvested or caught, as the event's ILMD says it, or None."""
    return _first_day(event.ilmd, MADE_ON)


def expires_on(event: Event) -> date | None:
    """The day the batch expires (else best before, else sell by), as the event's ILMD says it, or None."""
    return _first_day(event.ilmd, EXPIRES_ON)


def said(ilmd: dict[str, Any], words: Sequence[str]) -> str | None:
    """The first text or number that stands under one of these words, the best word first; None for none."""
    for value in _values(ilmd, words):
        if isinstance(value, str | int | float) and not isinstance(value, bool) and str(value).strip():
            return str(value).strip()
    return None


def _first_day(ilmd: dict[str, Any], words: Sequence[str]) -> date | None:
    for value in _values(ilmd, words):
        if isinstance(value, str):
            try:
                return date.fromisoformat(value.strip()[:10])
            except ValueError:
                continue
    return None


def _values(ilmd: dict[str, Any], words: Sequence[str]) -> list[Any]:
    """The values under these words, in the order of the words; outer ones before those further in."""
    if not ilmd:
        return []
    found: list[tuple[int, int, Any]] = []
    _search(ilmd, {word: rank for rank, word in enumerate(words)}, 0, found)
    found.sort(key=lambda each: each[:2])
    return [value for _, _, value in found]


def _search(
    held: dict[str, Any], ranks: dict[str, int], depth: int, found: list[tuple[int, int, Any]]
) -> None:
    for name, value in held.items():
        rank = ranks.get(local_name(name))
        for each in value if isinstance(value, list) else (value,):
            if rank is not None:
                found.append((rank, depth, each.get("@value") if isinstance(each, dict) else each))
            elif isinstance(each, dict) and depth < SEARCH_DEPTH:
                _search(each, ranks, depth + 1, found)
