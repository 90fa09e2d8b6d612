"""What the service reads of an event that keeps the rules: payload in, `Event` out."""

from decimal import Decimal
from typing import Any

from service.events.cbv import (
    BIZ_STEP,
    BIZ_TRANSACTION_TYPE,
    DISPOSITION,
    SOURCE_DESTINATION_TYPE,
    WordList,
)
from service.events.model import Event, Quantity
from service.events.namespaces import Namespaces
from service.events.value_forms import instant


def word_or_uri(value: str, words: WordList, names: Namespaces) -> str:
    """The bare CBV word that `value` spells, or the whole URI of a private term."""
    word = words.spellings.get(value)
    if word is not None:
        return word
    whole = names.expand(value)
    return words.spellings.get(whole, whole)


def read_payload(payload: dict[str, Any], names: Namespaces) -> Event:
    """Reads one event that `event_rules.check_event` found nothing wrong with."""
    get = payload.get
    time = instant(payload["eventTime"])
    assert time is not None
    step, disposition = get("bizStep"), get("disposition")
    read_point, location = get("readPoint"), get("bizLocation")
    return Event(
        payload,
        names.expand(payload["type"]),
        get("eventID"),
        time,
        get("action"),
        None if step is None else word_or_uri(step, BIZ_STEP, names),
        None if disposition is None else word_or_uri(disposition, DISPOSITION, names),
        None if read_point is None else read_point["id"],
        None if location is None else location["id"],
        tuple(get("epcList", ())),
        get("parentID"),
        tuple(get("childEPCs", ())),
        _quantities(get("quantityList")),
        _quantities(get("childQuantityList")),
        _quantities(get("inputQuantityList")),
        _quantities(get("outputQuantityList")),
        tuple(get("inputEPCList", ())),
        tuple(get("outputEPCList", ())),
        get("transformationID"),
        _parties(get("sourceList"), "source", names),
        _parties(get("destinationList"), "destination", names),
        _transactions(get("bizTransactionList"), names),
        "errorDeclaration" in payload,
        get("ilmd", {}),
    )


def _quantities(elements: list[dict[str, Any]] | None) -> tuple[Quantity, ...]:
    if not elements:
        return ()
    return tuple(
        Quantity(each["epcClass"], _decimal(each.get("quantity")), each.get("uom")) for each in elements
    )


def _decimal(value: int | Decimal | None) -> Decimal | None:
    return Decimal(value) if isinstance(value, int) else value


def _parties(
    elements: list[dict[str, Any]] | None, end: str, names: Namespaces
) -> tuple[tuple[str, str], ...]:
    if not elements:
        return ()
    return tuple((word_or_uri(each["type"], SOURCE_DESTINATION_TYPE, names), each[end]) for each in elements)


def _transactions(
    elements: list[dict[str, Any]] | None, names: Namespaces
) -> tuple[tuple[str | None, str], ...]:
    if not elements:
        return ()
    return tuple(
        (
            word_or_uri(each["type"], BIZ_TRANSACTION_TYPE, names) if "type" in each else None,
            each["bizTransaction"],
        )
        for each in elements
    )
