"""Past one machine, for reading: the hot tables spread over several PostgreSQL servers, by batch.

    python -m scripts.sharding "host=10.0.0.1 dbname=suyuan" "host=10.0.0.2 dbname=suyuan" … | psql …

prints what makes the database that psql speaks to the front of these: each hot table becomes one that is
partitioned by hash, whose partitions are the shards' own tables, by stock `postgres_fdw`. Every shard is a
database migrated by `suyuan-service migrate`; the service's statements stay as they are. What works so, and
what does not: `docs/scale.md`.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

#: Table -> by what it is spread. What belongs to a batch lies together; so does what belongs to an event.
SPREAD: Final[Mapping[str, str]] = {
    **dict.fromkeys(("posting", "flow", "holding", "gap", "batch_pack"), "batch_id"),
    **dict.fromkeys(("journal_entry", "event_item"), "event_id"),
}
#: Rows that a shard sends, or is sent, together.
TOGETHER: Final = 5_000


#: What parties see is said by policies, and views that these read, which name tables by number: they are made
#: anew on the new ones.
KEEP_POLICIES: Final = (
    """
CREATE TEMPORARY TABLE kept_policy ON COMMIT DROP AS
SELECT tablename, policyname, cmd, qual,
       (SELECT string_agg(quote_ident(role), ', ') FROM unnest(roles) AS role) AS roles
FROM pg_policies WHERE schemaname = 'public'
""",
    """
CREATE TEMPORARY TABLE kept_view ON COMMIT DROP AS
SELECT viewname, definition FROM pg_views WHERE schemaname = 'public'
""",
)
DROP_POLICIES: Final = """
DO $$ DECLARE kept record; BEGIN
    FOR kept IN SELECT * FROM kept_policy LOOP
        EXECUTE format('DROP POLICY %I ON %I', kept.policyname, kept.tablename);
    END LOOP;
    FOR kept IN SELECT * FROM kept_view LOOP
        EXECUTE format('DROP VIEW %I', kept.viewname);
    END LOOP;
END $$
"""
MAKE_POLICIES: Final = """
DO $$ DECLARE kept record; BEGIN
    FOR kept IN SELECT * FROM kept_view LOOP
        EXECUTE format('CREATE VIEW %I AS %s', kept.viewname, kept.definition);
    END LOOP;
    FOR kept IN SELECT * FROM kept_policy LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', kept.tablename);
        EXECUTE format('CREATE POLICY %I ON %I FOR %s TO %s USING (%s)',
                       kept.policyname, kept.tablename, kept.cmd, kept.roles, kept.qual);
    END LOOP;
END $$
"""


def front(shards: Sequence[str]) -> Iterator[str]:
    """The statements that spread a database, rows and all, over shards: `key=value …` of libpq each. For one
    transaction; the service grants parties their reading when it starts the next time.
    """
    yield "CREATE EXTENSION IF NOT EXISTS postgres_fdw"
    for number, address in enumerate(shards):
        told: dict[str, str] = dict(pair.split("=", 1) for pair in address.split())
        login: dict[str, str] = {name: told.pop(name) for name in ("user", "password") if name in told}
        # All shards are asked at once. Nothing is known of their rows here, but that there are many.
        told |= {
            "async_capable": "true",
            "fetch_size": str(TOGETHER),
            "batch_size": str(TOGETHER),
            "fdw_tuple_cost": "0.001",
        }
        yield f"CREATE SERVER shard_{number} FOREIGN DATA WRAPPER postgres_fdw {_options(told)}"
        if "password" not in login:
            login["password_required"] = "false"
        # Parties' questions are asked in a role of their own.
        yield f"CREATE USER MAPPING FOR PUBLIC SERVER shard_{number} {_options(login)}"
    yield from KEEP_POLICIES
    yield DROP_POLICIES
    for table, key in SPREAD.items():
        yield f"ALTER TABLE {table} RENAME TO {table}_of_one"
        yield f"CREATE TABLE {table} (LIKE {table}_of_one INCLUDING DEFAULTS) PARTITION BY HASH ({key})"
        for number in range(len(shards)):
            yield (
                f"CREATE FOREIGN TABLE {table}_{number} PARTITION OF {table} "
                f"FOR VALUES WITH (MODULUS {len(shards)}, REMAINDER {number}) "
                f"SERVER shard_{number} OPTIONS (table_name '{table}')"
            )
        yield f"INSERT INTO {table} SELECT * FROM {table}_of_one"
        yield f"DROP TABLE {table}_of_one"
        yield f"ANALYZE {table}"
    yield MAKE_POLICIES


def _options(told: Mapping[str, str]) -> str:
    if not told:
        return ""
    pairs = (f"{name} '{value.replace(chr(39), chr(39) * 2)}'" for name, value in told.items())
    return f"OPTIONS ({', '.join(pairs)})"


def main() -> None:
    """Print the statements."""
    statements = ("BEGIN", *front(sys.argv[1:]), "COMMIT")
    sys.stdout.writelines(f"{statement};\n" for statement in statements)


if __name__ == "__main__":
    main()
