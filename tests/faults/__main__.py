"""`python -m tests.faults`: try faults, print the table, write it as JSON."""

import argparse
import asyncio
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import httpx

from service.db.failures import FAILURES
from tests.faults.earlier import NoHistory, commit_before
from tests.faults.faults import FAULTS, Fault
from tests.faults.scene import scene
from tests.faults.trial import Row, check_in_the_end, try_faults

#: What ends a run before its end.
BROKEN: tuple[type[Exception], ...] = (AssertionError, httpx.HTTPError, *FAILURES)
#: Runs on one scene at most: what is known of them is kept when it ends.
ON_ONE_SCENE = 5
#: Exit status of a run that SIGTERM has ended.
ENDED = 128 + signal.SIGTERM
#: Different things wrong of one fault that are told of each kind.
SHOWN = 10
HEAD = (
    "| fault | runs | wanted | acknowledged | 503 | lost | doubled | halved | untold | wrong "
    "| well again, s |"
)


async def run(fault: Fault, runs: int, seconds: float, row: Row) -> None:
    """So many runs of a fault on a scene of their own, added to its row; whatever breaks it off is wrong.
    SIGTERM ends the run, and with it what it has started.
    """
    running = asyncio.current_task()
    assert running is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
    try:
        async with scene(**fault.needs) as where:
            for _ in range(runs):
                await try_faults(where, [fault], row, seconds)
            await check_in_the_end(where, row)
    except BROKEN as error:
        row.runs += 1
        row.wrong.append(f"broken off: {type(error).__name__}: {error}")


def cannot(fault: Fault) -> str:
    """Why a fault cannot be tried here; nothing where it can."""
    if fault.needs.get("small_disk") and os.geteuid() != 0:
        return "only root can make a small disk"
    try:
        if earlier := fault.needs.get("earlier"):
            commit_before(earlier)
    except NoHistory as why:
        return str(why)
    return ""


def read(file: Path | None) -> dict[str, Row]:
    """The rows of a file that an earlier call has written."""
    if file is None or not file.exists():
        return {}
    return {told["fault"]: Row(**told) for told in json.loads(file.read_text("utf-8"))}


def keep(file: Path | None, rows: dict[str, Row]) -> None:
    """Write them, so that what follows may be broken off."""
    if file is not None:
        new = file.with_suffix(".new")
        told = [asdict(row) for row in rows.values()]
        new.write_text(json.dumps(told, ensure_ascii=False, indent=1), "utf-8")
        new.replace(file)


def line(row: Row) -> str:
    """A row as Markdown."""
    waits = sorted(row.seconds)
    well = f"{waits[len(waits) // 2]:.1f} to {waits[-1]:.1f}" if waits else "-"
    counts = (row.lost, row.doubled, row.halved, row.untold, row.wrong)
    told = " | ".join(str(len(count)) for count in counts)
    head = f"{row.fault} | {row.runs} | {row.wanted} | {row.acknowledged} | {row.unavailable}"
    return f"| {head} | {told} | {well} |"


def tell(row: Row) -> None:
    """A row, and what was wrong in it, the most frequent first."""
    sys.stderr.write(line(row) + "\n")
    for what in ("lost", "doubled", "halved", "untold", "wrong"):
        for said, times in Counter(getattr(row, what)).most_common(SHOWN):
            sys.stderr.write(f"    {what}: {said} ({times})\n")


def main(arguments: Sequence[str] | None = None) -> None:
    """Tries the faults."""
    parser = argparse.ArgumentParser("scripts/faults", description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0, help="how long a fault lasts")
    parser.add_argument("--only", nargs="+", metavar="WORDS", default=[""], help="faults with these words")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="where rows are kept; what it holds is not run again"
    )
    parser.add_argument("--list", action="store_true", help="the faults there are")
    told = parser.parse_args(arguments)
    names = [name for name in FAULTS if any(words in name for words in told.only)]
    if told.list:
        sys.stdout.write("".join(f"{name}\n" for name in names))
        return
    rows = read(told.json)
    for name in names:
        fault = FAULTS[name]
        if why := cannot(fault):
            sys.stderr.write(f"{name}: LEFT OUT, {why}\n")
            continue
        row = rows.setdefault(name, Row(name))
        while row.runs < told.runs:
            sys.stderr.write(f"{name}, {row.runs} of {told.runs} …\n")
            runs = 1 if fault.once else min(ON_ONE_SCENE, told.runs - row.runs)
            try:
                asyncio.run(run(fault, runs, told.seconds, row))
            except asyncio.CancelledError:
                raise SystemExit(ENDED) from None
            keep(told.json, rows)
        tell(row)
    load = os.getloadavg()[0]
    sys.stdout.write(
        f"{HEAD}\n|---|{'---:|' * 10}\n"
        + "\n".join(map(line, rows.values()))
        + f"\n\nload average {load:.1f}\n"
    )
    if not all(row.is_well for row in rows.values()):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
