"""The service's own connections: a role that owns nothing, reads every row, and changes no table."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Final

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel import SQLModel

import service
from service import clock
from service.auth.permissions import Role
from service.auth.sight import see_as, see_as_owner
from service.db import party_role
from service.db.held import holding
from service.db.migrate import upgrade
from service.db.party_role import check_roles
from service.db.rows import insert_rows
from service.db.service_role import (
    HIDDEN_FROM_ME,
    MAY,
    SERVICE,
    UNBOUND,
    as_owner_of,
    as_service,
    bind_owner,
    make_login,
    may_be_service,
)
from service.db.transaction import Transaction, create_engine, transaction
from service.errors import Unavailable
from service.ledger.tables import JournalEntry
from service.operation.backup import back_up, restore
from service.operation.doctor import examine
from tests.conftest import TEMPLATE, execute, on_database
from tests.world import capture, commission, ledger, ship

NUMBERS = itertools.count(1)
FORCED = "SELECT count(*) FROM pg_class WHERE relforcerowsecurity"
GAP = ("batch_id", "ordinal", "kind")
WHO = "SELECT current_user || ' of ' || session_user"
EVENTS = (commission("L1=10", at="farm", on=1), ship("L1=4", at="farm", to="shop", on=2))


def test_every_table_has_a_line_that_says_what_the_service_may_do() -> None:
    for each in sorted(Path(service.__path__[0]).glob("*/tables.py")):
        import_module(f"service.{each.parent.name}.tables")
    told = [name for tables in MAY.values() for name in tables]
    assert len(told) == len(set(told))
    beside = {name for name in told if name.startswith("pgqueuer")} | {"alembic_version"}
    assert set(told) - beside == set(SQLModel.metadata.tables)


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE flow",
        "ALTER TABLE flow ADD COLUMN more int",
        "ALTER TABLE audit_read DISABLE TRIGGER audit_read_stays",
        "ALTER TABLE flow DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE flow NO FORCE ROW LEVEL SECURITY",
        "ALTER POLICY seen_by_party ON flow USING (true)",
        "CREATE POLICY all_of_it ON flow USING (true)",
        "CREATE OR REPLACE FUNCTION audit_read_stays() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'",
        "CREATE TRIGGER one_more AFTER INSERT ON flow EXECUTE FUNCTION suyuan_forget_packs()",
        "CREATE TABLE mine ()",
        "CREATE SCHEMA mine",
        "TRUNCATE flow",
        "UPDATE audit_read SET reader = 'x'",
        "DELETE FROM audit_read",
        "UPDATE event SET payload = '{}'",
        "DELETE FROM event",
        "UPDATE recall_move SET actor = 'x'",
        "UPDATE alembic_version SET version_num = '0001'",
        "SET session_replication_role = replica",
    ],
)
async def test_what_the_service_never_does_is_refused(tx: Transaction, statement: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with tx.sql.transaction():
            await tx.sql.execute(statement)


async def test_the_role_owns_nothing_and_policies_bind_the_owner_too(tx: Transaction) -> None:
    owned = "SELECT count(*) FROM pg_shdepend WHERE refobjid = $1::text::regrole AND deptype = 'o'"
    assert await tx.sql.fetchval(owned, SERVICE) == 0
    role = await tx.sql.fetchrow("SELECT * FROM pg_roles WHERE rolname = $1", SERVICE)
    assert role is not None
    assert not any(role[each] for each in ("rolsuper", "rolcreaterole", "rolcanlogin"))
    assert await tx.sql.fetch(UNBOUND) == []
    assert await tx.sql.fetch(HIDDEN_FROM_ME) == []
    bound = "SELECT count(*) FROM pg_class WHERE relrowsecurity AND relforcerowsecurity"
    assert await tx.sql.fetchval(bound) > 30


async def test_every_connection_takes_the_role_on_and_comes_back_to_it(engine: AsyncEngine) -> None:
    async with transaction(engine) as tx:
        assert await tx.sql.fetchval(WHO) == "suyuan_service of suyuan"
        await see_as(tx, Role.HOLDER, 1, now=clock.now())
        assert await tx.sql.fetchval(WHO) == "suyuan_party of suyuan"
        await see_as_owner(tx)
        assert await tx.sql.fetchval(WHO) == "suyuan_service of suyuan"
        await see_as(tx, Role.REGULATOR, 1, now=clock.now())
    async with transaction(engine) as tx:
        assert await tx.sql.fetchval(WHO) == "suyuan_service of suyuan"
        await tx.sql.execute("RESET ALL; RESET ROLE")
        assert await tx.sql.fetchval(WHO) == "suyuan_service of suyuan"
    async with holding(engine) as held, held.borrowed() as connection:
        assert await connection.fetchval(WHO) == "suyuan_service of suyuan"


async def test_a_login_of_its_own_cannot_become_the_owner(database: str) -> None:
    connection = await asyncpg.connect(as_service(await make_login(database)))
    try:
        assert await connection.fetchval(WHO) == "suyuan_service of suyuan_login"
        for statement in ("SET ROLE suyuan", "SET ROLE suyuan_owner", "SET SESSION AUTHORIZATION suyuan"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
        await connection.execute("SET ROLE NONE")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("DELETE FROM audit_read")
    finally:
        await connection.close()


async def test_a_role_that_was_let_do_nothing_is_not_taken_on(database: str) -> None:
    assert await may_be_service(database)
    await execute(database, "REVOKE INSERT ON event FROM suyuan_service")
    assert not await may_be_service(database)
    assert not await may_be_service(await make_login(database))


def test_an_address_says_the_role_once() -> None:
    plain = "postgresql://a:b@h:1/d?sslmode=verify-full"
    assert as_service(plain) == plain + "&role=suyuan_service"
    assert as_service(as_service(plain)) == as_service(plain)
    assert as_owner_of(as_service(plain)) == plain
    assert as_owner_of(as_service("postgresql://h/d")) == "postgresql://h/d"


async def test_rows_are_written_as_they_are(tx: Transaction) -> None:
    words = [["a", 'say "b"', "c\\d", "{e,f}", "", "NULL", "溯"], [], ["x"] * 3]
    rows = [
        (n, f"e{n}", clock.now(), "ObjectEvent", "", word, False)
        for n, word in enumerate(words * 1_000, 10**9)
    ]
    columns = ("event_id", "event_key", "time", "type", "step", "transactions", "voided")
    await insert_rows(tx.sql, JournalEntry, rows, columns)
    found = await tx.sql.fetch(f"SELECT {', '.join(columns)} FROM journal_entry ORDER BY event_id")
    assert [tuple(row) for row in found] == rows
    await insert_rows(tx.sql, JournalEntry, [], columns)


GIVE: Final = """
DO $$ DECLARE it record; BEGIN
    FOR it IN SELECT oid::regclass AS name FROM pg_class
              WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v') LOOP
        EXECUTE format('ALTER TABLE %s OWNER TO {user}', it.name);
    END LOOP;
    FOR it IN SELECT oid::regprocedure AS name FROM pg_proc WHERE pronamespace = 'public'::regnamespace LOOP
        EXECUTE format('ALTER FUNCTION %s OWNER TO {user}', it.name);
    END LOOP;
    FOR it IN SELECT relname AS name FROM pg_class WHERE relforcerowsecurity LOOP
        EXECUTE format('ALTER TABLE %I NO FORCE ROW LEVEL SECURITY', it.name);
    END LOOP;
