"""Where an answer and the ledger do not agree. Pure.

Nobody is accused by it: events come late, and people miscount. It is shown to whoever runs the case, and to
whoever answers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from service.notices.content import amount_text

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Said:
    """What an answer says of one batch in one unit of measure; None: nothing. `passed_on`: to buyers whom
    they name.
    """

    received: Decimal | None = None
    sold: Decimal | None = None
    on_hand: Decimal | None = None
    quarantined: Decimal | None = None
    returned: Decimal | None = None
    destroyed: Decimal | None = None
    passed_on: Decimal | None = None

    def accounted(self) -> Decimal:
        """All of which they say what became of it."""
        parts = (self.sold, self.on_hand, self.quarantined, self.returned, self.destroyed, self.passed_on)
        return sum((part for part in parts if part is not None), ZERO)


@dataclass(frozen=True, slots=True)
class Booked:
    """What the events say. `received`: made there too; `shipped`: returned too."""

    received: Decimal
    shipped: Decimal = ZERO
    on_hand: Decimal | None = None


def find_differences(said: Said, booked: Booked | None, uom: str) -> list[dict[str, str]]:
    """Where they differ, each with `field`, `said`, `ledger`, `message` and `message_zh`.

    Received is compared with received. What is accounted for must make up what was received, with or without
    what events say was shipped on: a return that they count may have been captured or not. There cannot be
    more in the store than the events know of.
    """
    found = []
    if booked is not None and said.received is not None and said.received != booked.received:
        found.append(
            _difference(
                "received",
                said.received,
                booked.received,
                uom,
                "They say they received {said}; the events say {ledger}.",
                "回复收货 {said}，追溯记录为 {ledger}。",
            )
        )
    received = said.received if said.received is not None else booked.received if booked else None
    shipped = booked.shipped if booked else ZERO
    accounted = said.accounted()
    if received is not None and not received - shipped <= accounted <= received:
        found.append(
            _difference(
                "accounted",
                accounted,
                received - shipped if accounted < received - shipped else received,
                uom,
                "What they account for makes {said}; it should make {ledger}.",
                "已说明去向的数量合计 {said}，应为 {ledger}。",
            )
        )
    if booked is not None and booked.on_hand is not None:
        there = (said.on_hand or ZERO) + (said.quarantined or ZERO)
        if there > max(booked.on_hand, ZERO):
            found.append(
                _difference(
                    "on_hand",
                    there,
                    booked.on_hand,
                    uom,
                    "They have {said} there; the events know of {ledger}.",
                    "回复现存（含封存）{said}，追溯记录结存为 {ledger}。",
                )
            )
    return found


def _difference(
    field: str, said: Decimal, ledger: Decimal, uom: str, message: str, zh: str
) -> dict[str, str]:
    told: Mapping[str, str] = {
        "said": f"{amount_text(said)} {uom}",
        "ledger": f"{amount_text(ledger)} {uom}",
    }
    return {
        "field": field,
        "said": amount_text(said),
        "ledger": amount_text(ledger),
        "message": message.format_map(told),
        "message_zh": zh.format_map(told),
    }
