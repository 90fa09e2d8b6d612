"""Single events captured in groups: those that come while one group is written make the next.

A commit, and the forty or so statements before it, cost a group little more than one event. Each is answered
after the commit of its group: what was answered is stored, projected and in the next trace. An event that
comes alone is captured at once; a group waits a moment for those who were just answered (`gathering`).

One event never makes another fail, nor wait for long: a group that meets a lock held by somebody else, or any
error, is undone, and its events are captured one by one. What may take long goes by itself at once.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from fastapi import Request

from service.auth.caller import Opener, find_by_key
from service.auth.permissions import Permission
from service.capture.conduct import Single, capture_events
from service.capture.gathering import Gathering
from service.capture.listeners import Warned
from service.capture.own_places import Told, teller
from service.db.transaction import Transaction, transaction
from service.errors import Forbidden, SuyuanError, Unauthenticated, Unavailable
from service.events.identifying import Identified

#: Events of one group.
GROUP_MOST = 64
#: How long a group waits for a lock before it is taken apart.
PATIENCE = "SET LOCAL lock_timeout = '200ms'"
#: Events that are captured by themselves at once, beside the group.
ALONE_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class _Waiting:
    key: str | None
    single: Single
    done: asyncio.Future[tuple[Warned, ...]]


async def _teller(
    tx: Transaction, key: str | None, events: Sequence[Identified]
) -> SuyuanError | Told | None:
    """As which party the owner of a key captures these, None for an operator; or why it is not served."""
    try:
        caller = await find_by_key(tx, key, Permission.CAPTURE)
        return await teller(tx, caller.bound_to, events)
    except (Unauthenticated, Forbidden, Unavailable) as error:
        return error


class Together:
    """What one process captures of single events."""

    def __init__(self, open_tx: Opener) -> None:
        self._open_tx = open_tx
        self._group: deque[_Waiting] = deque()
        self._alone: deque[_Waiting] = deque()
        self._grouped: asyncio.Task[None] | None = None
        self._apart: set[asyncio.Task[None]] = set()
        self._gathering = Gathering()
        self._alarm: asyncio.TimerHandle | None = None

    async def know(self, key: str | None) -> None:
        """Raises `Unauthenticated` for a key that is not known, `Forbidden` for one that may not capture."""
        async with self._open_tx() as tx:
            await find_by_key(tx, key, Permission.CAPTURE)

    async def capture(self, key: str | None, single: Single, *, alone: bool) -> tuple[Warned, ...]:
        """Stores one event for the caller with this API key; after the commit, what they are warned of.

        `alone`: it may take long. Raises as `know`; `Conflict` where its eventID is here with other
        content.
        """
        waiting = _Waiting(key, single, asyncio.get_running_loop().create_future())
        # An error declaration owns the whole ledger for a moment.
        (self._alone if alone or single.item.event.declares_error else self._group).append(waiting)
        self._start()
        return await waiting.done

    def _start(self) -> None:
        if self._grouped is None and self._group and self._is_gathered():
            taken = self._take()
            self._grouped = asyncio.create_task(self._store(taken, patient=False))
            began = asyncio.get_running_loop().time()
            self._grouped.add_done_callback(partial(self._ended, group=taken, began=began))
        while self._alone and len(self._apart) < ALONE_AT_ONCE:
            one = [self._alone.popleft()]
            task = asyncio.create_task(self._store(one, patient=True))
            self._apart.add(task)
            task.add_done_callback(partial(self._ended, group=one))

    def _is_gathered(self) -> bool:
        """Whether the next group begins; else it is looked at when more come, or their time is up."""
        loop, count = asyncio.get_running_loop(), len(self._group)
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        left = self._gathering.left(count, most=GROUP_MOST, now=loop.time())
        if left:
            self._alarm = loop.call_later(left, self._start)
            return False
        self._gathering.begins(count, most=GROUP_MOST)
        return True

    def _take(self) -> list[_Waiting]:
        """The next group: the events that came first, no two of one name."""
        taken: dict[str, _Waiting] = {}
        later: list[_Waiting] = []
        while self._group and len(taken) < GROUP_MOST:
            waiting = self._group.popleft()
            if taken.setdefault(waiting.single.item.event_id, waiting) is not waiting:
                later.append(waiting)
        self._group.extendleft(reversed(later))
        return list(taken.values())

    async def _store(self, group: list[_Waiting], *, patient: bool) -> None:
        """Capture a group in one transaction. `patient`: it may wait for locks, nobody waits behind it."""
        async with self._open_tx() as tx:
            if not patient:
                await tx.sql.execute(PATIENCE)
            tellers = await self._tellers(tx, group)
            outcomes: list[Exception | tuple[Warned, ...]] = [
                teller if isinstance(teller, SuyuanError) else () for teller in tellers
            ]
            wanted = {
                place: replace(group[place].single, told=teller)
                for place, teller in enumerate(tellers)
                if not isinstance(teller, SuyuanError)
            }
            if wanted:
                told = await capture_events(tx, list(wanted.values()))
                for place, became in zip(wanted, told, strict=True):
                    outcomes[place] = became
        for waiting, outcome in zip(group, outcomes, strict=True):
            if waiting.done.done():  # its caller has left
                continue
            if isinstance(outcome, Exception):
                waiting.done.set_exception(outcome)
            else:
                waiting.done.set_result(outcome)

    @staticmethod
    async def _tellers(tx: Transaction, group: Sequence[_Waiting]) -> list[SuyuanError | Told | None]:
        """Who captures each, or why it is not served. One caller's events are looked at together; if refused,
        one by one.
        """
        of: dict[str | None, list[Identified]] = {}
        for waiting in group:
            of.setdefault(waiting.key, []).append(waiting.single.item)
        found = {key: await _teller(tx, key, events) for key, events in of.items()}
        return [
            await _teller(tx, waiting.key, [waiting.single.item])
            if isinstance(found[waiting.key], SuyuanError) and len(of[waiting.key]) > 1
            else found[waiting.key]
            for waiting in group
        ]

    def _ended(self, task: asyncio.Task[None], group: list[_Waiting], began: float | None = None) -> None:
        """`began`: when the group did; None for an event by itself."""
        self._apart.discard(task)
        left = [waiting for waiting in group if not waiting.done.done()]
        error = None if task.cancelled() else task.exception()
        if began is not None:
            self._grouped = None
            now = asyncio.get_running_loop().time()
            self._gathering.answered(len(group) - len(left), waiting=len(self._group), began=began, now=now)
        if error is not None and began is not None:
            self._alone.extend(left)
        else:
            for waiting in left:
                if error is None:
                    waiting.done.cancel()
                else:
                    waiting.done.set_exception(error)
        self._start()


def find_together(request: Request) -> Together:
    """The one of the application."""
    state = request.app.state
    if not hasattr(state, "together"):
        state.together = Together(partial(transaction, state.engine))
    together: Together = state.together
    return together
