"""The public notice of a case: what, which lots, why, what to do, remedy, contact; in zh and en. Pure.

Nothing is made up: what the case does not say stays empty and is listed in `missing`. The one sentence that
stands in for another is what to do, for nobody may be left without it; `advice_stated` says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from service.reports.softening import SofteningWord, softening_words

#: Lots that a notice names for one product; `lots_total` counts all.
LOTS_SHOWN: Final = 500

#: (kind, profile or "") -> heading. GPSR art. 36 (2) wants "Product safety recall" over consumer goods.
HEADINGS: Final[dict[tuple[str, str], tuple[str, str]]] = {
    ("recall", "CN_FOOD"): ("食品召回公告", "Food recall notice"),
    ("recall", "CN_DRUG"): ("药品召回公告", "Medicine recall notice"),
    ("recall", "CN_CONSUMER"): ("消费品召回公告", "Product safety recall"),
    ("recall", "US_FOOD"): ("食品召回公告", "Food recall notice"),
    ("recall", "EU_FOOD"): ("食品召回公告", "Food recall notice"),
    ("recall", ""): ("产品召回公告", "Product safety recall"),
    ("withdrawal", ""): ("产品撤回公告", "Product withdrawal notice"),
    ("stop_sale", ""): ("停止销售公告", "Stop-sale notice"),
    ("hold", ""): ("暂停销售公告", "Notice of goods on hold"),
}
#: Food (rules of 2015), medicine (rules of 2022) and 21 CFR 7.3 (m) know three classes each.
CLASSES: Final[dict[int, tuple[str, str]]] = {
    1: ("一级：可能造成严重健康损害甚至死亡", "Class 1: may cause serious harm or death"),
    2: ("二级：可能造成一般健康损害", "Class 2: may cause harm to health"),
    3: ("三级：标签标识或其他问题", "Class 3: labelling or another defect"),
}
STANDING_ADVICE: Final = (
    "停止食用、使用和销售，保留包装，退回购买处，或拨打公告上的联系电话。如已食用或使用并感到不适，请尽快就医。",
    "Stop eating, using and selling it, keep the pack, and take it back to where you bought it, or call the "
    "number of this notice. If you have eaten or used it and feel unwell, see a doctor soon.",
)
#: Fields of a case whose text the public reads.
PUBLIC_FIELDS: Final = (
    *("title_zh", "title_en", "reason_zh", "reason_en", "advice_zh", "advice_en", "remedy_zh", "remedy_en"),
    *("distribution_zh", "distribution_en"),
)


@dataclass(frozen=True, slots=True)
class Both:
    """A text in Chinese and English; None where the case does not say it."""

    zh: str | None
    en: str | None

    def __bool__(self) -> bool:
        return bool(self.zh or self.en)


@dataclass(frozen=True, slots=True)
class NoticeProduct:
    """One product of the notice and its lots (at most `LOTS_SHOWN`; `lots_total`: all). `uris`: batches
    without a lot number, by their identifiers.
    """

    name: Both
    gtin: str | None
    brand: str | None
    specification: str | None
    lots: list[str]
    lots_total: int
    uris: list[str]


@dataclass(frozen=True, slots=True)
class PublicNotice:
    """What the public is told. `missing`: what the case does not say; `softening`: words it must not hold."""

    number: str
    kind: str
    profile: str | None
    status: str
    hazard_class: int
    opened_at: datetime
    closed_at: datetime | None
    heading: Both
    hazard: Both
    title: Both
    products: list[NoticeProduct]
    #: Only these units are meant: (first, last) URIs; empty: every pack of the lots.
    units: list[tuple[str, str]]
    why: Both
    what_to_do: Both
    advice_stated: bool
    remedy: Both
    distribution: Both
    responsible: Both
    contact: Mapping[str, str]
    missing: list[str]
    softening: list[SofteningWord]

    def as_json(self) -> dict[str, Any]:
        """As JSON values; moments in RFC 3339."""
        told = asdict(self)
        told["opened_at"] = self.opened_at.isoformat()
        told["closed_at"] = self.closed_at.isoformat() if self.closed_at else None
        told["contact"] = dict(self.contact)
        return told


def public_notice(
    case: Mapping[str, Any],
    batches: Sequence[Mapping[str, Any]],
    responsible: Mapping[str, Any] | None = None,
    units: Sequence[tuple[str, str]] = (),
) -> PublicNotice:
    """The notice of a case (a row of `recall`) on its batches (rows of `recall.store.recalled_batches`,
    perhaps with `brand` and `specification`); `responsible`: the party's row, whose contact stands in for the
    case's; `units`: ranges of units (first, last), where not every pack of the lots is meant.
    """
    kind, profile = case.get("kind") or "recall", case.get("profile")
    heading = HEADINGS.get((kind, profile or "")) or HEADINGS[kind, ""]
    remedy, contact = _both(case, "remedy"), _contact(case, responsible)
    products = _products(batches)
    advice = _both(case, "advice")
    said: dict[str, object] = {
        "products": products,
        "why": _both(case, "reason"),
        "advice": advice,
        "remedy": remedy,
        "distribution": _both(case, "distribution"),
        "responsible": responsible,
        "contact": contact.get("phone") or contact.get("email"),
    }
    return PublicNotice(
        number=case["number"],
        kind=kind,
        profile=profile,
        status=case["status"],
        hazard_class=case["hazard_class"],
        opened_at=case["opened_at"],
        closed_at=case.get("closed_at"),
        heading=Both(*heading),
        hazard=Both(*CLASSES[case["hazard_class"]]),
        title=_both(case, "title"),
        products=products,
        units=list(units),
        why=_both(case, "reason"),
        what_to_do=Both(advice.zh or STANDING_ADVICE[0], advice.en or STANDING_ADVICE[1]),
        advice_stated=bool(advice),
        remedy=remedy,
        distribution=_both(case, "distribution"),
        responsible=_both(responsible or {}, "name"),
        contact=contact,
        missing=[item for item, value in said.items() if not value],
        softening=softening_words({name: case.get(name) for name in PUBLIC_FIELDS}),
    )


def _both(row: Mapping[str, Any], name: str) -> Both:
    return Both(row.get(f"{name}_zh"), row.get(f"{name}_en"))


def _contact(case: Mapping[str, Any], responsible: Mapping[str, Any] | None) -> dict[str, str]:
    """Whom to call: as the case says, else the first contact of the responsible party that can be reached."""
    party = responsible or {}
    people = [case.get("contact"), *(party.get("contacts") or ()), party.get("quality_manager")]
    found: Mapping[str, Any] = next(
        (one for one in people if one and (one.get("phone") or one.get("email"))), {}
    )
    return {key: found[key] for key in ("name", "phone", "email") if found.get(key)}


def _products(batches: Sequence[Mapping[str, Any]]) -> list[NoticeProduct]:
    """By product, in the order of the batches; lots in the order of their letters."""
    together: dict[object, list[Mapping[str, Any]]] = {}
    for batch in batches:
        together.setdefault(batch.get("product_uri") or batch["uri"], []).append(batch)
    return [_product(rows) for rows in together.values()]


def _product(rows: Sequence[Mapping[str, Any]]) -> NoticeProduct:
    first = rows[0]
    lots = sorted({row["lot"] for row in rows if row.get("lot")})
    return NoticeProduct(
        name=_both(first, "product_name"),
        gtin=first.get("gtin"),
        brand=first.get("brand"),
        specification=first.get("specification"),
        lots=lots[:LOTS_SHOWN],
        lots_total=len(lots),
        uris=sorted(row["uri"] for row in rows if not row.get("lot"))[:LOTS_SHOWN],
    )
