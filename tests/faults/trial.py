"""One fault, tried: load, the fault, well again, checked, everything sent again, checked again."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from time import monotonic

import asyncpg

from tests.faults.checker import Verdict, check_derived, check_stored, check_told
from tests.faults.faults import Fault
from tests.faults.load import PAUSE_SECONDS, Load
from tests.faults.scene import Scene
from tests.faults.wishes import Wish

#: So much is acknowledged before the fault, that more is under way.
FIRST = 12
#: What is not well by then never will be; no measure of speed.
WELL_SECONDS = 120.0
#: Of those that were acknowledged so many are sent again as well; so many are sent at once.
KNOWN = 20
AT_ONCE = 8
#: How long callers go on once all is well.
AFTER_SECONDS = 0.3
#: How a service logs a defect, and lines of its stack that are told.
DEFECT = "Exception in ASGI application"
STACK_SHOWN = 12
FIND_CASE = "SELECT id FROM recall WHERE title_en = $1"


@dataclass
class Row:
    """What the runs of one fault came to. `seconds`: from the end of the fault to the first acknowledged
    capture and checked scan.
    """

    fault: str
    runs: int = 0
    wanted: int = 0
    acknowledged: int = 0
    unavailable: int = 0
    scans: int = 0
    not_checked: int = 0
    twice: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    halved: list[str] = field(default_factory=list)
    untold: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @property
    def is_well(self) -> bool:
        """Whether nothing was wrong in any run."""
        return not self.amiss

    @property
    def amiss(self) -> list[str]:
        """All that was wrong."""
        return self.lost + self.doubled + self.halved + self.untold + self.wrong

    def add(self, verdict: Verdict) -> None:
        """What a check found."""
        self.lost += verdict.lost
        self.doubled += verdict.doubled
        self.halved += verdict.halved
        self.untold += verdict.untold


async def try_faults(
    scene: Scene, faults: Sequence[Fault], row: Row, seconds: float, pause: float = PAUSE_SECONDS
) -> None:
    """One run: these faults one after the other under one load. What it came to is added to the row."""
    async with scene.client() as client:
        lost = any(fault.ends_service for fault in faults)
        load = Load(scene, client, lost_connections=lost, pause=pause)
        wishes = load.wishes
        async with load.running():
            for fault in faults:
                await _until_more(load)
                await fault.strike(scene, seconds)
                mended = monotonic()
                await _until_well(load)
                row.seconds.append(monotonic() - mended)
            await asyncio.sleep(AFTER_SECONDS)
        row.runs += 1
        row.wanted += len(wishes.all)
        row.acknowledged += wishes.acknowledged
        row.unavailable += wishes.unavailable
        row.scans += wishes.scans
        row.not_checked += wishes.not_checked
        verdict = Verdict()
        await check_stored(load, verdict, everything=False)
        await send_again(load)
        await check_stored(load, verdict, everything=True)
        await check_told(load, verdict)
        row.twice += verdict.twice
        row.add(verdict)
        row.wrong += wishes.wrong


async def check_in_the_end(scene: Scene, row: Row) -> None:
    """What is looked at once for all runs on a scene."""
    verdict = Verdict()
    await check_derived(scene, verdict)
    row.add(verdict)
    row.wrong += [defect for one in scene.services for defect in defects(one.lines)]


def defects(log: Sequence[str]) -> list[str]:
    """Of each defect that a service has logged, where it came from."""
    found, lines = [], iter(log)
    for line in lines:
        if DEFECT in line:
            stack = list(takewhile(lambda said: not said[:2].isdigit(), lines))
            found.append("defect: " + " <- ".join(stack[: -STACK_SHOWN - 1 : -1]))
    return found


async def send_again(load: Load) -> None:
    """Callers who do not know what became of theirs send it again, and some who do know send it too."""
    known = [wish for wish in load.wishes.of("document", "event", "unit") if wish.acknowledged][:KNOWN]

    async def send(wish: Wish) -> None:
        if wish.kind == "case" and await _is_there(load.scene, wish.about):
            wish.acknowledged = True
            return
        await load.post(wish)
        if wish.is_open or (wish.refused and wish in known):
            load.wishes.wrong.append(f"{wish.kind} {wish.name}, sent again, is not settled")

    again = [wish for wish in load.wishes.all if wish.is_open or wish in known]
    for first in range(0, len(again), AT_ONCE):
        await asyncio.gather(*(send(wish) for wish in again[first : first + AT_ONCE]))


async def _is_there(scene: Scene, title: str) -> bool:
    """A caller looks before opening a case once more."""
    connection = await asyncpg.connect(scene.dsn)
    try:
        return await connection.fetchval(FIND_CASE, title) is not None
    finally:
        await connection.close()


async def _until_well(load: Load) -> None:
    """Until a capture is acknowledged and a look at a code is checked."""
    give_up_at = monotonic() + WELL_SECONDS
    while not await load.probe():
        if monotonic() > give_up_at:
            raise AssertionError("never well again: " + "\n".join(load.scene.service.lines[-20:]))
        await asyncio.sleep(0.02)


async def _until_more(load: Load) -> None:
    """Until callers are well at work."""
    enough, give_up_at = load.wishes.acknowledged + FIRST, monotonic() + WELL_SECONDS
    while load.wishes.acknowledged < enough:
        if monotonic() > give_up_at:
            raise AssertionError("the load does not come on")
        await asyncio.sleep(0.01)
