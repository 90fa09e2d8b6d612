"""Whether all is well: questions to the database, the disk and the clocks, each answered with what was seen.

Nothing is changed. The dearest question, whether the projection is what the events say, computes everything
anew in a transaction that is then undone; captures wait meanwhile, so it is asked only when wanted.
"""

import secrets
import shutil
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from service import clock
from service.db.migrate import known_revisions
from service.db.transaction import Transaction, transaction
from service.labels.lettering import find_font
from service.ledger.awaiting import LATE_MOST
from service.ledger.rebuild import RebuildReport, rebuild
from service.operation.bounds_of_roles import ask_service, ask_sight
from service.operation.connections import BESIDE_THE_POOL, connections_of
from service.operation.findings import EXAMPLES, Finding, Question, well
from service.settings import settings
from service.trace.packs import differing

#: How far the database's clock may be from this machine's: events of now would be "in the future".
CLOCKS_APART: Final = timedelta(seconds=5)
#: Free space under which a disk is told of, and under which it is wrong.
FREE_LITTLE: Final = 5 * 1024**3
FREE_TOO_LITTLE: Final = 512 * 1024**2
#: A transaction open for so long keeps vacuum from its work.
OPEN_LONG: Final = timedelta(hours=1)
#: A notice that was to be sent so long ago and was not even tried is late.
NOTICES_LATE: Final = timedelta(minutes=5)
PACKS_LOOKED_AT: Final = 1_000


async def ask_revision(tx: Transaction) -> Finding:
    """Is the schema this version's?"""
    revision = await tx.sql.fetchval("SELECT version_num FROM alembic_version")
    newest, *older = known_revisions()
    if revision == newest:
        return well("schema", f"Revision {revision}.", f"结构版本 {revision}。")
    return Finding(
        "schema",
        "look" if revision in older else "wrong",
        f"Revision {revision}; this version wants {newest}: run `suyuan-service migrate`.",
        f"结构版本 {revision}，应为 {newest}：请运行 suyuan-service migrate。",
    )


async def ask_clocks(tx: Transaction) -> Finding:
    """Do the database and this machine agree what time it is?"""
    before = clock.now()
    theirs = await tx.sql.fetchval("SELECT clock_timestamp()")
    after = clock.now()
    apart = max(before - theirs, theirs - after, timedelta(0))
    seconds = f"{apart.total_seconds():.1f}"
    if apart <= CLOCKS_APART:
        return well("clocks", f"{seconds} s apart.", f"相差 {seconds} 秒。")
    return Finding(
        "clocks",
        "wrong",
        f"The database's clock is {seconds} s from this machine's; set both by NTP.",
        f"数据库与本机时钟相差 {seconds} 秒，请用 NTP 校时。",
    )


#: Question -> what is no row of anything, though it says so. None of these tables has foreign keys.
ORPHANS: Final[dict[str, str]] = {
    "items of events": """
        SELECT event_id AS id FROM event_item WHERE NOT EXISTS (
            SELECT FROM event WHERE event.id = event_item.event_id) LIMIT $1""",
    "journal entries": """
        SELECT event_id AS id FROM journal_entry WHERE NOT EXISTS (
            SELECT FROM event WHERE event.id = journal_entry.event_id) LIMIT $1""",
    "postings": """
        SELECT event_id AS id FROM posting WHERE NOT EXISTS (
            SELECT FROM journal_entry WHERE journal_entry.event_id = posting.event_id) LIMIT $1""",
    "flows": """
        SELECT batch_id AS id FROM flow WHERE NOT EXISTS (
            SELECT FROM batch WHERE batch.id = flow.batch_id) LIMIT $1""",
    "holdings": """
        SELECT batch_id AS id FROM holding WHERE NOT EXISTS (
            SELECT FROM batch WHERE batch.id = holding.batch_id) LIMIT $1""",
    "gaps": """
        SELECT batch_id AS id FROM gap WHERE NOT EXISTS (
            SELECT FROM batch WHERE batch.id = gap.batch_id) LIMIT $1""",
    "units": """
        SELECT id FROM unit WHERE batch_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM batch WHERE batch.id = unit.batch_id) LIMIT $1""",
}


