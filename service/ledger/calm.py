"""What all events of a batch are like, and whether parts of it may be projected (`partial.py`). Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from service.ledger.model import Places, Posting, Role, Sites
from service.ledger.steps import Effect, effect_of, known_effect

#: Where nobody is known to run any place: enough for effects that do not depend on it.
NOBODYS = Places(Sites(), {})


class TooFar(Exception):
    """The answer depends on more of the batch than was read."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What all postings of a batch of one role, type, action and step have in common, and what some of them
    are, the new ones among them. `words`: one that is not new names a party.
    """

    role: Role
    type: str
    action: str | None
    step: str | None
    last: datetime
    vague: bool
    negative: bool
    nowhere: bool
    unplaced: bool
    without_origin: bool
    perhaps_foreign: bool
    told_by_parties: bool
    told_by_strangers: bool
    words: bool

    def effect(self) -> Effect | None:
        """As `effect_of`, as far as it does not depend on whose a place is."""
        by_role = {Role.INPUT: Effect.CONSUME, Role.OUTPUT: Effect.PRODUCE, Role.PACKED: Effect.PACK}
        known = by_role.get(self.role) or known_effect(self.step)
        if known is None and self.type == "ObjectEvent":
            known = {"ADD": Effect.PRODUCE, "DELETE": Effect.DESTROY}.get(self.action or "")
        return known


@dataclass(frozen=True, slots=True)
class Calm:
    """A batch of which parts may be projected. `words`: its events name parties; `told`: parties tell them;
    `shipping`, `receiving`: the steps that do; `made_last`: when something was last made.
    """

    words: bool
    told: bool
    shipping: frozenset[str]
    receiving: frozenset[str]
    made_last: datetime | None


def calm(kinds: Iterable[Kind]) -> Calm:
    """What all of a batch's postings are. Raises `TooFar` where one asks for the whole batch."""
    shipping: set[str] = set()
    receiving: set[str] = set()
    made: list[datetime] = []
    all_kinds = list(kinds)
    told = any(kind.told_by_parties for kind in all_kinds)
    for kind in all_kinds:
        if kind.vague or kind.negative or kind.type == "TransactionEvent":
            raise TooFar
        if kind.role is Role.LEFT_BEHIND:
            continue
        effect = kind.effect()
        if effect is None or effect is Effect.VOID_SHIPMENT:
            raise TooFar
        if effect is Effect.SHIP:
            shipping.add(kind.step or "")
            if kind.nowhere or kind.without_origin or kind.perhaps_foreign:
                raise TooFar
        elif effect is Effect.RECEIVE:
            receiving.add(kind.step or "")
        if kind.unplaced and effect not in (Effect.SIGHT, Effect.PACK):
            raise TooFar
        if told and kind.told_by_strangers and effect is not Effect.RECEIVE:
            raise TooFar
        if effect is Effect.PRODUCE:
            made.append(kind.last)
    words = any(kind.words for kind in all_kinds)
    return Calm(words, told, frozenset(shipping), frozenset(receiving), max(made, default=None))


def bound_for(told: Iterable[Posting]) -> set[int]:
    """The places that must be near with these postings: where they let goods come to."""
    there: set[int | None] = set()
    for posting in told:
        entry, effect = posting.entry, effect_of(posting.entry, posting.role, NOBODYS)
        if effect is Effect.SHIP:
            there.add(entry.destination_site)
        elif effect is Effect.RECEIVE:
            there |= {entry.site, entry.read_site, entry.destination_site}
        elif effect is Effect.PRODUCE:
            there |= {entry.site, entry.read_site}
    return {site for site in there if site is not None}
