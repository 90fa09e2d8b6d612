"""An upload worked off: read, checked row by row, and stored once somebody says so.

Whoever stores checks again first, so what changed meanwhile is seen, and an upload that was broken off in the
middle goes on with what is missing. Uploads of one party take turns: two files that register the same names
would register them twice.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from service import clock
from service.capture.own_places import check_own_places
from service.db.transaction import borrowed, transaction
from service.errors import Fault, Forbidden, SuyuanError
from service.jobs.duties import Busy
from service.sheets import store
from service.sheets.cells import Named
from service.sheets.checked import Checked, SheetRows
from service.sheets.checking import REGISTERING, Check
from service.sheets.file_rows import FileRows, read_file, why
from service.sheets.known import plain
from service.sheets.looking_up import Wanted, look_up, look_up_batches, look_up_units
from service.sheets.rows import Delivery, Line, event_id_of
from service.sheets.store import Told, Work
from service.sheets.storing import Storing, document_for, known_rows
from service.sheets.uploads import zone_of

logger = logging.getLogger(__name__)

#: First key of the advisory locks of parties whose upload is worked off; the second is the party.
TURN: Final = 0x494D  # "IM"
#: How often an upload is begun that ends with its process or with an error of ours.
ATTEMPTS: Final = 5
#: How far the reading is, is told so often.
TOLD_SECONDS: Final = 1.0
OVER: Final = (
    "The service could not finish this upload, several times over; an operator finds the reason in its log.",
    "服务多次未能完成此次导入，请运维人员查看日志。",
)


async def work_off(engine: AsyncEngine, import_id: int) -> bool:
    """Do what is to be done for an upload; whether there was anything. Raises `Busy`."""
    async with transaction(engine) as tx:
        owner = await store.find_owner(tx, import_id)
    if owner is None:
        return False
    async with _turn(engine, owner):
        # Begun in its turn: who finds somebody else at it has not tried.
        async with transaction(engine) as tx:
            work = await store.begin(tx, import_id)
        if work is None:
            return False
        if work.attempts > ATTEMPTS:
            await _end(engine, work, "failed", OVER)
            return True
        try:
            await _work(engine, work)
        except SuyuanError as error:
            await _end(engine, work, "failed", why(error))
    return True


@asynccontextmanager
async def _turn(engine: AsyncEngine, owner: int) -> AsyncIterator[None]:
    """One upload of a party at a time, in all processes; a turn ends with its process. Raises `Busy`."""
    async with borrowed(engine) as connection:
        if not await connection.fetchval("SELECT pg_try_advisory_lock($1, $2)", TURN, owner):
            raise Busy
        try:
            yield
        finally:
            await connection.execute("SELECT pg_advisory_unlock($1, $2)", TURN, owner)


async def _work(engine: AsyncEngine, work: Work) -> None:
    file = await _read(engine, work)
    found = await _check(engine, work, file)
    await _keep(engine, work, file, found)
    clean = not found.fault_count and not file.faults
    if work.keep is None or not (clean or work.keep == "good"):
        await _end(engine, work, "checked")
        return
    if work.task == "check":
        async with transaction(engine) as tx:
            await store.go_on(tx, work.id, clock.now())
    storing = Storing(engine, work)
    for form in REGISTERING:
        registrations = [each for each in found.registrations if each.form == form]
        if registrations:
            await storing.register(registrations)
            # What others name by its name has its number now.
            found = await _check(engine, work, file)
    await storing.store(found)
    await _end(engine, work, "stored")


async def _end(engine: AsyncEngine, work: Work, state: str, failure: tuple[str, str] | None = None) -> None:
    async with transaction(engine) as tx:
        await store.end(tx, work.id, state, clock.now(), failure)


async def _read(engine: AsyncEngine, work: Work) -> FileRows:
    """The file's rows. Raises `Malformed`, `TooLarge`."""
    async with transaction(engine) as tx:
        content = await store.content_of(tx, work.file_sha256)
    into = FileRows()
    zone = zone_of(work.zone)
    today = clock.now().astimezone(zone).date()
    read = partial(read_file, content, work.file_name, work.choices, zone=zone, today=today, into=into)
    reading = asyncio.create_task(asyncio.to_thread(read))
    while not (await asyncio.wait({reading}, timeout=TOLD_SECONDS))[0]:
        async with transaction(engine) as tx:
            await store.tell_progress(tx, work.id, into.rows, clock.now())
    await reading
    return into


