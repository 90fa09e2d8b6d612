"""What a random caller meets: a small round of `scripts/fuzz`, the same at every run."""

import asyncio
import random
from collections.abc import Iterator

import pytest

from scripts.fuzzing.drawing import operations
from scripts.fuzzing.known import found
from scripts.fuzzing.runs import run
from scripts.fuzzing.served import Served
from tests.conftest import NUMBERS, TEMPLATE, execute, on_database

#: Operations of the round; all of them take minutes (`scripts/fuzz`).
CHOSEN = 24
SEED = 7


@pytest.fixture
def served(cluster: str) -> Iterator[Served]:
    name = f"test_{next(NUMBERS)}"
    asyncio.run(execute(cluster, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY"))
    try:
        with Served(on_database(cluster, name)) as service:
            yield service
    finally:
        asyncio.run(execute(cluster, f"DROP DATABASE {name} WITH (FORCE)"))


def test_no_request_that_the_document_allows_or_not_finds_a_fault_or_an_answer_untold(served: Served) -> None:
    roles, known = served.wait(found(served))
    every = operations(served.app.openapi())
    chosen = random.Random(SEED).sample(every, CHOSEN)
    tally = run(served, chosen, {"operator": roles["operator"]}, known, examples=1, seed=SEED)
    assert not tally.faults, "\n\n".join(
        f"{fault.operation}: {fault.kind}\n{fault.detail[-600:]}\n{fault.request[:300]}"
        for fault in tally.faults.values()
    )
    assert len(tally.requests) == CHOSEN
    assert tally.classes()["2xx"] > CHOSEN // 2, "hardly anything was let in, so hardly anything was tried"
