"""The database role in which the service works. It owns nothing: it reads and writes rows as this page says,
and changes no table, no trigger and no record of who read what.

Policies let it see every row, since a projection or a recall that misses rows misses holders, and where a
superuser migrates it passes them by (`SPARE`). What it writes goes by statements (`rows.py`), for PostgreSQL
copies nothing into tables whose policies bind who copies. The
owner of the tables, bound by the same (`FORCE`), migrates, rebuilds, keeps backups and erases what is old:
whoever needs that opens its connection by `as_owner`.
"""

import json
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from service.settings import settings

SERVICE: Final = "suyuan_service"
#: Whoever owns the tables is a member: policies say by this name that the owner sees every row, whatever the
#: user is called that a backup comes back to.
OWNER: Final = "suyuan_owner"

#: The user of the embedded PostgreSQL that the service connects as.
LOGIN: Final = "suyuan_login"

READ: Final = "SELECT"
ADD: Final = "SELECT, INSERT"
CHANGE: Final = "SELECT, INSERT, UPDATE"
ALL: Final = "SELECT, INSERT, UPDATE, DELETE"

#: What the service does with the rows of each table; what has no line here is closed to it.
MAY: Final[dict[str, tuple[str, ...]]] = {
    READ: ("alembic_version",),
    ADD: (
        *("event", "event_context", "delegated_event", "namespace", "drug_code", "unit_act", "stored_file"),
        *("audit_read", "check_draw", "deadline_told", "drill", "filed_report"),
        *("recall_answer", "recall_answer_line", "recall_contact", "recall_holding", "recall_move"),
        *("recall_passed_on", "recall_proof", "recall_unit_range"),
    ),
    CHANGE: (
        *("party", "site", "product", "batch", "batch_document", "unit", "serial_registration"),
        *("access_grant", "jurisdiction", "delegation", "invitation", "member"),
        *("master_data_element", "correction", "recording_floor"),
        *("recall", "recall_alarm", "recall_batch", "recall_recipient", "effectiveness_check"),
        *("notice", "notice_delivery", "notice_link", "party_channel"),
        *("complaint", "suspect_code", "scan_place", "scan_total"),
    ),
    ALL: (
        *("api_key", "capture_job", "journal_entry", "event_item", "posting", "flow", "holding", "gap"),
        *("batch_in_part", "batch_pack", "link", "named_query", "subscription", "recall_deadline"),
        *("complaint_allowance", "complaint_photo", "daily_salt", "scan_day", "scan_seen"),
        *("sheet_import", "import_fault", "import_file", "import_row"),
        # Of the job queue, which no area declares.
        *("pgqueuer", "pgqueuer_log", "pgqueuer_schedules", "pgqueuer_statistics"),
    ),
}

#: A policy that shows every row keeps the planner from its statistics all the same, where an operator is not
#: leakproof: queries by what events say (jsonb) went without their index. A superuser spares the role that.
SPARE: Final = """
DO $$ BEGIN
    IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
    AND NOT (SELECT rolbypassrls FROM pg_roles WHERE rolname = 'suyuan_service') THEN
        ALTER ROLE suyuan_service BYPASSRLS;
    END IF;
END $$
"""
#: Views that statements read.
VIEWS: Final = ("place",)

REVOKE_ALL: Final = "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM suyuan_service"
#: Of the settings of the transaction: what may be done, words of GRANT, and with which tables.
TELL: Final = "SELECT set_config('suyuan.may', $1, true), set_config('suyuan.tables', $2, true)"
GRANT: Final = """
DO $$ DECLARE
    name text;
BEGIN
    FOR name IN
        SELECT told FROM json_array_elements_text(current_setting('suyuan.tables')::json) AS told
        WHERE to_regclass('public.' || quote_ident(told)) IS NOT NULL
    LOOP
        EXECUTE format('GRANT %s ON public.%I TO suyuan_service', current_setting('suyuan.may'), name);
    END LOOP;
END $$
"""
BESIDE: Final = (
    "GRANT USAGE ON SCHEMA public TO suyuan_service",
    "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO suyuan_service",
    "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO suyuan_service",
    # Lists of serial numbers come by way of temporary tables, which everybody may make unless it was revoked.
    """
DO $$ BEGIN
    IF NOT has_database_privilege('suyuan_service', current_database(), 'TEMPORARY') THEN
        EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO suyuan_service', current_database());
    END IF;
END $$
""",
)

