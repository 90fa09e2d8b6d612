"""Figures of traces drawn: time against affected holdings, and against all flows there are."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from scripts.benches.measuring import Row

FORMATS: Final = ("png", "svg")


def draw(rows: Sequence[Row], beside: Path) -> list[Path]:
    """Draws them next to the JSON file `beside`, under its name; which files. Nothing without traces."""
    walks = [
        row
        for row in rows
        if {"affected", "among flows"} <= row.more.keys() and row.alternative == "one recursive statement"
    ]
    if not walks:
        return []
    figure = Figure(figsize=(12, 5), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    for flows in sorted(set(map(_flows, walks))):
        of_network = sorted((row for row in walks if _flows(row) == flows), key=_affected)
        for what, marker in (("walk", "o"), ("backward", "v"), ("forward", "s")):
            kind = [row for row in of_network if row.what.startswith(what)]
            affected = [*map(_affected, kind)]
            label = f"{what}, {flows:,.0f} flows"
            left.plot(affected, [row.figure for row in kind], marker=marker, label=label)
            if what == "walk":
                beside_it = [row.alternative_figure for row in kind]
                label = f"one statement, {flows:,.0f} flows"
                left.plot(affected, beside_it, linestyle="--", marker=".", label=label)
    forward = [row for row in walks if row.what.startswith("walk")]
    for reached in sorted(set(map(_affected, forward))):
        some = sorted((row for row in forward if _affected(row) == reached), key=_flows)
        label = f"{reached:,.0f} affected"
        right.plot([*map(_flows, some)], [row.figure for row in some], marker="o", label=label)
    for axes, words in ((left, "holdings affected"), (right, "flows in all")):
        axes.set(xscale="log", yscale="log", xlabel=words, ylabel="milliseconds")
        axes.grid(visible=True, which="both", alpha=0.3)
        axes.legend(fontsize="small")
    files = [beside.with_suffix(f".{form}") for form in FORMATS]
    for file in files:
        figure.savefig(file)
    return files


def _affected(row: Row) -> float:
    return row.more["affected"]


def _flows(row: Row) -> float:
    return row.more["among flows"]
