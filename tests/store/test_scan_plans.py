"""What a scan asks for is found by index, however many units and lots there are."""

import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel import SQLModel

from service.db.held import SETTINGS
from service.db.service_role import as_service
from service.db.statements import statement
from service.db.transaction import create_engine, transaction
from service.registry.ensure import NewBatch, ensure_batches
from service.scan.drug_codes import FIND_NAMED
from service.scan.plain_codes import LOOKED_AT_UNITS
from tests.conftest import TEMPLATE, execute, on_database
from tests.owning import owning

PRODUCT = "https://id.gs1.org/01/04012345111118"
LOT, UNIT = f"{PRODUCT}/10/L7", f"{PRODUCT}/21/77"
#: Half of the units are of one lot, the others of twenty thousand; one more has no registered serials.
LOTS = 20_002
FILL = """
INSERT INTO unit (uri, batch_id, registered_batch_id, registration_id)
SELECT $1 || '/21/' || n, batch.id, batch.id, 1
FROM generate_series(1, 100000) AS n
JOIN batch ON batch.uri = $1 || '/10/L' || CASE WHEN n % 2 = 0 THEN 0 ELSE n % 20000 END
"""
KEY = """
SELECT array_agg(attname::text ORDER BY attnum) FROM pg_attribute WHERE attrelid = $1::text::regclass
"""
HERE = "service.scan"
NOW = datetime(2026, 3, 1, tzinfo=UTC)
ONE = [1]
STATEMENTS: dict[str, tuple[str, tuple[Any, ...]]] = {
    "find_batches": (statement(HERE, "find_batches"), (LOT, UNIT)),
    "find_named": (FIND_NAMED, ("8" * 20,)),
    "find_things": (statement(HERE, "find_things"), ([UNIT, LOT, PRODUCT], None)),
    "unit_signs": (statement(HERE, "unit_signs"), (77, [20_002])),
    "unit_signs of many lots": (statement(HERE, "unit_signs"), (77, [1, 20_002])),
    "pack": (statement("service.units", "pack"), (77,)),
    "plain_units": (statement(HERE, "plain_units"), ([UNIT] * 50, 50, True, True)),
    "looked_at_units": (LOOKED_AT_UNITS, ([UNIT] * 50, 50, True, True)),
    "plain_lots": (statement(HERE, "plain_lots"), ([LOT] * 50, [1] * 50, True)),
    "known_codes": (statement(HERE, "known_codes"), ([UNIT] * 50, [LOT] * 50, [PRODUCT] * 50, "gs1:x")),
    "looks": (
        statement("service.signals", "count_looks"),
        ([77] * 50, [b""] * 50, [0] * 50, NOW, timedelta(hours=1)),
    ),
    "looks apart": (
        statement("service.signals", "count_looks_apart"),
        ("{77}", [b""], "{0}", NOW, timedelta(hours=1)),
    ),
    "looks counted": (statement("service.signals", "looks_counted"), ("{77}",)),
    "unit_path": (statement(HERE, "unit_path"), (77, 4, 200)),
    "made_at": (statement(HERE, "made_at"), (ONE, 20)),
    "holders": (statement(HERE, "holders_on_the_way"), (ONE, ONE)),
}


@pytest.fixture(scope="module")
async def seeded(cluster: str) -> AsyncIterator[AsyncEngine]:
    """An engine on a database with many units, and statistics of them."""
    await execute(cluster, f"CREATE DATABASE test_scan_plans TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
    engine = create_engine(as_service(on_database(cluster, "test_scan_plans")))
    try:
        async with owning(engine) as tx:
            lots = [f"L{number}" for number in range(LOTS)]
            await ensure_batches(
                tx, [NewBatch(f"{PRODUCT}/10/{lot}", PRODUCT, lot, of_one=False) for lot in lots]
            )
            await tx.sql.execute(FILL, PRODUCT)
            await tx.sql.execute("ANALYZE")
        yield engine
    finally:
        await engine.dispose()


def nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A node of a plan and all below it."""
    yield node
    for inner in node.get("Plans", []):
        yield from nodes(inner)


@pytest.mark.parametrize("name", STATEMENTS)
async def test_no_statement_of_a_scan_reads_all_units_or_lots(seeded: AsyncEngine, name: str) -> None:
    text, arguments = STATEMENTS[name]
    async with transaction(seeded) as tx:
        told = await tx.sql.fetchval(f"EXPLAIN (FORMAT JSON) {text}", *arguments)
    plan = list(nodes((json.loads(told) if isinstance(told, str) else told)[0]["Plan"]))
    whole = [node for node in plan if node["Node Type"] in ("Seq Scan", "Index Only Scan", "Index Scan")]
    # By an index without a condition is from end to end as well.
    whole = [node for node in whole if "Index Cond" not in node]
    assert not [node for node in whole if node["Relation Name"] in ("unit", "batch")], plan


@pytest.mark.parametrize(
    "name",
    ["plain_units", "looked_at_units", "plain_lots", "known_codes", "looks", "looks apart", "looks counted"],
)
async def test_what_is_asked_by_held_connections_is_found_by_a_condition(
    seeded: AsyncEngine, name: str
) -> None:
    text, arguments = STATEMENTS[name]
    async with transaction(seeded) as tx:
        for setting, value in SETTINGS.items():
            await tx.sql.execute("SELECT set_config($1, $2, true)", setting, value)
        told = await tx.sql.fetchval(f"EXPLAIN (FORMAT JSON) {text}", *arguments)
    plan = list(nodes((json.loads(told) if isinstance(told, str) else told)[0]["Plan"]))
    # Plans are made while most tables are empty, and kept: an index read from end to end costs nothing then.
    scans = [node for node in plan if node["Node Type"].endswith("Scan") and "Relation Name" in node]
    assert scans
    assert [node.get("Index Name", node["Relation Name"]) for node in scans if "Index Cond" not in node] == []


async def test_keys_of_looks_begin_with_what_was_looked_at(seeded: AsyncEngine) -> None:
    async with transaction(seeded) as tx:
        for table in ("scan_day", "scan_total"):
            key = SQLModel.metadata.tables[table].primary_key.columns.keys()
            assert key[0] == "thing_id"
            assert await tx.sql.fetchval(KEY, f"{table}_pkey") == key
