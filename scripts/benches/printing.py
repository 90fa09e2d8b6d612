"""The rows of a run as a table for people and as JSON for machines."""

import json
import os
import platform
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from scripts.benches.measuring import Row, Size

CPU_INFO = Path("/proc/cpuinfo")


def machine(postgres: str) -> dict[str, str | int]:
    """What a run was measured on."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count() or 1,
        "python": platform.python_version(),
        "postgresql": postgres,
    }


def _processor() -> str:
    if CPU_INFO.exists():
        for line in CPU_INFO.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def print_table(rows: Sequence[Row], title: str) -> None:
    """The table, on standard output."""
    table = Table(
        "what", "figure", "beside it", "ratio", "target", "reached", title=title, title_justify="left"
    )
    for column in (1, 3, 4):
        table.columns[column].justify = "right"
    area = None
    for row in rows:
        if area not in (None, row.area):
            table.add_section()
        area = row.area
        beside = "" if row.alternative_figure is None else f"{number(row.alternative_figure)} {row.unit}: "
        reached = {None: "", True: "yes", False: "NO"}[row.reached]
        more = "".join(f"\n{name} {number(value)}" for name, value in row.more.items())
        table.add_row(
            f"{row.area}: {row.what}",
            f"{number(row.figure)} {row.unit}{more}",
            beside + (row.alternative or ""),
            "" if row.ratio is None else f"{row.ratio:.3g}",
            "" if row.target is None else str(row.target),
            reached,
        )
    width = None if Console().is_terminal else 150
    Console(width=width).print(table)


def number(value: float) -> str:
    """Three digits that count, whole numbers whole."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def write_json(rows: Sequence[Row], size: Size, on: dict[str, str | int], date: str, file: Path) -> None:
    """The same for machines."""
    told = [
        {
            "area": row.area,
            "what": row.what,
            "figure": row.figure,
            "unit": row.unit,
            "alternative": row.alternative,
            "alternative_figure": row.alternative_figure,
            "ratio": row.ratio,
            "target": None if row.target is None else str(row.target),
            "reached": row.reached,
            "more": row.more,
        }
        for row in rows
    ]
    document = {"date": date, "size": size.value, "machine": on, "rows": told}
    file.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
