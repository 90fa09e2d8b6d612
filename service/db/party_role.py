"""The database role in which a party's questions are answered.

Row-level security shows it rows by what the transaction says of the party (`auth.sight`), and tables that
nobody opened to parties not at all: a new table, or a column that is left out here, is closed until somebody
decides. The service's own role owns the tables and is not bound by the policies: captures, projections and
recalls must see everything.
"""

import json
from typing import Final

import asyncpg

ROLE: Final = "suyuan_party"

#: Tables that parties read, rows by policy where one stands in the revisions; and columns of them that they
#: do not read: the evidence of a case is everybody's trade.
OPEN: Final[dict[str, tuple[str, ...]]] = {
    "party": (),
    "site": (),
    "product": (),
    "batch": (),
    "batch_document": (),
    "stored_file": (),
    "unit": (),
    "event_context": (),
    "namespace": (),
    "event": (),
    "event_item": (),
    "journal_entry": (),
    "flow": (),
    "holding": (),
    "gap": (),
    "capture_job": (),
    "recall": ("evidence",),
    "recall_batch": (),
    "recall_holding": (),
}

MAKE: Final = """
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'suyuan_party') THEN
        CREATE ROLE suyuan_party NOLOGIN NOSUPERUSER NOINHERIT NOBYPASSRLS;
    END IF;
    IF NOT pg_has_role(current_user, 'suyuan_party', 'MEMBER') THEN
        EXECUTE format('GRANT suyuan_party TO %I', current_user);
    END IF;
END $$
"""
REVOKE_ALL: Final = "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM suyuan_party"
USE_SCHEMA: Final = "GRANT USAGE ON SCHEMA public TO suyuan_party"
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
          AND attname NOT IN (SELECT json_array_elements_text(told.closed))
        GROUP BY attrelid
    LOOP
        EXECUTE format('GRANT SELECT (%s) ON %s TO suyuan_party', opened.columns, opened.name);
    END LOOP;
END $$
"""
#: pg_advisory_xact_lock key: two services that start at once make the role one after the other, and it
#: belongs to all databases of the server.
LOCK_KEY: Final = 0x5355_5952_4F4C


async def ensure_party_role(dsn: str) -> None:
    """Make the role where there is none, and let it read what is open, and nothing else.

    Where our own role may not make roles, nothing is changed: parties' questions are then refused
    (`auth.sight`), and an operator makes the role by hand.
    """
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK_KEY)
            await connection.execute(MAKE)
            await connection.execute(REVOKE_ALL)
            await connection.execute(USE_SCHEMA)
            await connection.execute("SELECT set_config('suyuan.opened', $1, true)", json.dumps(OPEN))
            await connection.execute(GRANT)
    except asyncpg.InsufficientPrivilegeError:
        return
    finally:
        await connection.close()
