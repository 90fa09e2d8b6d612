"""What pages of one batch have in common, read by `cards.look_up` and kept for as long as it holds.

It holds while the versions of the rows it was made of are those that the code's own check finds
(`plain_lots.sql`), and while its journey is kept (`trail.KEPT_FOR`). Whether a recall, a failed test or a
sale stands against the code is no part of it: that is asked at each scan.
"""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from starlette.datastructures import State

from service.auth.caller import Opener
from service.db.failures import FAILURES
from service.identifiers.identity import Identity, Kind
from service.scan.cards import Card, look_up
from service.scan.page_forms import Form
from service.scan.patience import within_patience
from service.scan.plain_codes import LOOK_UP_SECONDS
from service.scan.producer_links import links_shown
from service.scan.trail import Kept, Trail
from service.scan.verdict import Verdict

PARTS_MOST: Final = 2_000
#: Of one batch: languages, lot or unit, days, expired or not, and whether the unit went a way of its own.
FORMS_MOST: Final = 12
#: Nothing more than what is on the label is said of these.
PLAIN: Final = frozenset({Verdict.NO_RECALL_KNOWN, Verdict.EXPIRED})

#: Batch, and the path of the link up to its lot.
Key = tuple[int, str]


@dataclass(slots=True)
class BatchPart:
    """The card of a batch. `version`: of `plain_lots.sql`; `forms`: pages made of it."""

    version: str
    card: Card
    trail: Trail
    forms: dict[tuple[object, ...], Form] = field(default_factory=dict)


class BatchParts:
    """Those read lately; the oldest make room. `open_tx`: opens transactions; `trails`: read before."""

    def __init__(self, open_tx: Opener, trails: Kept) -> None:
        self._open_tx = open_tx
        self._trails = trails
        self._kept: dict[Key, BatchPart] = {}
        self._reading: dict[tuple[Key, str], asyncio.Task[BatchPart | None]] = {}

    def at_hand(self, key: Key, version: str, now: datetime) -> BatchPart | None:
        """The part of a batch whose rows have this version, if it was read and holds."""
        part = self._kept.get(key)
        if part is None or part.version != version or part.trail is not self._trails.find((key[0],), now):
            return None
        return part

    async def find(self, key: Key, batch: Identity, version: str, now: datetime) -> BatchPart | None:
        """The part of a batch whose rows have this version; None if it cannot be read, or is not plain."""
        part = self.at_hand(key, version, now)
        if part is not None:
            return part
        # Whoever finds the same version waits for the same reading: it began after the version was found.
        task = self._reading.get((key, version))
        if task is None:
            task = asyncio.create_task(self._read(key, batch, version, now))
            self._reading[key, version] = task
            task.add_done_callback(lambda _: self._reading.pop((key, version), None))
        done, _ = await asyncio.wait({task}, timeout=LOOK_UP_SECONDS)
        return task.result() if done else None

    async def _read(self, key: Key, batch: Identity, version: str, now: datetime) -> BatchPart | None:
        try:
            card = await within_patience(self._look_up(key[1], batch, now))
        except FAILURES:
            return None
        trail = self._trails.find((key[0],), now)
        if batch.kind is not Kind.BATCH or card.facts.get("batch_id") != key[0] or trail is None:
            return None
        if not PLAIN.issuperset(card.verdicts):
            return None
        before = self._kept.pop(key, None)
        while len(self._kept) >= PARTS_MOST:
            del self._kept[next(iter(self._kept))]
        part = self._kept[key] = BatchPart(version, card, trail)
        if before is not None and before.trail == trail and replace(before.card, checked_at=now) == card:
            part.forms = before.forms
        return part

    async def _look_up(self, path: str, batch: Identity, now: datetime) -> Card:
        async with self._open_tx() as tx:
            card = await look_up(tx, batch, now, self._trails)
            return replace(card, links=await links_shown(tx, path))


def kept_trails(state: State) -> Kept:
    """The trails that an application has read lately. `state`: of the application."""
    if not hasattr(state, "trails"):
        state.trails = Kept()
    kept: Kept = state.trails
    return kept
