"""Queries of the hot paths are answered from indexes, however many events there are."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from sqlalchemy import ClauseElement, Executable, Select
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from service.db.service_role import as_service
from service.db.transaction import create_engine
from service.events.page_tokens import Horizon, Place
from service.events.query_parameters import parse_query
from service.events.query_store import names_statement, page_statement
from service.events.query_values import Prefixes
from tests.conftest import TEMPLATE, execute, on_database
from tests.owning import owning

#: A hundred thousand events, each with an EPC and a lot of its own; some steps, types and places are rare.
SEED = """
INSERT INTO event_context (digest, context) VALUES ('x', '[]');
INSERT INTO capture_job (id, created_at, running, success, error_behaviour, stored, repeated)
VALUES ('seed', now(), false, true, 'rollback', 0, 0);
INSERT INTO event (event_id, fingerprint, declares_error, type, event_time, record_time, action, biz_step,
                   disposition, read_point, biz_location, payload, context_id, capture_id, facts)
SELECT 'urn:e:' || n, sha256(n::text::bytea), n % 5000 = 0,
       CASE WHEN n % 1000 = 0 THEN 'TransformationEvent' ELSE 'ObjectEvent' END,
       timestamptz '2026-01-01Z' + n * interval '1 minute',
       timestamptz '2026-06-01Z' + n * interval '1 second', 'OBSERVE',
       CASE WHEN n % 100 = 0 THEN 'destroying' WHEN n % 2 = 0 THEN 'shipping' ELSE 'receiving' END,
       CASE WHEN n % 500 = 0 THEN 'recalled' ELSE 'in_transit' END,
       'https://id.gs1.org/414/' || n % 2000, 'https://id.gs1.org/414/' || n % 3000, '{}',
       (SELECT min(id) FROM event_context), 'seed',
       jsonb_build_object(
           'epcClass', jsonb_build_array('https://id.gs1.org/01/04012345111118/10/' || n),
           'bizTransaction', jsonb_build_object('po', jsonb_build_array('urn:po:' || n / 10)),
           'n', jsonb_build_object('quantity KGM', jsonb_build_array(n % 50)),
           'x', jsonb_build_object('http://n.example/size', jsonb_build_array(jsonb_build_object('n', n))),
           'has', jsonb_build_array(
               CASE WHEN hashint4(n) % 2000 = 0 THEN 'sensorElementList' ELSE 'http://n.example/size' END))
FROM generate_series(1, 100000) AS n;
INSERT INTO unit (uri)
SELECT 'https://id.gs1.org/01/04012345111118/21/' || n FROM generate_series(1, 100000) AS n;
INSERT INTO event_item (event_id, ordinal, role, unit_id)
SELECT event.id, 0, 0, unit.id
FROM event JOIN unit ON unit.uri = 'https://id.gs1.org/01/04012345111118/21/' || substr(event.event_id, 7);
"""


@pytest.fixture(scope="module")
async def seeded(cluster: str) -> AsyncIterator[AsyncEngine]:
    """An engine on a database with many events, and statistics of them."""
    await execute(cluster, f"CREATE DATABASE test_plans TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
    engine = create_engine(as_service(on_database(cluster, "test_plans")))
    try:
        async with owning(engine) as tx:
            for statement in SEED.strip().split(";\n"):
                await tx.sql.execute(statement.removesuffix(";"))
            # A histogram of the usual hundred values says one in a hundred of what it happens to hold once;
            # nor must what is rare come at the even steps at which a histogram takes its values.
            await tx.sql.execute("ALTER TABLE event ALTER COLUMN facts SET STATISTICS 1000")
            await tx.sql.execute("ANALYZE")
        yield engine
    finally:
        await engine.dispose()


class Explained(Executable, ClauseElement):
    """A statement's plan instead of its rows."""

    inherit_cache = False

    def __init__(self, statement: Select[Any]) -> None:
        self.statement = statement


@compiles(Explained)
def _explained(element: Explained, compiler: SQLCompiler, **how: Any) -> str:
    return "EXPLAIN (FORMAT JSON) " + compiler.process(element.statement, **how)


async def plan_of(engine: AsyncEngine, statement: Select[Any]) -> list[dict[str, Any]]:
    """The nodes of a statement's plan."""
    async with engine.connect() as connection:
        told = (await connection.execute(Explained(statement))).scalar_one()
    return list(nodes((json.loads(told) if isinstance(told, str) else told)[0]["Plan"]))


def nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for inner in node.get("Plans", []):
        yield from nodes(inner)


def read_whole(plan: list[dict[str, Any]]) -> set[str]:
    """The tables that a plan reads from end to end: sequentially, or by an index without a condition."""
    return {
        node["Relation Name"]
        for node in plan
        if node["Node Type"] == "Seq Scan"
        and node["Relation Name"] in ("event", "event_item", "unit", "batch")
    }


