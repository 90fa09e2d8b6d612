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

from service.auth.caller import Caller, Opener, find_by_key, find_by_keys
from service.auth.permissions import Permission
from service.capture.conduct import Single, capture_events
from service.capture.gathering import Gathering
from service.capture.listeners import Warned
from service.capture.own_places import Told, tellers
from service.db.transaction import Transaction, transaction
from service.errors import SuyuanError

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
            told_by = await self._tellers(tx, group)
            outcomes: list[Exception | tuple[Warned, ...]] = [
                teller if isinstance(teller, SuyuanError) else () for teller in told_by
            ]
            wanted = {
                place: replace(group[place].single, told=teller)
                for place, teller in enumerate(told_by)
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
        """Who captures each (None: an operator), or why it is not served. The database is asked once for all
        what it is to say of keys, places and products.
        """
        keys = list(dict.fromkeys(waiting.key for waiting in group))
        callers = await find_by_keys(tx, keys, Permission.CAPTURE)
        known = [
            (caller.bound_to, waiting.single.item)
            for waiting in group
            if isinstance(caller := callers[waiting.key], Caller)
        ]
        told = iter(await tellers(tx, known))
        return [
            next(told) if isinstance(caller := callers[waiting.key], Caller) else caller for waiting in group
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