#: Tables whose policies bind who asks, and show less than all of it.
HIDDEN: Final = """
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND {bound} AND NOT EXISTS (
    SELECT FROM pg_policy WHERE polrelid = pg_class.oid AND polpermissive AND polcmd = '*'
    AND pg_get_expr(polqual, polrelid) = 'true'
    AND EXISTS (SELECT FROM unnest(polroles) AS role WHERE role <> 0 AND pg_has_role({role}, role, 'USAGE')))
ORDER BY 1
"""
HIDDEN_FROM_ME: Final = HIDDEN.format(bound="row_security_active(oid)", role="current_user")
HIDDEN_FROM_SERVICE: Final = HIDDEN.format(bound="relrowsecurity", role=f"'{SERVICE}'")
#: Tables whose owner no policy binds yet, and that show it every row once they do.
UNBOUND: Final = """
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relrowsecurity AND NOT relforcerowsecurity
AND relname <> ALL (ARRAY({hidden})) ORDER BY 1
""".replace("{hidden}", HIDDEN.format(bound="relrowsecurity", role="current_user"))
#: Policies bind no superuser. Of others: versions before this role copied rows in as the owner, which one who
#: is bound may not; and who has the rights of parties unasked (by INHERIT) would read by their policies, too.
NOT_YET: Final = """
SELECT NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AND (
    pg_has_role(current_user, 'suyuan_party', 'USAGE')
    OR pg_has_role(current_user, 'suyuan_regulator', 'USAGE')
    OR EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()
               AND (application_name = 'suyuan' OR starts_with(application_name, 'suyuan '))))
"""
MAKE_LOGIN: Final = f"""
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{LOGIN}') THEN
        CREATE ROLE {LOGIN} LOGIN NOSUPERUSER NOINHERIT NOBYPASSRLS;
    END IF;
    GRANT {SERVICE}, suyuan_party, suyuan_regulator TO {LOGIN};
END $$
"""
FORCE: Final = """
DO $$ BEGIN
    EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', current_setting('suyuan.tables'));
END $$
"""
LOCK_TIMEOUT: Final = "SET LOCAL lock_timeout = '1s'"
#: Two services that start at once change what the roles may do one after the other: PostgreSQL takes it badly
#: when two change the rights or the bounds of one table.
ALONE: Final = "SELECT pg_advisory_xact_lock($1)"
LOCK_KEY: Final = 0x5355_5952_4F4C


def as_service(dsn: str) -> str:
    """The address by which connections take on the role as they are opened: `…?role=suyuan_service`."""
    parts = urlsplit(as_owner_of(dsn))
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, f"role={SERVICE}")))))


def as_owner_of(dsn: str) -> str:
    """The address without the role: connections are those of the user that it names."""
    parts = urlsplit(dsn)
    kept = [pair for pair in parts.query.split("&") if pair != f"role={SERVICE}"]
    return urlunsplit(parts._replace(query="&".join(kept)))


def as_owner(dsn: str) -> str:
    """The address by which the tables' owner connects to the service's database: for what changes tables,
    reads them to keep a copy, or erases records. That of the settings, if they have one.
    """
    return settings().database_owner_url or as_owner_of(dsn)


async def allow(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Let the role do what this page says, and nothing else; in a transaction of the caller's, the owner."""
    await connection.execute(SPARE)
    await connection.execute(REVOKE_ALL)
    for may, tables in {**MAY, READ: (*MAY[READ], *VIEWS)}.items():
        await connection.execute(TELL, may, json.dumps(tables))
        await connection.execute(GRANT)
    for statement in BESIDE:
        await connection.execute(statement)


async def bind_owner(dsn: str) -> list[str]:
    """Let policies bind the owner, too, wherever they show it every row; the tables of which it was done.
    None while a version is connected that could not work so, and none that is in use for long: later, then.
    """
    bound: list[str] = []
    connection = await asyncpg.connect(dsn, server_settings={"application_name": "suyuan.owner"})
    try:
        if await connection.fetchval(NOT_YET):
            return []
        for row in await connection.fetch(UNBOUND):
            try:
                async with connection.transaction():
                    await connection.execute(ALONE, LOCK_KEY)
                    await connection.execute(LOCK_TIMEOUT)
                    await connection.execute(TELL, "", row["relname"])
                    await connection.execute(FORCE)
            except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
                continue
            bound.append(row["relname"])
    finally:
        await connection.close()
    return bound


async def may_be_service(dsn: str) -> bool:
    """Whether the user of this address may take on the role, and was let do something in it: where one of the
    roles cannot be made or granted, nothing was.
    """
    try:
        connection = await asyncpg.connect(as_service(dsn))
    except (asyncpg.InvalidParameterValueError, asyncpg.InsufficientPrivilegeError):
        return False
    try:
        return bool(await connection.fetchval("SELECT has_table_privilege('public.event', 'INSERT')"))
    finally:
        await connection.close()


async def make_login(dsn: str) -> str:
    """The address of a user who may be the service, a party or an authority, and nothing else: his session
    cannot go back to the owner. `dsn`: the owner's, on a server that asks for no passwords.
    """
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(MAKE_LOGIN)
    finally:
        await connection.close()
    parts = urlsplit(dsn)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{LOGIN}@{host}"))