async def ask_orphans(tx: Transaction) -> Finding:
    """Does every derived row belong to something?"""
    found = {
        what: [row["id"] for row in await tx.sql.fetch(query, EXAMPLES)] for what, query in ORPHANS.items()
    }
    told = "; ".join(f"{what}: {ids}" for what, ids in found.items() if ids)
    if not told:
        return well("orphans", "Every row belongs to something.", "没有孤立的行。")
    return Finding(
        "orphans",
        "wrong",
        f"Rows that belong to nothing ({told}); rebuild the ledger.",
        f"存在孤立的行（{told}），请重建台账。",
    )


SOME_PACKS = "SELECT batch_id FROM batch_pack WHERE batch_id >= $1 ORDER BY batch_id LIMIT $2"
LAST_PACK = "SELECT coalesce(max(batch_id), 0) FROM batch_pack"


async def ask_packs(tx: Transaction) -> Finding:
    """Are packs of batches what their rows say? Some that lie together are looked at, others each time."""
    begin = secrets.randbelow(await tx.sql.fetchval(LAST_PACK) + 1)
    some = [row["batch_id"] for row in await tx.sql.fetch(SOME_PACKS, begin, PACKS_LOOKED_AT)]
    stale = sorted(await differing(tx, some))[:EXAMPLES] if some else []
    if not stale:
        return well("packs", f"As their rows, {len(some)} looked at.", f"与明细一致，抽查 {len(some)} 个。")
    return Finding(
        "packs",
        "wrong",
        f"Packs of batches {stale} are not what their rows say: empty batch_pack, and they are made again.",
        f"批次 {stale} 的打包数据与明细不符：请清空 batch_pack 表，系统会重新生成。",
    )


IN_PART = """
SELECT count(*) FILTER (WHERE due_at IS NOT NULL) AS awaiting, min(due_at) AS first_due,
    coalesce(array_agg(batch_id ORDER BY wrong_at DESC) FILTER (WHERE wrong_at IS NOT NULL), '{}') AS wrong
FROM batch_in_part
"""


async def ask_in_part(tx: Transaction) -> Finding:
    """Is what captures projected in part projected whole soon after, and was it right?"""
    row = await tx.sql.fetchrow(IN_PART)
    assert row is not None
    count = row["awaiting"]
    if row["wrong"]:
        some = row["wrong"][:EXAMPLES]
        return Finding(
            "in part",
            "wrong",
            f"What was projected in part of batches {some} was not what the whole says; it is put right. "
            "Tell the project, then delete their rows of batch_in_part.",
            f"批次 {some} 的局部推算曾与整体推算不符，现已更正。"
            "请告知项目维护者，然后删除 batch_in_part 中的相应行。",
        )
    if row["first_due"] is not None and row["first_due"] < clock.now() - LATE_MOST:
        return Finding(
            "in part",
            "look",
            f"{count} batches were to be projected whole by now: let a process with workers run.",
            f"{count} 个批次未按时整体推算：请确保有进程负责后台任务。",
        )
    return well("in part", f"{count} batches await being projected whole.", f"{count} 个批次等待整体推算。")


OLD_TRANSACTIONS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND xact_start < clock_timestamp() - $1::interval
"""


async def ask_transactions(tx: Transaction) -> Finding:
    """Has a transaction been left open?"""
    count = await tx.sql.fetchval(OLD_TRANSACTIONS, OPEN_LONG)
    if not count:
        return well("transactions", "None is open for long.", "没有长时间未结束的事务。")
    return Finding(
        "transactions",
        "look",
        f"{count} open for more than an hour: vacuum waits for them; see pg_stat_activity.",
        f"{count} 个事务已打开超过一小时，会阻碍清理；请查看 pg_stat_activity。",
    )


LATE_NOTICES = """
SELECT count(*) FILTER (WHERE kind = 'email') AS by_mail, count(*) AS all
FROM notice_delivery WHERE state = 'waiting' AND next_at < $1
"""


async def ask_notices(tx: Transaction) -> Finding:
    """Do notices of recalls go out?"""
    row = await tx.sql.fetchrow(LATE_NOTICES, clock.now() - NOTICES_LATE)
    assert row is not None
    if not row["all"]:
        return well("notices", "None is late.", "没有延误。")
    return Finding(
        "notices",
        "wrong",
        f"{row['all']} were to be sent by now ({row['by_mail']} by e-mail): set SUYUAN_SMTP_URL and "
        "SUYUAN_MAIL_FROM, and let a process with workers run.",
        f"{row['all']} 条通知未按时发出（其中邮件 {row['by_mail']} 条）：请设置 SUYUAN_SMTP_URL 与 "
        "SUYUAN_MAIL_FROM，并确保有进程负责发送。",
    )


ALLOWED_CONNECTIONS = """
SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
     - coalesce(nullif(current_setting('reserved_connections', true), '')::int, 0)
