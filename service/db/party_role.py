"""The database roles in which the questions of parties and of authorities are answered.

Row-level security shows them rows by what the transaction says of the caller (`auth.sight`), and tables that
nobody opened not at all: a new table, or a column that is left out here, is closed until somebody decides.
The service's own role (`service_role.py`) sees every row: captures, projections and recalls must.
"""

import json
from typing import Final

import asyncpg
from sqlalchemy import Connection, text

from service.db.service_role import ALONE, LOCK_KEY, OWNER, SERVICE, allow
from service.errors import Unavailable

ROLES: Final = ("suyuan_party", "suyuan_regulator")

#: Tables that both read, rows by the policies of the revisions (one for each role: a table that has
#: row-level security shows a role without a policy nothing); and columns of them that they do not read: the
#: evidence of a case is everybody's trade.
OPEN: Final[dict[str, tuple[str, ...]]] = {
    "party": (),
    "site": (),
    "product": (),
    "batch": (),
    "batch_document": (),
    "stored_file": (),
    "unit": (),
    "drug_code": (),
    "complaint": (),
    "complaint_photo": (),
    "suspect_code": (),
    "scan_day": (),
    "scan_total": (),
    "scan_place": (),
    "link": (),
    "event_context": (),
    "namespace": (),
    "event": (),
    "event_item": (),
    "posting": (),
    "journal_entry": (),
    "flow": (),
    "holding": (),
    # To nobody else but the owner: they read rows.
    "batch_pack": (),
    "gap": (),
    "capture_job": (),
    "correction": (),
    "named_query": (),
    "subscription": ("signature_token",),
    "recall": ("evidence",),
    "recall_batch": (),
    "recall_holding": (),
    "audit_read": (),
    "recall_deadline": (),
    "drill": (),
    "sheet_import": ("caller",),
    "import_fault": (),
    "import_file": (),
}

#: Views that the policies of the roles read; the roles must be let read them, too. Numbers of rows, no names.
BEHIND: Final = ("place",)
#: Of the tables above, the registry: who there is, where, and what is traded, everybody who calls may know.
REGISTRY: Final = frozenset({"party", "site", "product", "event_context", "namespace", "scan_place"})

LOGINLESS: Final = "CREATE ROLE {role} NOLOGIN"
MAKE: Final = """
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
        CREATE ROLE {role} NOLOGIN NOSUPERUSER NOINHERIT NOBYPASSRLS;
    END IF;
    -- Since PostgreSQL 16 whoever makes a role is a member that may not take it on.
    IF NOT pg_has_role(current_user, '{role}', {member}) THEN
        EXECUTE format('GRANT {role} TO %I', current_user) || {how};
    END IF;
END $$
"""
OLD: Final = "current_setting('server_version_num')::int < 160000"
#: Taken on when it is asked for; what is not asked for is nobody's.
TAKEN_ON: Final = {
    "member": f"CASE WHEN {OLD} THEN 'MEMBER' ELSE 'SET' END",
    "how": f"CASE WHEN {OLD} THEN '' ELSE ' WITH INHERIT FALSE' END",
}
#: Roles that policies name, are not here, and may not be made.
MISSING: Final = """
SELECT name FROM unnest($1::text[]) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
  AND NOT (SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user)
"""
#: The policies of it hold for its members as they are.
INHERITED: Final = {
    "member": "'USAGE'",
    "how": f"CASE WHEN {OLD} THEN '' ELSE ' WITH INHERIT TRUE' END",
}
REVOKE_ALL: Final = "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}"
USE_SCHEMA: Final = "GRANT USAGE ON SCHEMA public TO {role}"
GRANT: Final = """
DO $$ DECLARE
    opened record;
BEGIN
    FOR opened IN
        SELECT attrelid::regclass AS name, string_agg(quote_ident(attname), ', ') AS columns
        FROM pg_attribute
        JOIN json_each(current_setting('suyuan.opened')::json) AS told (name, closed)
          ON attrelid = to_regclass('public.' || quote_ident(told.name))
        WHERE attnum > 0 AND NOT attisdropped
          AND NOT has_column_privilege('{role}', attrelid, attnum, 'SELECT')
          AND attname NOT IN (SELECT json_array_elements_text(told.closed))
        GROUP BY attrelid
    LOOP
        EXECUTE format('GRANT SELECT (%s) ON %s TO {role}', opened.columns, opened.name);
    END LOOP;
END $$
"""


def let_read(connection: Connection) -> None:
    """Let the roles, where they are there, read what a revision has just added, in its transaction: a version
    that still serves asks for all columns of a table, and may read none of them where it may not read one.
    """
    there = text("SELECT rolname FROM pg_roles WHERE rolname = ANY(:roles)")
    roles = connection.execute(there, {"roles": list(ROLES)}).scalars().all()
    connection.execute(text("SELECT set_config('suyuan.opened', :opened, true)"), {"opened": _opened()})
    for role in roles:
        connection.exec_driver_sql(GRANT.format(role=role))


async def check_roles(dsn: str) -> None:
    """Raise `Unavailable`, with what an administrator has to do, where a role is missing that policies name
    and that whoever migrates may not make.
    """
    connection = await asyncpg.connect(dsn)
    try:
        missing = [row["name"] for row in await connection.fetch(MISSING, [*ROLES, SERVICE, OWNER])]
        user = await connection.fetchval("SELECT quote_ident(current_user)")
    finally:
        await connection.close()
    if missing:
        made = " ".join(f"{LOGINLESS.format(role=role)};" for role in missing)
        granted = (
            f"GRANT {', '.join((*ROLES, SERVICE))} TO {user} WITH INHERIT FALSE; GRANT {OWNER} TO {user};"
        )
        raise Unavailable(
            f"The database user {user} may not make roles. An administrator of the server makes them "
            "once, and lets this user take them on (on PostgreSQL 15 without the words about INHERIT): "
            f"{made} {granted}",
            f"数据库用户 {user} 无权创建角色。请服务器管理员执行一次"
            f"（PostgreSQL 15 去掉 WITH INHERIT FALSE）：{made} {granted}",
        )


async def ensure_roles(dsn: str) -> None:
    """Make the roles where there are none, and let them read what is open, and nothing else.

    Where our own role may not make roles, nothing is changed: questions of parties and authorities are then
    refused (`auth.sight`), and an operator makes the roles by hand.
    """
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction():
            await connection.execute(ALONE, LOCK_KEY)
            await connection.execute("SELECT set_config('suyuan.opened', $1, true)", _opened())
            for role in ROLES:
                await connection.execute(MAKE.format(role=role, **TAKEN_ON))
                for statement in (REVOKE_ALL, USE_SCHEMA, GRANT):
                    await connection.execute(statement.format(role=role))
            await connection.execute(MAKE.format(role=SERVICE, **TAKEN_ON))
            await connection.execute(MAKE.format(role=OWNER, **INHERITED))
            await allow(connection)
    except asyncpg.InsufficientPrivilegeError:
        return
    finally:
        await connection.close()


def _opened() -> str:
    return json.dumps(OPEN | dict.fromkeys(BEHIND, ()))
