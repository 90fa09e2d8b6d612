"""`python -m tests.faults`: try faults, print the table, write it as JSON."""

import argparse
import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tests.faults.faults import FAULTS
from tests.faults.scene import scene
from tests.faults.trial import Row, check_in_the_end, try_faults

#: Different things wrong of one fault that are told of each kind.
SHOWN = 10
HEAD = (
    "| fault | runs | wanted | acknowledged | 503 | lost | doubled | halved | untold | wrong "
    "| well again, s |"
)


async def run(name: str, runs: int, seconds: float) -> Row:
    """All runs of one fault, on a scene of its own, or on one for each where it happens once."""
    fault, row = FAULTS[name], Row(name)
    for on_one in [1] * runs if fault.once else [runs]:
        async with scene(**fault.needs) as where:
            for _ in range(on_one):
                await try_faults(where, [fault], row, seconds)
            await check_in_the_end(where, row)
    return row


def line(row: Row) -> str:
    """A row as Markdown."""
    waits = sorted(row.seconds)
    well = f"{waits[len(waits) // 2]:.1f} to {waits[-1]:.1f}" if waits else "-"
    counts = (row.lost, row.doubled, row.halved, row.untold, row.wrong)
    told = " | ".join(str(len(count)) for count in counts)
    head = f"{row.fault} | {row.runs} | {row.wanted} | {row.acknowledged} | {row.unavailable}"
    return f"| {head} | {told} | {well} |"


def main(arguments: Sequence[str] | None = None) -> None:
    """Tries the faults."""
    parser = argparse.ArgumentParser("scripts/faults", description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0, help="how long a fault lasts")
    parser.add_argument("--only", nargs="+", metavar="WORDS", default=[""], help="faults with these words")
    parser.add_argument("--json", type=Path, metavar="FILE")
    told = parser.parse_args(arguments)
    rows = []
    for name in FAULTS:
        if not any(words in name for words in told.only):
            continue
        if FAULTS[name].needs.get("small_disk") and os.geteuid() != 0:
            sys.stderr.write(f"{name}: LEFT OUT, only root can make a small disk\n")
            continue
        sys.stderr.write(f"{name} …\n")
        row = asyncio.run(run(name, told.runs, told.seconds))
        rows.append(row)
        sys.stderr.write(line(row) + "\n")
        for what in ("lost", "doubled", "halved", "untold", "wrong"):
            for said, times in Counter(getattr(row, what)).most_common(SHOWN):
                sys.stderr.write(f"    {what}: {said} ({times})\n")
    load = os.getloadavg()[0]
    sys.stdout.write(
        f"{HEAD}\n|---|{'---:|' * 10}\n" + "\n".join(map(line, rows)) + f"\n\nload average {load:.1f}\n"
    )
    if told.json is not None:
        told.json.write_text(json.dumps([asdict(row) for row in rows], ensure_ascii=False, indent=1))
    if not all(row.is_well for row in rows):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