"""


async def ask_connections(tx: Transaction) -> Finding:
    """Does the database let in as many connections as the service may open?"""
    told = settings()
    wanted, allowed = connections_of(told), await tx.sql.fetchval(ALLOWED_CONNECTIONS)
    how = f"{told.processes} x ({told.pool_size} + {BESIDE_THE_POOL}) = {wanted}"
    if wanted <= allowed:
        return well("connections", f"{how} of {allowed}.", f"最多 {how} 个，数据库允许 {allowed} 个。")
    return Finding(
        "connections",
        "wrong",
        f"The service opens up to {how} connections, the database lets in {allowed}: raise max_connections, "
        "or lower SUYUAN_PROCESSES or SUYUAN_POOL_SIZE.",
        f"服务最多打开 {how} 个连接，而数据库仅允许 {allowed} 个：请提高 max_connections，"
        "或减小 SUYUAN_PROCESSES、SUYUAN_POOL_SIZE。",
    )


INVALID_INDEXES = """
SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE NOT indisvalid ORDER BY 1
"""


async def ask_indexes(tx: Transaction) -> Finding:
    """Is every index whole? One whose making was interrupted is not."""
    names = [row["relname"] for row in await tx.sql.fetch(INVALID_INDEXES)]
    if not names:
        return well("indexes", "All are valid.", "全部有效。")
    told = ", ".join(names)
    return Finding(
        "indexes",
        "wrong",
        f"Not valid: {told}; run REINDEX INDEX CONCURRENTLY for each.",
        f"无效的索引：{told}；请对其执行 REINDEX INDEX CONCURRENTLY。",
    )


async def ask_font(_tx: Transaction) -> Finding:
    """Can label sheets carry Chinese words?"""
    if find_font() is not None:
        return well("label font", "Found.", "已找到。")
    return Finding(
        "label font",
        "look",
        "No font with Chinese characters; set SUYUAN_LABEL_FONT, or sheets are refused Chinese words.",
        "未找到中文字体；请设置 SUYUAN_LABEL_FONT，否则标签页无法印中文。",
    )


def look_at_disk(directory: Path) -> Finding:
    """Is there room where the data are?"""
    free = shutil.disk_usage(directory).free
    told = f"{free / 1024**3:.1f} GiB"
    if free >= FREE_LITTLE:
        return well("disk", f"{told} free.", f"剩余 {told}。")
    return Finding(
        "disk",
        "wrong" if free < FREE_TOO_LITTLE else "look",
        f"Only {told} free at {directory}; make room, or the database stops.",
        f"{directory} 仅剩 {told}，请尽快清理，否则数据库会停止。",
    )


class _Undone(Exception):
    """Leaves a transaction without committing it."""


async def ask_projection(engine: AsyncEngine) -> Finding:
    """Is the projection what the events say? Computed anew, compared, undone."""
    reports: list[RebuildReport] = []
    with suppress(_Undone):
        async with transaction(engine) as tx:
            reports.append(await rebuild(tx))
            raise _Undone
    (report,) = reports
    counted = f"{report.events} events, {report.flows_after} flows"
    if not report.changed_rows:
        return well("projection", f"Equal to a rebuild: {counted}.", f"与重建结果一致：{counted}。")
    return Finding(
        "projection",
        "wrong",
        f"{report.changed_rows} rows differ from a rebuild ({counted}): run POST /v1/ledger/rebuild.",
        f"有 {report.changed_rows} 行与重建结果不同（{counted}）：请执行 POST /v1/ledger/rebuild。",
    )


QUESTIONS: Final[tuple[Question, ...]] = (
    ask_revision,
    ask_clocks,
    ask_connections,
    ask_sight,
    ask_service,
    ask_indexes,
    ask_orphans,
    ask_packs,
    ask_in_part,
    ask_transactions,
    ask_notices,
    ask_font,
)


async def examine(engine: AsyncEngine, directory: Path | None, *, projection: bool) -> AsyncIterator[Finding]:
    """Ask everything. `directory`: where an embedded PostgreSQL keeps its data; `projection`: that too."""
    if directory is not None:
        yield look_at_disk(directory)
    for question in QUESTIONS:
        async with transaction(engine, snapshot=True) as tx:
            yield await question(tx)
    if projection:
        yield await ask_projection(engine)