async def _check(engine: AsyncEngine, work: Work, file: FileRows) -> Checked:
    """Everything that is wrong, and what would be stored."""
    caller, owner = work.caller, work.caller.bound_to or 0
    wanted = await asyncio.to_thread(_named, file.sheets)
    async with transaction(engine, snapshot=True) as tx:
        known = await look_up(tx, caller, wanted)
        check = Check(known, file.sheets, now=clock.now())
        await asyncio.to_thread(check.register)
        await look_up_batches(tx, known, await asyncio.to_thread(check.batches_named))
        units, codes = await asyncio.to_thread(check.units_named)
    async with transaction(engine, snapshot=True) as tx:
        # Of the caller's own products; with whose lot a code is registered is told to nobody else.
        await look_up_units(tx, known, units, codes)
    found = await asyncio.to_thread(check.tell, owner)
    await _rights(engine, work, found, file.sheets)
    lines = [line for delivery in found.deliveries for line in delivery.lines]
    async with transaction(engine, snapshot=True) as tx:
        found.known += await known_rows(tx.sql, owner, lines)
    return found


def _named(sheets: Sequence[SheetRows]) -> Wanted:
    wanted = Wanted()
    sets = {
        "name": wanted.names,
        "gln": wanted.glns,
        "uscc": wanted.usccs,
        "gtin": wanted.gtins,
        "uri": wanted.uris,
    }
    seen: set[Named] = set()
    for sheet in sheets:
        for row in sheet.rows:
            for key, value in row.values.items():
                if isinstance(value, Named):
                    if value not in seen and value.by in sets:
                        seen.add(value)
                        sets[value.by].add(plain(value.text) if value.by == "name" else value.text)
                elif sheet.form in REGISTERING and isinstance(value, str):
                    if key in ("name_zh", "name_en"):
                        wanted.names.add(plain(value))
                    elif key in ("gln", "uscc", "gtin"):
                        sets[key].add(value)
    return wanted


async def _rights(engine: AsyncEngine, work: Work, found: Checked, sheets: Sequence[SheetRows]) -> None:
    """Rows that the caller may not tell, as a capture would refuse them: asked once for all rows of one
    place, other end and, where goods come to be, product.
    """
    party = work.caller.bound_to
    if party is None or not found.deliveries:
        return
    alike = _alike(found.deliveries)
    told = [(delivery, delivery.lines[:1]) for delivery, _ in alike]
    names = [event_id_of(lines) for _, lines in told]
    _, events = await asyncio.to_thread(document_for, told, names, work, None, party)
    async with transaction(engine) as tx:
        try:
            await check_own_places(tx, party, events)
        except Forbidden as refused:
            for fault in refused.faults:
                position = int(fault.field.split("/")[3])
                _, lines = alike[names.index(events[position].event_id)]
                for line in lines:
                    found.fault(_not_to_tell(line, fault, sheets))
    found.drop_bad_lines()


def _alike(deliveries: Sequence[Delivery]) -> list[tuple[Delivery, list[Line]]]:
    """A delivery of one line for all lines that are judged alike, and those."""
    found: dict[tuple[object, ...], tuple[Delivery, list[Line]]] = {}
    for delivery in deliveries:
        head = delivery.head
        for line in delivery.lines:
            makes = head.step == "harvest" or line.output
            product = line.uri.partition("/10/")[0].partition("/lot/")[0] if makes else None
            key = (head.step, head.place, head.other, product)
            if key not in found:
                found[key] = (Delivery(replace(head), [line]), [])
            found[key][1].append(line)
    return list(found.values())


def _not_to_tell(line: Line, fault: Fault, sheets: Sequence[SheetRows]) -> Told:
    key = "product" if "ilmd" in fault.field or "List" in fault.field.rpartition("eventList")[2] else "site"
    sheet = next(each for each in sheets if each.name == line.sheet)
    value = None if fault.value is None else str(fault.value)
    return Told(
        *(line.sheet, line.row, sheet.headings.get(key), key, value, fault.message, fault.message_zh),
        *("capture:not-yours", sheet.places.get(key)),
    )


async def _keep(engine: AsyncEngine, work: Work, file: FileRows, found: Checked) -> None:
    """What the check found, for whoever asks."""
    for sheet in file.sheets:
        sheet.told["rows_faulty"] = len(found.bad.get(sheet.name, ()))
    now: datetime = clock.now()
    order = {sheet.name: at for at, sheet in enumerate(file.sheets)}
    kept = sorted([*file.faults, *found.faults], key=lambda told: (order.get(told.sheet, 0), told.row or 0))
    async with transaction(engine) as tx:
        await store.keep_checked(
            tx,
            work.id,
            rows=file.rows,
            faulty=found.rows_faulty,
            known=found.known,
            faults=found.fault_count + len(file.faults),
            kept=kept,
            sheets=[sheet.told for sheet in file.sheets],
            now=now,
        )
