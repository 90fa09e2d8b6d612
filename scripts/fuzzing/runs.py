"""A run: every operation, as every role, for as many requests or as long as wanted."""

from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import Any, Final

import httpx

from scripts.fuzzing.drawing import Case, Known, Operation, draw, faults_of, request_of
from scripts.fuzzing.served import Served
from scripts.fuzzing.told import SHOWN, Fault, Tally

#: Statuses from here on are ours to answer for.
SERVER_FAULT: Final = 500
#: What the service says itself while it has something to wait for, and its interface tells.
MEANT: Final = 503


def run(
    served: Served,
    operations: Sequence[Operation],
    roles: Mapping[str, Mapping[str, str]],
    known: Known,
    *,
    examples: int,
    seed: int,
    until: float | None = None,
    tally: Tally | None = None,
    say: Callable[[str], object] = lambda _text: None,
) -> Tally:
    """Ask each operation as each of the roles (name -> headers). `until`: moment of `monotonic` at which no
    other operation is begun.
    """
    tally = Tally() if tally is None else tally
    for number, operation in enumerate(operations):
        if until is not None and monotonic() > until:
            break
        for role, headers in roles.items():
            _ask_all(served, operation, (role, headers), known, tally, (examples, seed))
        say(f"{number + 1}/{len(operations)} {operation.label}")
    return tally


def _ask_all(
    served: Served,
    operation: Operation,
    caller: tuple[str, Mapping[str, str]],
    known: Known,
    tally: Tally,
    how: tuple[int, int],
) -> None:
    examples, seed = how
    role, headers = caller

    def take(case: Case) -> None:
        request = request_of(case, headers)
        if request is None:
            tally.unsent += 1
            return
        asked = served.ask(request)
        status = asked.answer.status_code if asked.answer is not None else SERVER_FAULT
        tally.count(operation.label, role, status)
        found: list[tuple[str, str]] = []
        if asked.answer is None:
            found.append(("no answer", asked.defect))
        elif status >= SERVER_FAULT and status != MEANT:
            found.append((f"status {status}", asked.answer.text))
        else:
            found += faults_of(case, asked.answer)
        for kind, detail in found:
            tally.blame(Fault(operation.label, role, kind, detail, _told(request), seed))

    draw(operation, examples, seed, known, take)


def _told(request: httpx.Request) -> str:
    body: Any = request.content[:SHOWN]
    kind = request.headers.get("content-type", "")
    return f"{request.method} {request.url}\n{kind}\n{body!r}"
