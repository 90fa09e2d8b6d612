"""The doctor sees what is wrong, changes nothing, and says what to do."""

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from service import clock
from service.db.transaction import transaction
from service.operation import doctor
from service.operation.connections import BESIDE_THE_POOL, connections_of
from service.operation.doctor import ask_connections, examine, look_at_disk
from service.operation.findings import Finding
from service.settings import Settings
from tests.world import capture, commission, ship


async def findings(engine: AsyncEngine, directory: Path | None = None) -> dict[str, Finding]:
    return {found.question: found async for found in examine(engine, directory, projection=True)}


async def captured(engine: AsyncEngine) -> None:
    async with transaction(engine) as tx:
        await capture(tx, commission("L1=10", at="farm", on=1), ship("L1=4", at="farm", to="shop", on=2))


async def test_what_captures_leave_is_well(owner_engine: AsyncEngine, tmp_path: Path) -> None:
    await captured(owner_engine)
    found = await findings(owner_engine, tmp_path)
    assert {name for name, finding in found.items() if finding.state == "wrong"} == set()
    assert found["projection"].message == "Equal to a rebuild: 2 events, 1 flows."


@pytest.mark.parametrize(
    ("harm", "question"),
    [
        ("UPDATE flow SET shipped_quantity = 5", "projection"),
        ("DELETE FROM holding", "projection"),
        ("DELETE FROM event_item", "projection"),
        ("INSERT INTO gap (batch_id, ordinal, kind) VALUES (4711, 0, 'overdue')", "orphans"),
        ("INSERT INTO posting (batch_id, event_id, role, uom) VALUES (1, 4711, 0, 'EA')", "orphans"),
        ("UPDATE alembic_version SET version_num = '9999'", "schema"),
        ("UPDATE alembic_version SET version_num = '0001'", "schema"),
        ("ALTER TABLE holding DISABLE ROW LEVEL SECURITY", "sight"),
        ("GRANT UPDATE ON flow TO suyuan_party", "sight"),
        ("GRANT TRUNCATE ON flow TO suyuan_service", "service"),
        ("GRANT DELETE ON audit_read TO suyuan_service", "service"),
        ("ALTER TABLE unit_act OWNER TO suyuan_service", "service"),
        ("DROP POLICY seen_by_service ON holding", "service"),
        ("ALTER TABLE holding NO FORCE ROW LEVEL SECURITY", "service"),
        (
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'flow_to_batch_id_idx'::regclass",
            "indexes",
        ),
    ],
)
async def test_what_is_wrong_is_told_and_left_as_it_is(
    owner_engine: AsyncEngine, harm: str, question: str
) -> None:
    await captured(owner_engine)
    async with transaction(owner_engine) as tx:
        await tx.sql.execute(harm)
    first, second = await findings(owner_engine), await findings(owner_engine)
    assert first[question].state != "well"
    assert first[question].message_zh != first[question].message
    assert first[question] == second[question]


async def test_more_connections_than_the_database_lets_in_are_told(
    owner_engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert connections_of(Settings()) == 10 + BESIDE_THE_POOL
    async with transaction(owner_engine) as tx:
        assert (await ask_connections(tx)).state == "well"
        monkeypatch.setattr(doctor, "settings", lambda: Settings(processes=9))
        found = await ask_connections(tx)
    assert found.state == "wrong"
    assert f"9 x (10 + {BESIDE_THE_POOL}) = {9 * (10 + BESIDE_THE_POOL)}" in found.message
    assert "max_connections" in found.message_zh


async def test_notices_that_do_not_go_out_are_told(owner_engine: AsyncEngine) -> None:
    notice = """
        WITH opened AS (
            INSERT INTO recall (number, status, title_zh, title_en, reason_zh, reason_en, hazard_class, scope,
                opened_at, opened_by, known_at, as_of_event_id, evidence, evidence_sha256)
            VALUES ('2026-1', 'open', '', '', '', '', 1, '{}', now(), '', now(), 0, '{}', '') RETURNING id
        ), told AS (
            INSERT INTO recall_contact (recall_id, name, email, language, added_at)
            SELECT id, 'shop', 'a@b.test', 'zh', now() FROM opened RETURNING id, recall_id
        ), who AS (
            INSERT INTO recall_recipient (recall_id, contact_id, role, created_at)
            SELECT recall_id, id, 'buyer', now() FROM told RETURNING id, recall_id
        ), made AS (
            INSERT INTO notice (recall_id, recipient_id, kind, occasion, content, told, created_at)
            SELECT recall_id, id, 'first', 'goods:1', '{}', true, now() FROM who RETURNING id
        )
        INSERT INTO notice_delivery (notice_id, kind, address, language, key, state, next_at)
        SELECT id, 'email', 'a@b.test', 'zh', 'k', 'waiting', now() FROM made
    """
    async with transaction(owner_engine) as tx:
        await tx.sql.execute(notice)
    assert (await findings(owner_engine))["notices"].state == "well"
    async with transaction(owner_engine) as tx:
        await tx.sql.execute("UPDATE notice_delivery SET next_at = now() - interval '6 minutes'")
    found = (await findings(owner_engine))["notices"]
    assert found.state == "wrong"
    assert "1 were to be sent by now (1 by e-mail): set SUYUAN_SMTP_URL" in found.message


async def test_clocks_that_differ_are_told(
    owner_engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = clock.now
    monkeypatch.setattr(clock, "now", lambda: right() - timedelta(minutes=3))
    assert (await findings(owner_engine))["clocks"].state == "wrong"


@pytest.mark.parametrize(("free", "state"), [(10**6, "wrong"), (10**9, "look"), (10**12, "well")])
def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, state: str) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _path: SimpleNamespace(free=free))
    assert look_at_disk(tmp_path).state == state
