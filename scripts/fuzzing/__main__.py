"""`python -m scripts.fuzzing`: ask everything, print what became of it."""

import argparse
import asyncio
import random
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import monotonic

from scripts.fuzzing.drawing import operations
from scripts.fuzzing.known import found
from scripts.fuzzing.runs import run
from scripts.fuzzing.served import Served
from scripts.fuzzing.told import Tally, print_table, write_json
from service.db.embedded import EmbeddedPostgres
from service.db.migrate import upgrade
from tests.conftest import FAST, execute, on_database


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs; ends with 1 where anything is wrong."""
    parser = argparse.ArgumentParser("scripts/fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, help="rounds with other seeds until then")
    parser.add_argument("--examples", type=int, default=20, help="requests per operation and role, twice")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", metavar="TEXT", help="operations whose name holds this")
    parser.add_argument("--roles", nargs="+", default=["operator", "party", "stranger"])
    parser.add_argument("--json", type=Path, metavar="FILE")
    asked = parser.parse_args(arguments)
    until = None if asked.seconds is None else monotonic() + asked.seconds
    with tempfile.TemporaryDirectory(prefix="suyuan-fuzz-") as place:
        settings = {**FAST, "shared_buffers": "64MB"}
        with EmbeddedPostgres(Path(place), settings, say=lambda _line: None) as dsn:
            asyncio.run(execute(dsn, "CREATE DATABASE fuzzed"))
            database = on_database(dsn, "fuzzed")
            upgrade(database)
            with Served(database) as served:
                tally = _rounds(served, asked, until)
    print_table(tally, f"Suyuan, from its OpenAPI document, seed {asked.seed}")
    if asked.json is not None:
        write_json(tally, asked.json)
    sys.exit(bool(tally.faults))


def _rounds(served: Served, asked: argparse.Namespace, until: float | None) -> Tally:
    everybody, known = served.wait(found(served))
    roles = {name: everybody[name] for name in asked.roles}
    chosen = operations(served.app.openapi(), asked.only)
    tally, seed = Tally(), asked.seed
    while True:
        run(
            served,
            random.Random(seed).sample(chosen, len(chosen)),
            roles,
            known,
            examples=asked.examples,
            seed=seed,
            until=until,
            tally=tally,
            say=lambda text: sys.stderr.write(f"\r{text[:100]:100}"),
        )
        seed += 1
        if until is None or monotonic() > until:
            sys.stderr.write("\n")
            return tally


if __name__ == "__main__":
    main()