END $$
"""


@pytest.fixture
async def plain(cluster: str) -> AsyncIterator[str]:
    """The DSN of a database that belongs to a user without any privilege, as on a managed PostgreSQL, whom an
    operator has let be the roles; as it is migrated beside an earlier version.
    """
    user = f"plain_{next(NUMBERS)}"
    await execute(cluster, f"CREATE ROLE {user} LOGIN NOSUPERUSER NOCREATEROLE")
    await execute(cluster, f"GRANT suyuan_owner TO {user}")
    await execute(
        cluster, f"GRANT suyuan_party, suyuan_regulator, suyuan_service TO {user} WITH INHERIT FALSE"
    )
    async with owned_by(cluster, user, TEMPLATE) as dsn:
        await execute(on_database(cluster, dsn.partition("?")[0].rpartition("/")[2]), GIVE.format(user=user))
        yield dsn
    await execute(cluster, f"DROP OWNED BY {user}")
    await execute(cluster, f"DROP ROLE {user}")


@asynccontextmanager
async def owned_by(cluster: str, user: str, template: str = "template0") -> AsyncIterator[str]:
    """The DSN of a database of this user's."""
    name = f"{user}_{next(NUMBERS)}"
    await execute(cluster, f"CREATE DATABASE {name} TEMPLATE {template} OWNER {user} STRATEGY FILE_COPY")
    yield on_database(cluster.replace("//suyuan@", f"//{user}@"), name)
    await execute(cluster, f"DROP DATABASE {name} WITH (FORCE)")


