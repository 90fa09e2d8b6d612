"""What a new case is made of besides its scope: chosen from the goods where the body leaves it out; and what
it says it was opened from, checked.
"""

from collections.abc import Collection
from typing import Any, Final

from service.db.transaction import Transaction
from service.errors import Fault, Malformed
from service.recall.clocks import check_profile
from service.recall.schemas import NewRecall
from service.recall.states import Kind
from service.recall.working_days import profiles

#: Where nothing says what goods these are.
DEFAULT_PROFILE: Final = "CN_FOOD"
#: 21 CFR 7.42(b)(3) leaves the level to the case; by class of hazard, the gravest in full.
CHECK_LEVELS: Final = {1: "A", 2: "B", 3: "C"}

GOODS: Final = """
-- Of the products of these batches: the category, and who is responsible for it.
SELECT product.category, product.party_id
FROM batch JOIN product ON product.id = batch.product_id
WHERE batch.id = ANY($1::bigint[]) ORDER BY batch.id
"""
#: Whether there is one about other goods is not said: whoever opens a case may not be who is to know of it.
NO_COMPLAINT: Final = (
    "There is no complaint of this number about the goods that the scope names.",
    "没有该编号、且与本案产品有关的投诉。",
)
PARTY: Final = "SELECT EXISTS (SELECT FROM party WHERE id = $1)"
# Complaints lie above the recalls and are read here by name only: a case must not name what is not there.
COMPLAINTS: Final = """
SELECT complaint.number,
    complaint.batch_id = ANY($2::bigint[]) OR complaint.product_id IN (
        SELECT product_id FROM batch WHERE id = ANY($2::bigint[])) AS concerned
FROM complaint WHERE complaint.number = ANY($1::text[])
"""


async def found_case(tx: Transaction, asked: NewRecall, batches: Collection[int]) -> dict[str, Any]:
    """The columns of a case that its body and the goods in scope decide. Raises `Malformed`."""
    goods = await tx.sql.fetch(GOODS, sorted(batches))
    if asked.cause == "complaints":
        await _check_complaints(tx, asked, batches)
    if asked.responsible_party_id is not None and not await tx.sql.fetchval(
        PARTY, asked.responsible_party_id
    ):
        raise Malformed.field(
            "/responsible_party_id",
            asked.responsible_party_id,
            "No party has this id; register it first.",
            "没有该编号的主体，请先登记。",
        )
    profile = asked.profile or _profile_of({row["category"] for row in goods})
    check_profile(profile)
    owners = [row["party_id"] for row in goods if row["party_id"] is not None]
    return {
        "profile": profile,
        "mandate": asked.mandate or ("ordered" if asked.cause == "order" else "voluntary"),
        "depth": asked.depth or usual_depth(asked.kind),
        "check_level": asked.check_level or CHECK_LEVELS[asked.hazard_class],
        "responsible_party_id": asked.responsible_party_id or next(iter(owners), None),
        "planned_quantity": None
        if asked.planned_quantity is None
        else {uom: format(amount, "f") for uom, amount in asked.planned_quantity.items()},
        "contact": asked.contact.model_dump(exclude_none=True),
        "cause_reference": [
            reference.model_dump(mode="json", exclude_none=True) for reference in asked.cause_reference
        ],
    }


def usual_depth(kind: Kind) -> str:
    """How far down the chain a case of this kind goes unless somebody says otherwise."""
    return "consumer" if kind == "recall" else "retail"


def _profile_of(categories: Collection[str | None]) -> str:
    """The profile for goods of these categories: medicines before food, as they are the graver."""
    fitting = {
        name: profile for name, profile in profiles().items() if set(profile.categories) & set(categories)
    }
    if not fitting:
        return DEFAULT_PROFILE
    return next(
        (name for name, profile in fitting.items() if "medicine" in profile.categories), next(iter(fitting))
    )


async def _check_complaints(tx: Transaction, asked: NewRecall, batches: Collection[int]) -> None:
    numbers = [reference.number for reference in asked.cause_reference]
    known = {
        row["number"]: row["concerned"] for row in await tx.sql.fetch(COMPLAINTS, numbers, sorted(batches))
    }
    faults = [
        Fault(f"/cause_reference/{place}/number", number, *NO_COMPLAINT)
        for place, number in enumerate(numbers)
        if not known.get(number)
    ]
    if faults:
        raise Malformed(
            "Some complaints are not known, or are about other goods.",
            "部分投诉不存在或与所涉产品无关。",
            faults,
        )
