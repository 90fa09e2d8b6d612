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
    **dict.fromkeys(("posting", "flow", "holding", "gap"), "batch_id"),
    **dict.fromkeys(("journal_entry", "event_item"), "event_id"),
}
#: Rows that a shard sends, or is sent, together.
TOGETHER: Final = 5_000


def front(shards: Sequence[str]) -> Iterator[str]:
    """The statements that spread a database, rows and all, over shards: `key=value …` of libpq each."""
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
        yield f"CREATE USER MAPPING FOR CURRENT_USER SERVER shard_{number} {_options(login)}"
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


def _options(told: Mapping[str, str]) -> str:
    if not told:
        return ""
    pairs = (f"{name} '{value.replace(chr(39), chr(39) * 2)}'" for name, value in told.items())
    return f"OPTIONS ({', '.join(pairs)})"


def main() -> None:
    """Print the statements."""
    sys.stdout.writelines(f"{statement};\n" for statement in front(sys.argv[1:]))


if __name__ == "__main__":
    main()
