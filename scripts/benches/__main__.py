"""`python -m scripts.benches`: measure the areas asked for, print the table, write it as JSON."""

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

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
from scripts.benches.plots import draw
from scripts.benches.printing import machine, print_table, write_json

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
    """Runs the benches."""
    parser = argparse.ArgumentParser("scripts/bench", description=__doc__)
    parser.add_argument("--size", type=Size, choices=list(Size), default=Size.SMALL)
    parser.add_argument("--only", nargs="+", choices=AREAS, default=list(AREAS), metavar="AREA")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument(
        "--keep",
        type=Path,
        metavar="DIRECTORY",
        help="keep PostgreSQL and its networks here for the next run",
    )
    told = parser.parse_args(arguments)
    date = datetime.now(UTC).date().isoformat()
    database_url = os.environ.get("DATABASE_URL") or os.environ.get("SUYUAN_DATABASE_URL")
    with prepared(told.size, database_url, told.keep) as bench:
        on = machine(asyncio.run(server_version(bench.dsn)))
        rows = asyncio.run(measure(bench, [area for area in AREAS if area in told.only]))
    where = f"{on['processor']}, {on['cores']} cores, PostgreSQL {on['postgresql']}, Python {on['python']}"
    print_table(rows, f"Suyuan bench, size {told.size.value}, {date}; {where}")
    if told.json is not None:
        write_json(rows, told.size, on, date, told.json)
        draw(rows, told.json)


if __name__ == "__main__":
    main()
