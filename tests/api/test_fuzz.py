"""What a random caller meets: a small round of `scripts/fuzz`, the same at every run."""

import asyncio
import json
import random
from collections.abc import Iterator

import pytest

from scripts.fuzzing.drawing import operations
from scripts.fuzzing.known import found
from scripts.fuzzing.runs import run
from scripts.fuzzing.served import Served
from tests.conftest import NUMBERS, TEMPLATE, execute, on_database
from tests.house.interface import SNAPSHOT

#: Paths of the round; all of them take minutes (`scripts/fuzz`).
CHOSEN = 20
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
    document = json.loads(SNAPSHOT.read_text(encoding="utf-8"))
    paths = random.Random(SEED).sample(sorted(document["paths"]), CHOSEN)
    chosen = operations({**document, "paths": {path: document["paths"][path] for path in paths}})
    tally = run(served, chosen, {"operator": roles["operator"]}, known, examples=1, seed=SEED)
    assert not tally.faults, "\n\n".join(
        f"{fault.operation}: {fault.kind}\n{fault.detail[-600:]}\n{fault.request[:300]}"
        for fault in tally.faults.values()
    )
    assert len(tally.requests) == len(chosen) >= CHOSEN
    assert tally.classes()["2xx"] > CHOSEN // 2, "hardly anything was let in, so hardly anything was tried"
