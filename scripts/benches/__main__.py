"""`python -m scripts.benches`: measure the areas asked for, print the table, write it as JSON."""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import asyncpg

from scripts.benches import (
    capture_rows,
    filing_rows,
    growth_rows,
    overload_rows,
    query_rows,
    scan_rows,
    serial_rows,
    storage_rows,
    trace_rows,
)
from scripts.benches.databases import Bench, prepared, server_version
from scripts.benches.measuring import Row, Size
from scripts.benches.plots import FORMATS, draw
from scripts.benches.printing import machine, print_table, write_json
from service.errors import SuyuanError

DESCRIPTION: Final = (
    "Measures the service, each figure beside a named alternative of the same run; docs/performance.md says "
    "how to read them. On a PostgreSQL of its own, or in databases of its own on the server of DATABASE_URL."
)
#: Exit status after Ctrl-C, as shells have it.
BROKEN_OFF: Final = 130

#: In the order of the table.
AREAS: dict[str, Callable[[Bench], AsyncIterator[Row]]] = {
    "capture": capture_rows.rows,
    "filing": filing_rows.rows,
    "growth": growth_rows.rows,
    "overload": overload_rows.rows,
    "query": query_rows.rows,
    "scan": scan_rows.rows,
    "serial": serial_rows.rows,
    "storage": storage_rows.rows,
    "trace": trace_rows.rows,
}


async def measure(bench: Bench, areas: Sequence[str]) -> list[Row]:
    """The rows of these areas, told as they come."""
    rows: list[Row] = []
    for area in areas:
        sys.stderr.write(f"{area} …\n")
        async for row in AREAS[area](bench):
            ratio = "" if row.ratio is None else f", {row.ratio:.3g} of {row.alternative}"
            sys.stderr.write(f"  {row.what}: {row.figure:.4g} {row.unit}{ratio}\n")
            rows.append(row)
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the benches. Ctrl-C and SIGTERM end them, and what they began goes with them."""
    told = _understood(arguments)
    # As Ctrl-C: databases, services and directories of the run are taken away on the way out.
    # In the background Ctrl-C is ignored, and would be in its place too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda _number, _frame: signal.raise_signal(signal.SIGINT))
    date = datetime.now(UTC).date().isoformat()
    try:
        with prepared(told.size, told.database_url, told.keep) as bench:
            on = machine(asyncio.run(server_version(bench.dsn)))
            rows = asyncio.run(measure(bench, [area for area in AREAS if area in told.only]))
    except KeyboardInterrupt:
        sys.stderr.write("Broken off, and cleared away.\n")
        sys.exit(BROKEN_OFF)
    except SuyuanError as error:
        sys.exit(f"scripts/bench: {error.message}")
    where = f"{on['processor']}, {on['cores']} cores, PostgreSQL {on['postgresql']}, Python {on['python']}"
    print_table(rows, f"Suyuan bench, size {told.size.value}, {date}; {where}")
    if told.json is not None:
        write_json(rows, told.size, on, date, told.json)
        draw(rows, told.json)


def _understood(arguments: Sequence[str] | None) -> argparse.Namespace:
    """What is asked for; ends with 2 and a word on why where that cannot be, before any work is done."""
    parser = argparse.ArgumentParser("scripts/bench", description=DESCRIPTION)
    # Not as `Size`: its name would stand in the complaint.
    sizes = [size.value for size in Size]
    parser.add_argument(
        "--size", choices=sizes, default=Size.SMALL.value, help="how much work; default small"
    )
    parser.add_argument(
        "--only",
        nargs="+",
        choices=AREAS,
        default=list(AREAS),
        metavar="AREA",
        help=f"of {', '.join(AREAS)}; default all",
    )
    parser.add_argument(
        "--json",
        type=Path,
        metavar="FILE",
        help="the rows for machines; figures of traces are drawn beside it",
    )
    parser.add_argument(
        "--keep",
        type=Path,
        metavar="DIRECTORY",
        help="keep PostgreSQL and its networks here for the next run; remove it yourself",
    )
    told = parser.parse_args(arguments)
    told.size = Size(told.size)
    told.database_url = os.environ.get("DATABASE_URL") or os.environ.get("SUYUAN_DATABASE_URL")
    if told.json is not None and (wrong := _unwritable(told.json)):
        parser.error(f"argument --json: {told.json}: {wrong}")
    if told.keep is not None:
        if told.database_url:
            parser.error("argument --keep: DATABASE_URL names a server, which keeps nothing of a run")
        if told.keep.exists() and not told.keep.is_dir():
            parser.error(f"argument --keep: {told.keep} is no directory")
    if told.database_url:
        try:
            asyncio.run(
                server_version(told.database_url.replace("postgresql+asyncpg://", "postgresql://", 1))
            )
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            parser.error(f"DATABASE_URL: this server does not answer: {error}")
    return told


def _unwritable(file: Path) -> str | None:
    """Why nothing can be written there; half an hour later it would be too late."""
    if file.suffix.removeprefix(".") in FORMATS:
        return "the plots get this name"
    new = not file.exists()
    try:
        file.open("a").close()
    except OSError as error:
        return error.strerror
    if new:
        file.unlink()
    return None


if __name__ == "__main__":
    main()
