"""What has been kept long enough is erased, and nothing else."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from service.db.transaction import Transaction
from service.settings import settings
from service.signals.addresses import fetch_salt, parse_address, salted
from service.signals.tidy import Tidied, tidy
from tests.owning import own

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
INSERT = """
INSERT INTO complaint (number, status, kind, text, code, phone, email, bought_where, language, received_at,
    updated_at, closed_at, nonce, fingerprint)
VALUES ($1, CASE WHEN $3::timestamptz IS NULL THEN 'received' ELSE 'closed' END, 'other', 'It is green.', 'x',
    '12345', 'a@b.cn', 'shop', 'zh', $2, $2, $3, $1, 'f')
RETURNING id
"""
INSERT_PHOTO = "INSERT INTO complaint_photo (complaint_id, width, height, content) VALUES ($1, 1, 1, 'p')"


async def complain(tx: Transaction, name: str, *, received: int, closed: int | None = None) -> None:
    """A complaint with contact and a photo, so many days ago."""
    closed_at = None if closed is None else NOW - timedelta(days=closed)
    made = await tx.sql.fetchval(INSERT, name, NOW - timedelta(days=received), closed_at)
    await tx.sql.execute(INSERT_PHOTO, made)


async def kept(tx: Transaction) -> dict[str, tuple[bool, bool, bool, int]]:
    """Of each complaint: whether contact, nonce and text are there, and how many photos."""
    rows = await tx.sql.fetch(
        "SELECT number, phone IS NOT NULL AND email IS NOT NULL AND bought_where IS NOT NULL AS contact, "
        "nonce IS NOT NULL AND fingerprint IS NOT NULL AS nonce, text <> '' AS text, "
        "(SELECT count(*) FROM complaint_photo WHERE complaint_id = complaint.id) AS photos FROM complaint"
    )
    return {row["number"]: (row["contact"], row["nonce"], row["text"], row["photos"]) for row in rows}


async def test_contact_and_photos_go_when_their_time_is_over(tx: Transaction) -> None:
    days, most = settings().contact_kept_days, settings().contact_kept_at_most_days
    await complain(tx, "fresh", received=1)
    await complain(tx, "open", received=most - 1)
    await complain(tx, "open too long", received=most)
    await complain(tx, "closed", received=days, closed=days - 1)
    await complain(tx, "closed long ago", received=days + 5, closed=days)
    await own(tx)
    assert await tidy(tx, NOW) == Tidied(complaints=2, photos=2, days=0)
    assert await kept(tx) == {
        "fresh": (True, True, True, 1),
        "open": (True, False, True, 1),
        "open too long": (False, False, True, 0),
        "closed": (True, False, True, 1),
        "closed long ago": (False, False, True, 0),
    }
    assert await tidy(tx, NOW) == Tidied(0, 0, 0)


async def test_salts_and_hashes_go_soon_and_days_of_looks_late(tx: Transaction) -> None:
    for days in range(5):
        await fetch_salt(tx, (NOW - timedelta(days=days)).date())
    await tx.sql.execute(
        "INSERT INTO scan_seen (visitor, at) VALUES ('old', $1), ('new', $2)",
        NOW - timedelta(minutes=61),
        NOW - timedelta(minutes=59),
    )
    await tx.sql.execute(
        "INSERT INTO complaint_allowance (key, hour, used) VALUES ('k', $1, 1), ('k', $2, 1)",
        NOW - timedelta(hours=3),
        NOW,
    )
    for days in (settings().scans_kept_days + 1, settings().scans_kept_days):
        day = NOW - timedelta(days=days)
        await tx.sql.execute("INSERT INTO scan_day VALUES ('unit', 1, $1, 0, 1, $2, $2)", day.date(), day)
    await own(tx)
    assert (await tidy(tx, NOW)).days == 1
    left = {
        table: await tx.sql.fetchval(f"SELECT count(*) FROM {table}")
        for table in ("daily_salt", "scan_seen", "complaint_allowance", "scan_day")
    }
    assert left == {"daily_salt": 3, "scan_seen": 1, "complaint_allowance": 1, "scan_day": 1}


async def test_a_salt_is_one_for_all_and_another_each_day(tx: Transaction) -> None:
    salt = await fetch_salt(tx, NOW.date())
    assert await fetch_salt(tx, NOW.date()) == salt
    assert await fetch_salt(tx, (NOW + timedelta(days=1)).date()) != salt


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        (None, "not an address", True),
    ],
)
def test_a_hash_tells_addresses_apart_without_telling_them(one: str | None, other: str, same: bool) -> None:
    hashes = [salted(b"s", "scan", parse_address(text)) for text in (one, other)]
    assert (hashes[0] == hashes[1]) is same
    assert not re.search(rb"192|db8", hashes[0])
    assert salted(b"t", "scan", parse_address(one)) != hashes[0]
