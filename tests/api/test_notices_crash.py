"""kill -9 of a service that sends notices: each arrives once, or is seen to have gone perhaps twice; none is
missing.

A hundred by default; `SUYUAN_KILLED_NOTICES=1000 pytest tests/api/test_notices_crash.py -s` sends a thousand
and tells the figures.
"""

import asyncio
import os
import sys
from collections import Counter
from typing import Any

import asyncpg
import httpx

from tests.api.mailing import receiving
from tests.api.sink import listening, until
from tests.server import Server

NOTICES = int(os.environ.get("SUYUAN_KILLED_NOTICES", "100"))
KILLS = 1 if NOTICES <= 100 else 4
#: Of 100 parties 50 are told by mail, 50 by webhook.
PARTIES = """
INSERT INTO party (uri, name_zh, region, quality_manager, source, created_at, updated_at)
SELECT 'https://party.test/' || n, '单位' || n, '350100',
       CASE WHEN n % 2 = 0 THEN jsonb_build_object('email', 'p' || n || '@party.test') ELSE '{}' END,
       'registered', now(), now()
FROM generate_series(1, $1::int) AS n
"""
CHANNELS = """
INSERT INTO party_channel (party_id, kind, address, shown, secret, language, created_at, created_by)
SELECT id, 'webhook', $1::text || '/' || id, 'hook', 'a secret of sixteen', 'zh', now(), 'tests'
FROM party WHERE quality_manager = '{}'
"""
SITES = """
INSERT INTO site (uri, party_id, unspecified, name_zh, region, source, created_at, updated_at)
SELECT uri || '/site', id, false, name_zh || '仓库', region, 'registered', now(), now() FROM party
"""
BATCH = """
INSERT INTO batch (uri, lot, of_one, source, created_at, updated_at)
VALUES ('https://id.gs1.org/01/06901234567892/10/L1', 'L1', false, 'registered', now(), now()) RETURNING id
"""
HOLDINGS = """
INSERT INTO holding (batch_id, site_id, uom, party_id, first_at, last_at, produced, received, shipped,
    consumed, sold, destroyed, sampled)
SELECT $1, id, 'EA', party_id, now(), now(), 0, 10, 0, 0, 0, 0, 0 FROM site WHERE party_id IS NOT NULL
"""
CASE = {
    "title_zh": "召回",
    "title_en": "Recall",
    "reason_zh": "检出沙门氏菌",
    "reason_en": "Salmonella",
    "hazard_class": 1,
    "batch": ["https://id.gs1.org/01/06901234567892/10/L1"],
}
Json = dict[str, Any]


async def seed(database: str, hook: str) -> None:
    """Parties that hold the batch."""
    connection = await asyncpg.connect(database)
    try:
        await connection.execute(PARTIES, NOTICES)
        await connection.execute(CHANNELS, hook)
        await connection.execute(SITES)
        await connection.execute(HOLDINGS, await connection.fetchval(BATCH))
    finally:
        await connection.close()


async def every_notice(server: Server) -> list[Json]:
    """All notices with their deliveries."""
    found: list[Json] = []
    headers = {"Authorization": f"Bearer {server.key}"}
    async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=60) as client:
        page: str | None = None
        while page is not None or not found:
            answer = (
                await client.get("/v1/notices", params={"limit": 500, **({"page": page} if page else {})})
            ).json()
            found += answer["items"]
            page = answer["next_page"]
            if page is None:
                break
    return found


async def test_killed_again_and_again_every_notice_arrives_and_what_went_twice_says_so(
    server: Server, database: str
) -> None:
    async with receiving() as box, listening() as sink:
        settings = {
            "DATABASE_URL": database,
            "SUYUAN_SMTP_URL": box.url,
            "SUYUAN_MAIL_FROM": "recall@maker.test",
            "SUYUAN_NOTICES_PER_SECOND": "1000",
            "SUYUAN_NOTICES_AT_ONCE": "8",
            "SUYUAN_DELIVERY_TIMEOUT_SECONDS": "1",
            "SUYUAN_DELIVERY_RETRY_SECONDS": "0.2",
        }
        await asyncio.to_thread(server.start, **settings)
        await seed(database, sink.url)
        async with httpx.AsyncClient(base_url=server.url, timeout=120) as client:
            headers = {"Authorization": f"Bearer {server.key}"}
            answer = await client.post("/v1/recalls", json=CASE, headers=headers)
            assert answer.status_code == 201, answer.text

        def arrived() -> int:
            return len(box.taken) + len(sink.taken)

        async def kill_after(count: int) -> None:
            await until(lambda: arrived() >= count)
            # What is on its way now is taken, and nobody ever hears that it was.
            box.hold.clear()
            sink.hold.clear()
            before = len(sink.posts)
            await until(lambda: len(sink.posts) > before or arrived() >= NOTICES)
            assert arrived() < NOTICES
            await asyncio.to_thread(server.kill)
            box.hold.set()
            sink.hold.set()
            await asyncio.to_thread(server.start, **settings)

        for kill in range(KILLS):
            await kill_after(NOTICES * (kill + 1) // (KILLS + 2))
        await until(
            lambda: (
                len({mail["X-RcptTo"] for mail in box.taken}) + len({post.path for post in sink.taken})
                >= NOTICES
            )
        )
        deadline = asyncio.get_running_loop().time() + 60
        notices = await every_notice(server)
        while any(one["deliveries"][0]["state"] != "sent" for one in notices):
            assert asyncio.get_running_loop().time() < deadline
            await asyncio.sleep(0.2)
            notices = await every_notice(server)
    assert len(notices) == NOTICES
    deliveries = {one["deliveries"][0]["key"]: one["deliveries"][0] for one in notices}
    mails = Counter(str(mail["Message-ID"]).strip("<>").split("@")[0] for mail in box.taken)
    posts = Counter(post.delivery for post in sink.taken)
    came = mails + posts
    assert came.keys() == deliveries.keys()
    twice = {key for key, times in came.items() if times > 1}
    assert twice <= {key for key, one in deliveries.items() if one["possibly_twice"]}
    assert twice  # the kills did fall in the middle
    marked = sum(one["possibly_twice"] for one in deliveries.values())
    told = f"{len(came)} arrived, {len(twice)} of them twice, {marked} marked possibly twice"
    sys.stdout.write(f"{NOTICES} notices, {KILLS} kills: {told}\n")
