"""A case in the form of openFDA's enforcement records (api.fda.gov): one record for each product. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from service.scan.label import told_in
from service.scan.pages import serial_text
from service.scan.regions import city_code, region_name

CLASSES: Final = {1: "Class I", 2: "Class II", 3: "Class III"}
STATUSES: Final = {
    "assessing": "Pending",
    "open": "Ongoing",
    "completed": "Completed",
    "closed": "Terminated",
    "cancelled": "Terminated",
}
PRODUCT_TYPES: Final = {"food": "Food", "agricultural": "Food", "medicine": "Drugs"}
MANDATED: Final = "FDA Mandated"
VOLUNTARY: Final = "Voluntary: Firm initiated"
SEVERAL_WAYS: Final = "Two or more of the following: Email, Fax, Letter, Press Release, Telephone, Visit"
#: A division of China is told by its province, as FDA tells states.
PROVINCE: Final = 2


@dataclass(frozen=True, slots=True)
class Spread:
    """How far a case reaches: region codes of its holders; product id -> quantity by unit of measure; whether
    holders were told, and by more than this service's own page.
    """

    regions: Sequence[str]
    amounts: Mapping[int | None, Mapping[str, Decimal]]
    notified: bool


def records(
    case: Mapping[str, Any],
    batches: Sequence[Mapping[str, Any]],
    ranges: Sequence[tuple[str, str]],
    responsible: Mapping[str, Any] | None,
    spread: Spread,
) -> list[dict[str, Any]]:
    """The records of a case, one for each product of its batches."""
    by_product: dict[int | None, list[Mapping[str, Any]]] = {}
    for batch in batches:
        by_product.setdefault(batch["product_id"], []).append(batch)
    common = _common(case, responsible, spread)
    return [
        {
            **common,
            "recall_number": f"{case['number']}-{place}",
            "product_type": PRODUCT_TYPES.get(str(of[0]["category"]), ""),
            "product_description": _description(of[0]),
            "product_quantity": _quantity(spread.amounts.get(product, {})),
            "code_info": _codes(of, ranges),
            "more_code_info": "",
        }
        for place, (product, of) in enumerate(by_product.items(), 1)
    ]


def _common(case: Mapping[str, Any], responsible: Mapping[str, Any] | None, spread: Spread) -> dict[str, Any]:
    told = told_in("en")
    party = responsible or {}
    region = party.get("region")
    city = city_code(region)
    chinese = bool(region) and str(region).isdigit()
    ordered = case["mandate"] == "ordered"
    return {
        "status": STATUSES[case["status"]],
        "classification": CLASSES[case["hazard_class"]],
        "event_id": case["number"],
        "recalling_firm": told(party.get("name_zh"), party.get("name_en")) or "",
        "address_1": party.get("address") or "",
        "address_2": "",
        "city": region_name(city, "en").split(", ", maxsplit=1)[0] if city and chinese else "",
        "state": region_name(str(region)[:PROVINCE], "en") if chinese else (region or ""),
        "country": "China" if chinese else "",
        "postal_code": "",
        "voluntary_mandated": _mandate(case["ordered_by"]) if ordered else VOLUNTARY,
        "initial_firm_notification": SEVERAL_WAYS if spread.notified else "",
        "distribution_pattern": distribution(spread.regions),
        "reason_for_recall": told(case["reason_zh"], case["reason_en"]),
        "recall_initiation_date": _day(case["opened_at"]),
        "center_classification_date": "",
        "report_date": _day(case["opened_at"]),
        "termination_date": _day(case["closed_at"]),
        "openfda": {},
    }


def _mandate(authority: str | None) -> str:
    return MANDATED if authority and "FDA" in authority else f"Mandated: {authority or 'authority'}"


def distribution(regions: Sequence[str]) -> str:
    """Where the goods went: provinces of China by name, other regions by their codes."""
    chinese = sorted({region_name(each[:PROVINCE], "en") for each in regions if each.isdigit()})
    others = sorted({each for each in regions if not each.isdigit()})
    parts = [f"China: {', '.join(chinese)}"] if chinese else []
    return "; ".join([*parts, *others])


def _description(batch: Mapping[str, Any]) -> str:
    name = told_in("en")(batch["product_name_zh"], batch["product_name_en"])
    parts = (name, batch["brand"], batch["specification"], f"GTIN {batch['gtin']}" if batch["gtin"] else None)
    return ", ".join(part for part in parts if part) or str(batch["product_uri"] or batch["uri"])


def _quantity(amounts: Mapping[str, Decimal]) -> str:
    return "; ".join(f"{amount.normalize():f} {uom}" for uom, amount in sorted(amounts.items()) if amount)


def _codes(batches: Sequence[Mapping[str, Any]], ranges: Sequence[tuple[str, str]]) -> str:
    """Lots with their dates; and serial numbers, where only some units are meant."""
    lots = [_lot(batch) for batch in batches]
    told = [f"Lot: {', '.join(lots)}"] if lots else []
    product = batches[0]["product_uri"] or ""
    some = [
        serial_text(first) if first == last else f"{serial_text(first)} - {serial_text(last)}"
        for first, last in ranges
        if first.startswith(f"{product}/") or not first.startswith("http")
    ]
    if some and any(batch["units_only"] for batch in batches):
        told.append(f"Serial numbers: {', '.join(some)}")
    return "; ".join(told)


def _lot(batch: Mapping[str, Any]) -> str:
    dated = f" (exp. {batch['expires_on'].isoformat()})" if batch["expires_on"] else ""
    return f"{batch['lot'] or batch['uri']}{dated}"


def _day(moment: datetime | None) -> str:
    return moment.strftime("%Y%m%d") if moment else ""
