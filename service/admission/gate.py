"""How many requests are under way at once, and who is next: bounded, and fair among callers.

Whoever comes while there is room goes on. Else he waits in the queue of his kind, behind the others of his
own caller: what becomes free goes to the first kind that has room, and within it to the callers by turns. A
queue that is full, or a wait that is too long, ends in a refusal: late is no better than no.
"""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from service.admission.kinds import Kind
from service.errors import Overloaded, TooOften

#: A caller who was refused may try again after so long: by then what was under way has as a rule ended.
AGAIN_SECONDS: Final = 2


@dataclass(frozen=True, slots=True)
class Bounds:
    """Of one kind: requests at once, of one caller, waiting, waiting of one caller, and seconds of waiting.
    `counted`: whether they take of the room of all.
    """

    at_once: int
    of_one: int
    waiting: int
    waiting_of_one: int
    seconds: float
    counted: bool = True


@dataclass(slots=True)
class _Queue:
    """One kind. Callers in the order of their turns; none of them has an empty queue."""

    bounds: Bounds
    inside: int = 0
    waiting: int = 0
    of_callers: Counter[str] = field(default_factory=Counter)
    callers: "OrderedDict[str, deque[asyncio.Future[None]]]" = field(default_factory=OrderedDict)

    def has_room(self, caller: str) -> bool:
        return self.inside < self.bounds.at_once and self.of_callers[caller] < self.bounds.of_one


class Gate:
    """`bounds`: of each kind, whichever has none is not bounded; `at_once`: of all that are counted."""

    def __init__(self, bounds: Mapping[Kind, Bounds], at_once: int) -> None:
        self._queues = {kind: _Queue(bounds[kind]) for kind in sorted(bounds)}
        self._at_once = at_once
        self._inside = 0

    @property
    def inside(self) -> int:
        """Requests under way that take of the room of all."""
        return self._inside

    def waiting(self, kind: Kind) -> int:
        """Requests of a kind that wait."""
        return self._queues[kind].waiting

    def look(self, kind: Kind, caller: str) -> None:
        """Raises what `enter` would raise at once."""
        queue = self._queues.get(kind)
        if queue is None or self._may_go(queue, caller):
            return
        waiting = len(queue.callers.get(caller, ()))
        if waiting >= queue.bounds.waiting_of_one and (waiting or self._is_own(queue, caller)):
            raise _too_many()
        if queue.waiting >= queue.bounds.waiting:
            raise overloaded()

    async def enter(self, kind: Kind, caller: str) -> None:
        """Go in, or wait. Raises `TooOften` for a caller who has too many under way, `Overloaded` where all
        together have. Who is in must `leave`.
        """
        queue = self._queues.get(kind)
        if queue is None:
            return
        if self._may_go(queue, caller):
            self._let_in(queue, caller)
            return
        self.look(kind, caller)
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.callers.setdefault(caller, deque()).append(place)
        queue.waiting += 1
        try:
            async with asyncio.timeout(queue.bounds.seconds):
                await place
        except BaseException as gone:  # the time is up, or the caller has left
            if place.done() and not place.cancelled():
                self.leave(kind, caller)  # it was given a moment ago
            else:
                self._forget(queue, caller, place)
            if not isinstance(gone, TimeoutError):
                raise
            raise (_too_many() if self._is_own(queue, caller) else overloaded()) from None

    def leave(self, kind: Kind, caller: str) -> None:
        """Give the room to the next."""
        queue = self._queues.get(kind)
        if queue is None:
            return
        queue.inside -= 1
        self._inside -= queue.bounds.counted
        queue.of_callers[caller] -= 1
        if not queue.of_callers[caller]:
            del queue.of_callers[caller]
        self._let_next_in()

    def _may_go(self, queue: _Queue, caller: str) -> bool:
        # Who waits here is before: there is room for them only if it is of another caller.
        full = queue.bounds.counted and self._inside >= self._at_once
        return not full and queue.has_room(caller) and caller not in queue.callers

    def _is_own(self, queue: _Queue, caller: str) -> bool:
        return queue.of_callers[caller] >= queue.bounds.of_one

    def _let_in(self, queue: _Queue, caller: str) -> None:
        queue.inside += 1
        self._inside += queue.bounds.counted
        queue.of_callers[caller] += 1

    def _let_next_in(self) -> None:
        for queue in self._queues.values():
            while queue.callers and (not queue.bounds.counted or self._inside < self._at_once):
                caller = next((one for one in queue.callers if queue.has_room(one)), None)
                if caller is None:
                    break
                place = queue.callers[caller].popleft()
                queue.waiting -= 1
                if queue.callers[caller]:
                    queue.callers.move_to_end(caller)
                else:
                    del queue.callers[caller]
                if not place.done():
                    self._let_in(queue, caller)
                    place.set_result(None)

    def _forget(self, queue: _Queue, caller: str, place: "asyncio.Future[None]") -> None:
        places = queue.callers.get(caller)
        if places is None or place not in places:
            return
        places.remove(place)
        queue.waiting -= 1
        if not places:
            del queue.callers[caller]


def overloaded() -> Overloaded:
    """More comes than can be done."""
    return Overloaded(
        "The service has more to do than it can at the moment; nothing was done. Try again shortly.",
        "服务当前繁忙，本次请求未被处理，请稍后重试。",
        AGAIN_SECONDS,
    )


def _too_many() -> TooOften:
    return TooOften(
        "You have too many such requests under way at once; nothing was done with this one. "
        "Wait for one of them.",
        "您同时进行的此类请求过多，本次请求未被处理；请等待其中之一完成后重试。",
        AGAIN_SECONDS,
    )