async def test_an_owner_without_privileges_migrates_keeps_and_restores(
    cluster: str, plain: str, tmp_path: Path
) -> None:
    await asyncio.to_thread(upgrade, plain)
    engine, owner = create_engine(as_service(plain)), create_engine(plain)
    user = engine.url.username
    assert user is not None
    try:
        async with transaction(engine) as tx:
            await capture(tx, *EVENTS)
        before = await ledger(engine)
        found = {each.question: each async for each in examine(owner, None, projection=True)}
        assert {name for name, each in found.items() if each.state == "wrong"} == set()
        assert found["service"].state == found["sight"].state == "well"
        kept = await back_up(plain, tmp_path / "kept")
        assert (kept.rows["event"], kept.rows["flow"]) == (2, 1)
        async with owned_by(cluster, user) as empty:
            assert await restore(empty, tmp_path / "kept") == kept
            again = create_engine(as_service(empty))
            assert await ledger(again) == before
            await again.dispose()
        # What would be left out of a copy is told, not left out.
        async with transaction(owner) as tx:
            await tx.sql.execute("DROP POLICY seen_by_owner ON flow")
        with pytest.raises(Exception, match="hides rows of flow"):
            await back_up(plain, tmp_path / "less")
    finally:
        await engine.dispose()
        await owner.dispose()


async def test_who_may_not_make_a_role_that_is_missing_is_told_all_that_an_administrator_does(
    plain: str, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await check_roles(plain)
    monkeypatch.setattr(party_role, "ROLES", ("suyuan_party", "suyuan_missing"))
    await check_roles(database)  # its user makes it
    with pytest.raises(Unavailable) as told:
        await check_roles(plain)
    for words in (told.value.message, told.value.zh):
        assert "CREATE ROLE suyuan_missing NOLOGIN; GRANT suyuan_party, suyuan_missing," in words
        assert "CREATE ROLE suyuan_party" not in words


async def test_policies_bind_the_owner_once_no_version_is_connected_that_copies(plain: str) -> None:
    before = await asyncpg.connect(plain, server_settings={"application_name": "suyuan background"})
    await asyncio.to_thread(upgrade, plain)
    await before.copy_records_to_table("gap", records=[(1, 1, "overdue")], columns=GAP)
    assert await bind_owner(plain) == []
    await before.close()
    assert "gap" in await bind_owner(plain)
    assert await bind_owner(plain) == []
    after = await asyncpg.connect(plain)
    with pytest.raises(asyncpg.FeatureNotSupportedError):
        await after.copy_records_to_table("gap", records=[(2, 1, "overdue")], columns=GAP)
    await after.close()
    holder = await asyncpg.connect(plain)
    await holder.execute("ALTER TABLE gap NO FORCE ROW LEVEL SECURITY")
    async with holder.transaction():
        await holder.execute("LOCK TABLE gap IN ACCESS SHARE MODE")
        assert await bind_owner(plain) == []
    await holder.close()
    assert await bind_owner(plain) == ["gap"]
