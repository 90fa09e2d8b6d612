"""What a notice says, frozen as it was: the case, and the reader's own goods by batch and place. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

Row = Mapping[str, Any]

#: What is told of goods, in this order. `coming`: on the way there.
STATES: Final = ("produced", "received", "shipped", "sold", "on_hand", "coming")


@dataclass(frozen=True, slots=True, order=True)
class Reader:
    """Whom a notice is for: a party, or a place of which nobody knows who runs it."""

    party_id: int = 0
    site_id: int = 0


@dataclass(slots=True)
class Goods:
    """What one reader has of the case. `lines`: batch -> what is told of it."""

    reader: Reader
    lines: dict[int, dict[str, Any]] = field(default_factory=dict)


def amount_text(quantity: Decimal) -> str:
    """A quantity without trailing zeros, never in powers of ten."""
    return f"{quantity.normalize():f}"


def goods_by_reader(rows: Iterable[Row]) -> list[Goods]:
    """Rows of `holdings.sql` for each who is to be told, in the order of parties, then places: only their
    own batches and quantities. Several places of one party are one reader.
    """
    found: dict[Reader, Goods] = {}
    for row in rows:
        reader = Reader(party_id=row["party_id"]) if row["party_id"] else Reader(site_id=row["site_id"])
        goods = found.setdefault(reader, Goods(reader))
        line = goods.lines.setdefault(row["batch_id"], _line_of(row))
        sites: list[dict[str, Any]] = line["sites"]
        if not sites or sites[-1]["site_id"] != row["site_id"]:
            sites.append(_site_of(row))
        if row["uom"] is not None:
            told = {name: row[name] for name in STATES}
            sites[-1]["quantities"].append({"uom": row["uom"]} | _texts(told))
            total = line["totals"].setdefault(row["uom"], dict.fromkeys(STATES, Decimal(0)))
            for name in STATES:
                total[name] += told[name]
    for goods in found.values():
        for line in goods.lines.values():
            totals = line.pop("totals")
            line["quantities"] = [{"uom": uom} | _texts(total) for uom, total in sorted(totals.items())]
    return [found[reader] for reader in sorted(found)]


def _texts(quantities: Mapping[str, Decimal]) -> dict[str, str]:
    """What there is any of; what is on hand also where it is nothing."""
    return {
        name: amount_text(quantity) for name, quantity in quantities.items() if quantity or name == "on_hand"
    }


def _line_of(row: Row) -> dict[str, Any]:
    names = ("batch_id", "batch_uri", "lot", "gtin", "product_zh", "product_en", "units_only")
    return {name: row[name] for name in names} | {"totals": {}, "sites": []}


def _site_of(row: Row) -> dict[str, Any]:
    told = {
        "site_id": row["site_id"],
        "name_zh": row["site_zh"],
        "name_en": row["site_en"],
        "uri": row["site_uri"],
        "region": row["region"],
    }
    return told | {"quantities": []}


def notice_content(
    case: Mapping[str, Any],
    lines: Sequence[Mapping[str, Any]],
    *,
    answer_by: datetime | None,
    **more: Any,
) -> dict[str, Any]:
    """The content of a notice: `recall`, `lines`, `answer_by`, and what is said besides."""
    told = {"recall": dict(case), "lines": list(lines)}
    return told | {"answer_by": answer_by.isoformat() if answer_by else None} | more
