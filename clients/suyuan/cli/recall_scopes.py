"""The scope of a case on the command line: one set of options for `open` and `preview`."""

from collections.abc import Sequence
from typing import Annotated, Any

from suyuan.cli.directory import Text, option
from suyuan.cli.session import BadInput
from suyuan.cli.texts import text

Batches = Annotated[list[str] | None, option("--batch")]
InputBatch = Annotated[Text, option("--input-batch")]
Units = Annotated[list[str] | None, option("--unit")]
Ranges = Annotated[list[str] | None, option("--units")]
Product = Annotated[Text, option("--product", key="--of-product")]
MadeFrom = Annotated[Text, option("--made-from")]
MadeTo = Annotated[Text, option("--made-to")]
Holding = Annotated[Text, option("--holding")]
AtSite = Annotated[Text, option("--site", key="--at-site")]
#: Between the first and the last unit of a range.
BETWEEN = ".."


def ranges_of(given: Sequence[str] | None) -> list[dict[str, str]]:
    """`FIRST..LAST` each. Raises `BadInput`."""
    ranges: list[dict[str, Any]] = []
    for each in given or ():
        first, between, last = each.partition(BETWEEN)
        if not (first and between and last):
            raise BadInput(text("no parameter", given=each, example="FIRST..LAST"))
        ranges.append({"first": first, "last": last})
    return ranges
