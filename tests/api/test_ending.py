"""What runs beside the requests ends with the service, whatever it hears meanwhile."""

import asyncio

import pytest

from service import serving


async def test_a_task_that_hears_of_its_database_instead_of_its_end_is_told_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serving, "CANCEL_AGAIN_SECONDS", 0.01)
    heard: list[str] = []

    async def tidy() -> None:
        while len(heard) < 3:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                heard.append("the connection was lost")
        await asyncio.Event().wait()

    task = asyncio.create_task(tidy())
    await asyncio.sleep(0)
    await serving.ended([task])
    assert task.cancelled()
    assert len(heard) == 3