EPC = "urn:epc:id:sgtin:4012345.011111."
CASES: dict[str, tuple[dict[str, str], str]] = {
    "an EPC": ({"MATCH_epc": EPC + "777"}, "unit_uri_key"),
    "an EPC in any form": ({"MATCH_anyEPC": "https://x.example/01/04012345111118/21/9"}, "unit_uri_key"),
    "several EPCs": ({"MATCH_epc": f"{EPC}1|{EPC}2|{EPC}3"}, "unit_uri_key"),
    "an EPC, by time": ({"MATCH_epc": EPC + "777", "orderBy": "eventTime"}, "event_item_unit_id_idx"),
    "a pattern": ({"MATCH_epc": "urn:epc:idpat:sgtin:0999999.*.*"}, "unit_uri_key"),
    "a pattern in any list": ({"MATCH_anyEPC": "urn:epc:idpat:sgtin:0999999.*.*"}, "unit_uri_key"),
    "a class": ({"MATCH_epcClass": "urn:epc:class:lgtin:4012345.011111.77"}, "event_facts_idx"),
    "a window of time": (
        {"GE_eventTime": "2026-02-01T00:00:00Z", "LT_eventTime": "2026-02-01T01:00:00Z"},
        "event_event_time_idx",
    ),
    "a long window of time": ({"GE_eventTime": "2026-01-20T00:00:00Z"}, "event_event_time_idx"),
    "the latest": ({"orderBy": "eventTime"}, "event_event_time_idx"),
    "the latest recorded": ({"orderBy": "recordTime"}, "event_record_time_idx"),
    "recorded since": ({"GE_recordTime": "2026-06-02T03:00:00Z"}, "event_record_time_idx"),
    "a step": ({"EQ_bizStep": "destroying"}, "event_biz_step_idx"),
    "the latest of a step": ({"EQ_bizStep": "destroying", "orderBy": "eventTime"}, "event_biz_step_idx"),
    "steps in a window": (
        {
            "EQ_bizStep": "shipping|destroying",
            "GE_eventTime": "2026-02-01T00:00:00Z",
            "LT_eventTime": "2026-02-01T01:00:00Z",
        },
        "event_",
    ),
    "a rare disposition": ({"EQ_disposition": "recalled|expired"}, "event_disposition_idx"),
    "a rare type": ({"eventType": "TransformationEvent"}, "event_type_idx"),
    "a place": ({"EQ_readPoint": "https://id.gs1.org/414/17"}, "event_read_point_idx"),
    "a location": ({"EQ_bizLocation": "https://id.gs1.org/414/17"}, "event_biz_location_idx"),
    "an event": ({"EQ_eventID": "urn:e:5"}, "event_event_id_"),
    "a transaction": ({"EQ_bizTransaction_po": "urn:po:5"}, "event_facts_idx"),
    "errors": ({"EXISTS_errorDeclaration": "true"}, "event_declares_error_idx"),
    "an extension": ({"EQ_http://n.example/size": "5|6"}, "event_facts_idx"),
    "rare sensors": ({"EXISTS_sensorElementList": "true"}, "event_facts_idx"),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("page", ["first", "later"])
async def test_a_query_is_answered_from_an_index(seeded: AsyncEngine, case: str, page: str) -> None:
    parameters, index = CASES[case]
    query = parse_query(list(parameters.items()), Prefixes({}))
    later = page == "later"
    key = "2026-02-01T00:00:00+00:00" if query.order else ""
    plan = await plan_of(
        seeded,
        page_statement(
            query,
            horizon=Horizon(99_000, 10_000, (5, 6)) if later else None,
            after=Place(key, 5) if later else None,
            limit=31,
        ),
    )
    assert not read_whole(plan), plan
    assert any(node.get("Index Name", "").startswith(index) for node in plan), plan


@pytest.mark.parametrize("parameter", ["EQ_readPoint", "EQ_bizLocation"])
async def test_of_the_events_of_a_place_only_those_of_the_page_are_read(
    seeded: AsyncEngine, parameter: str
) -> None:
    query = parse_query([(parameter, "https://id.gs1.org/414/17")], Prefixes({}))
    plan = await plan_of(seeded, page_statement(query, horizon=None, after=None, limit=31))
    assert not any(node["Node Type"] in ("Sort", "Bitmap Heap Scan") for node in plan), plan


@pytest.mark.parametrize("column", ["type", "biz_step", "disposition", "read_point", "biz_location", "unit"])
async def test_a_list_of_names_goes_from_name_to_name(seeded: AsyncEngine, column: str) -> None:
    assert not read_whole(await plan_of(seeded, names_statement(column, "", 31)))


async def test_what_patterns_ask_for_is_indexed_by_its_bytes_in_any_database(seeded: AsyncEngine) -> None:
    # The database of a run has this order anyway; that of an operator may have any.
    statement = """
    SELECT table_name || '.' || column_name FROM information_schema.columns
    WHERE table_schema = 'public' AND column_name = 'uri' AND collation_name = 'C'
    """
    async with seeded.connect() as connection:
        found = set((await connection.exec_driver_sql(statement)).scalars())
    assert found >= {"unit.uri", "batch.uri"}
