"""Questions asked together: each is answered once, with its own answer, whatever becomes of the others."""

import asyncio
import random
from collections.abc import Mapping, Sequence

import pytest

from service.scan.together import AT_ONCE, WAITING_MOST, Together

Tasks = set[asyncio.Task[object]]


@pytest.fixture
async def others() -> Tasks:
    """Tasks that were there before: what other tests share."""
    return asyncio.all_tasks()


async def all_told(others: Tasks) -> None:
    """Wait for whoever asks and tells."""
    while work := asyncio.all_tasks() - others - {asyncio.current_task()}:
        await asyncio.wait(work)


@pytest.mark.parametrize("seed", range(4))
async def test_each_question_is_told_its_own_answer_once(seed: int, others: Tasks) -> None:
    chance = random.Random(seed)
    told: dict[int, list[int | None]] = {}
    failed: set[int] = set()

    async def ask(questions: Sequence[int]) -> Mapping[int, int]:
        assert len(questions) <= AT_ONCE
        for _ in range(chance.randrange(4)):
            await asyncio.sleep(0)
        if chance.random() < 0.2:
            failed.update(questions)
            raise ConnectionError
        return {place: 2 * one for place, one in enumerate(questions, 1) if one % 7}

    together: Together[int, int] = Together(ask)
    asked = 0
    for _ in range(60):
        for _ in range(chance.choice((0, 1, 3, 40, 300))):
            asked += 1
            together.ask(asked, told.setdefault(asked, []).append)
        await asyncio.sleep(0)
    await all_told(others)
    for one, answers in told.items():
        assert answers == [2 * one if one % 7 and one not in failed else None]
    assert await together.find(1) in (2, None)


async def test_nobody_waits_for_ever_where_asking_ends_early_or_too_many_wait(others: Tasks) -> None:
    told: list[object] = []
    begun = asyncio.Event()

    async def ask(_questions: Sequence[int]) -> Mapping[int, int]:
        begun.set()
        await asyncio.Event().wait()
        return {}

    together: Together[int, int] = Together(ask)
    together.ask(0, told.append)
    await begun.wait()
    for number in range(WAITING_MOST + 1):
        together.ask(number, told.append)
    assert told == [None]
    for task in asyncio.all_tasks() - others - {asyncio.current_task()}:
        task.cancel()
    await all_told(others)
    assert told == [None] * (WAITING_MOST + 2)
