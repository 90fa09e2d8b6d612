"""Chinese drug traceability codes, registered as other names of units.

A code beside a serial number names the unit with that serial: what events tell of the code they tell of that
unit, and it counts for the lot under either name. A code alone is the name of a unit of its own
(`urn:suyuan:drug:…`), by which events name it too. Packages around sales packages (level 2 and 3) are known
by their codes, and are no units of the batch: what is inside them is.
"""

from typing import Final

from service.db.transaction import Transaction
from service.errors import Fault
from service.identifiers.drug_code import DRUG_URI_PREFIX
from service.registry.owning import not_for_parties
from service.units.entering import enter_staged, enter_units
from service.units.intake import PROBLEMS_MOST, Intake
from service.units.registering import (
    Entries,
    Registered,
    close_registration,
    fetch_start,
    of_other_batches,
    open_registration,
    require_good,
    stage,
)

INSERT_CODES: Final = """
INSERT INTO drug_code (code, batch_id, unit_id, level, registration_id)
SELECT DISTINCT ON (line.code) line.code, $1::bigint, unit.id, 1, $2::bigint
FROM registered_line AS line JOIN unit USING (uri)
WHERE unit.registered_batch_id = $1::bigint AND line.code IS NOT NULL
ORDER BY line.code, line.line
ON CONFLICT (code) DO NOTHING
"""
INSERT_OUTER_CODES: Final = """
INSERT INTO drug_code (code, batch_id, level, registration_id)
SELECT DISTINCT code, $1::bigint, $3::smallint, $2::bigint FROM registered_line ORDER BY code
ON CONFLICT (code) DO NOTHING
"""
#: The first seven digits of a drug code name the medicine of one holder. All codes of one medicine are of one
#: party, so the first that is here tells whose they are.
OF_ANOTHER: Final = """
SELECT line.code FROM (
    SELECT DISTINCT ON (left(code, 7)) code FROM registered_line WHERE code IS NOT NULL ORDER BY left(code, 7)
) AS line
CROSS JOIN LATERAL (
    SELECT batch_id FROM drug_code
    WHERE code BETWEEN left(line.code, 7) || '0000000000000' AND left(line.code, 7) || '9999999999999'
    ORDER BY code LIMIT 1
) AS known
JOIN batch ON batch.id = known.batch_id LEFT JOIN product ON product.id = batch.product_id
WHERE product.party_id IS DISTINCT FROM $1 LIMIT 1
"""
NAMED_OTHERWISE: Final = """
-- Codes that name something else than these lines say: another unit of this batch, or something of another.
SELECT line.line, line.code, count(*) OVER () AS refused
FROM registered_line AS line
JOIN drug_code USING (code)
LEFT JOIN unit ON unit.id = drug_code.unit_id
LEFT JOIN unit AS meant ON meant.uri = line.uri
WHERE (unit.uri IS DISTINCT FROM line.uri AND ($2::smallint = 1 OR unit.uri IS NOT NULL)
       OR drug_code.batch_id <> $1 OR drug_code.level <> $2)
  -- Those are refused for their serial numbers already.
  AND ($2::smallint > 1 OR meant.registered_batch_id = $1)
ORDER BY line.line LIMIT $3
"""


async def register_codes(
    tx: Transaction, batch_id: int, entries: Entries, *, level: int, by: str, party: int | None = None
) -> Registered:
    """Register entries `code` or `code,serial`. Raises `Malformed` if none is good, `Missing`, `Conflict`;
    where a `party` registers them itself, `Forbidden` for codes of another's medicine.
    """
    intake = Intake(await fetch_start(tx, batch_id))
    registration = await open_registration(tx, batch_id, "drug_codes", by=by)
    await stage(tx, entries, intake.code_rows if level == 1 else intake.outer_code_rows)
    require_good(intake)
    if party is not None:
        await _refuse_others(tx, party)
    registered, refused = None, 0
    if level == 1:
        # Serials and codes begin with different things, codes alone with one.
        shared = len(DRUG_URI_PREFIX)
        registered = await enter_staged(tx, batch_id, registration, shared, codes=True)
    if registered is None:
        registered, refused = await _enter_with_care(tx, batch_id, registration, level, intake)
    return await close_registration(tx, registration, batch_id, "drug_codes", intake, registered, refused)


async def _refuse_others(tx: Transaction, party: int) -> None:
    code = await tx.sql.fetchval(OF_ANOTHER, party)
    if code is not None:
        raise not_for_parties(
            "code",
            code,
            f"Codes that begin with {code[:7]} are of another party's medicine",
            f"以 {code[:7]} 开头的追溯码属于其他主体的药品",
        )


async def _enter_with_care(
    tx: Transaction, batch_id: int, registration: int, level: int, intake: Intake
) -> tuple[int, int]:
    """Codes of which some may be there: how many are registered now, and how many lines are refused."""
    refused = 0
    if level == 1:
        await enter_units(tx, batch_id, registration, intake.rows)
        refused = await of_other_batches(tx, batch_id, intake)
        done = await tx.sql.execute(INSERT_CODES, batch_id, registration)
    else:
        done = await tx.sql.execute(INSERT_OUTER_CODES, batch_id, registration, level)
    registered = int(done.rpartition(" ")[2])
    if registered < intake.good:
        refused += await _named_otherwise(tx, batch_id, level, intake)
    return registered, refused


async def _named_otherwise(tx: Transaction, batch_id: int, level: int, intake: Intake) -> int:
    """How many lines have a code that means something else; the first become problems."""
    rows = await tx.sql.fetch(NAMED_OTHERWISE, batch_id, level, PROBLEMS_MOST)
    intake.problems.extend(
        Fault(
            f"line {row['line']}",
            row["code"],
            "This code names something else already.",
            "该追溯码已用于其他单件或批次。",
            "drug-code:taken",
        )
        for row in rows
    )
    return rows[0]["refused"] if rows else 0
