"""What notices say of a case, without its evidence; and the case's days by which an answer is wanted."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from service.db.transaction import Transaction
from service.errors import Missing

#: Hours after a notice by which an answer is asked for, by hazard class. They are not set by law: they follow
#: the hours within which a recall of that class must begin (食品召回管理办法, 2015, rev. 2020: 24, 48, 72).
ANSWER_HOURS: Final = {1: 24, 2: 48, 3: 72}
#: States in which holders are told and asked.
TOLD: Final = ("open", "completed")

FIND: Final = """
SELECT recall.id, recall.number, recall.status, recall.kind, recall.hazard_class,
       recall.title_zh, recall.title_en, recall.reason_zh, recall.reason_en, recall.advice_zh,
       recall.advice_en, recall.remedy_zh, recall.remedy_en, recall.contact, recall.opened_at,
       recall.closed_at, recall.closing_note, recall.mandate, recall.ordered_by, recall.profile,
       recall.responsible_party_id, party.name_zh AS responsible_zh, party.name_en AS responsible_en,
       party.region AS responsible_region,
       (SELECT coalesce(jsonb_agg(jsonb_build_array(first, last) ORDER BY first), '[]')
        FROM (SELECT first, last FROM recall_unit_range WHERE recall_id = recall.id
              ORDER BY first LIMIT 200) AS ranges) AS units
FROM recall LEFT JOIN party ON party.id = recall.responsible_party_id
WHERE recall.id = $1
"""


@dataclass(frozen=True, slots=True)
class Case:
    """A case as notices tell of it."""

    id: int
    number: str
    status: str
    kind: str
    hazard_class: int
    title_zh: str
    title_en: str
    reason_zh: str
    reason_en: str
    advice_zh: str | None
    advice_en: str | None
    remedy_zh: str | None
    remedy_en: str | None
    contact: dict[str, Any]
    opened_at: datetime
    closed_at: datetime | None
    closing_note: str | None
    mandate: str
    ordered_by: str | None
    profile: str
    responsible_party_id: int | None
    responsible_zh: str | None
    responsible_en: str | None
    responsible_region: str | None
    #: Ranges of units, first and last, where not every pack of a batch is meant; at most 200.
    units: list[list[str]]

    def answer_by(self, now: datetime) -> datetime:
        """Until when whoever is told now is asked to answer."""
        return now + timedelta(hours=ANSWER_HOURS[self.hazard_class])

    def told(self) -> dict[str, Any]:
        """What is frozen into a notice."""
        names = ("id", "number", "kind", "hazard_class", "title_zh", "title_en", "reason_zh", "reason_en")
        more = ("advice_zh", "advice_en", "remedy_zh", "remedy_en", "contact", "mandate", "ordered_by")
        parties = ("responsible_zh", "responsible_en", "units")
        told = {name: getattr(self, name) for name in (*names, *more, *parties)}
        return told | {"opened_at": self.opened_at.isoformat()}


async def fetch_case(tx: Transaction, recall_id: int) -> Case:
    """The case. Raises `Missing`."""
    row = await tx.sql.fetchrow(FIND, recall_id)
    if row is None:
        raise Missing(f"There is no recall {recall_id}.", f"没有编号为 {recall_id} 的召回。")
    return Case(**row)
