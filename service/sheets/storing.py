"""What a check found good, stored piece by piece: each piece with the count of its rows in one transaction.

Nothing is doubled: registrations are found on record by the next check, lots and serial numbers by their
keys, and a row that tells what happened by its digest, which is written with the event that tells it.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from service import clock
from service.auth.caller import Caller
from service.auth.permissions import Permission
from service.auth.standing import require_standing
from service.capture import conduct
from service.capture.own_places import teller
from service.db.transaction import Transaction, transaction
from service.errors import Conflict
from service.events.identifying import Identified, identify_events
from service.events.json_document import document_of
from service.events.model import Document
from service.registry.parties import register_party
from service.registry.products import register_product
from service.registry.schemas import NewParty, NewProduct, NewSite
from service.registry.sites import register_site
from service.sheets import store
from service.sheets.checked import Checked, NewBatch, NewSerial
from service.sheets.registrations import Registration
from service.sheets.rows import CONTEXT, Delivery, Line, event_id_of, event_of
from service.sheets.store import Work
from service.units.drug_codes import register_codes
from service.units.registering import Registered, register_list

#: What it takes to upload, and to have it stored.
STORING: Final = frozenset({Permission.CAPTURE, Permission.REGISTER})
#: Rows of one transaction: registrations, one by one; lots; rows of events. Each transaction of events
#: projects all that is known of their lots again, so it takes many.
REGISTERED_AT_ONCE: Final = 100
BATCHES_AT_ONCE: Final = 10_000
LINES_AT_ONCE: Final = 25_000
#: Serial numbers of one piece of a list.
ENTRIES_AT_ONCE: Final = 10_000

# What a capture has named keeps what was told of it where the row says nothing.
INSERT_BATCHES: Final = """
INSERT INTO batch (uri, product_id, lot, of_one, made_on, expires_on, quantity, uom, origin_site_id, source,
    created_at, updated_at)
SELECT told.uri, product.id, told.lot, false, told.made_on, told.expires_on, told.quantity, told.uom, site.id,
    'registered', $9, $9
FROM unnest($1::text[], $2::text[], $3::text[], $4::date[], $5::date[], $6::numeric[], $7::text[], $8::text[])
    AS told (uri, product, lot, made_on, expires_on, quantity, uom, origin)
JOIN product ON product.uri = told.product
LEFT JOIN site ON site.uri = told.origin
WHERE $10::bigint IS NULL OR product.party_id = $10
ORDER BY told.uri
ON CONFLICT (uri) DO UPDATE SET product_id = excluded.product_id, lot = excluded.lot,
    made_on = excluded.made_on, expires_on = coalesce(excluded.expires_on, batch.expires_on),
    quantity = coalesce(excluded.quantity, batch.quantity), uom = coalesce(excluded.uom, batch.uom),
    origin_site_id = coalesce(excluded.origin_site_id, batch.origin_site_id), source = 'registered',
    updated_at = excluded.updated_at
WHERE batch.source <> 'registered'
RETURNING uri
"""
FIND_BATCH: Final = """
SELECT batch.id FROM batch JOIN product ON product.id = batch.product_id
WHERE batch.uri = $1 AND ($2::bigint IS NULL OR product.party_id = $2)
"""
# Rows of another upload that is storing the same wait here, and find what it has committed.
TAKE_ROWS: Final = """
INSERT INTO import_row (owner, digest, event_id)
SELECT $1, digest, '' FROM unnest($2::bytea[]) AS told (digest) ORDER BY digest
ON CONFLICT DO NOTHING RETURNING digest
"""
NAME_EVENTS: Final = """
UPDATE import_row SET event_id = told.event_id
FROM unnest($2::bytea[], $3::text[]) AS told (digest, event_id)
WHERE owner = $1 AND import_row.digest = told.digest
"""
# An event that was declared in error tells nothing any more: its rows may be told again.
VOIDED: Final = """
SELECT told.digest, told.event_id FROM import_row AS told
JOIN event ON event.event_id = told.event_id AND NOT event.declares_error
WHERE told.owner = $1 AND told.digest = ANY($2::bytea[])
  AND EXISTS (SELECT FROM correction WHERE original_id = event.id AND NOT disregarded)
"""
FORGET_ROWS: Final = "DELETE FROM import_row WHERE owner = $1 AND digest = ANY($2::bytea[])"
FIND_ROWS: Final = "SELECT digest FROM import_row WHERE owner = $1 AND digest = ANY($2::bytea[])"
GLN: Final = "SELECT gln FROM party WHERE id = $1"


#: Deliveries, and those of their rows that are to be told.
Told = Sequence[tuple[Delivery, Sequence[Line]]]


@dataclass(frozen=True, slots=True)
class Storing:
    """The storing of one upload."""

    engine: AsyncEngine
    work: Work

    @property
    def caller(self) -> Caller:
        """In whose name."""
        return self.work.caller

    @property
    def owner(self) -> int:
        """Whose rows these are; 0: operators'."""
        return self.caller.bound_to or 0

    @asynccontextmanager
    async def _piece(self) -> AsyncIterator[Transaction]:
        """The transaction of one piece. Raises `Forbidden` where the caller may not store any more: a key
        that is taken back ends here, too.
        """
        async with transaction(self.engine) as tx:
            await require_standing(tx, self.caller, STORING, clock.now())
            yield tx

    async def register(self, registrations: Sequence[Registration]) -> None:
        """Parties, sites or products, by the registry's own verbs. Raises as they do."""
        for some in _parts(registrations, REGISTERED_AT_ONCE):
            async with self._piece() as tx:
                for each in some:
                    await _register(tx, self.caller, each)
                await store.count(tx, self.work.id, stored=len(some), now=clock.now())

    async def store(self, checked: Checked) -> None:
        """All else."""
        for batches in _parts(list(checked.batches.values()), BATCHES_AT_ONCE):
            await self._batches(batches)
        for uri, pieces in checked.serials.items():
            await self._serials(uri, list(pieces.values()))
        for deliveries in _by_lines(checked.deliveries):
            await self._deliveries(deliveries)

    async def _batches(self, batches: Sequence[NewBatch]) -> None:
        columns = [
            [getattr(each, name) for each in batches]
            for name in ("uri", "product", "lot", "made_on", "expires_on", "quantity", "uom", "origin")
        ]
        now = clock.now()
        async with self._piece() as tx:
            made = await tx.sql.fetch(INSERT_BATCHES, *columns, now, self.caller.bound_to)
            await store.count(tx, self.work.id, stored=len(made), now=now)

    async def _serials(self, uri: str, pieces: Sequence[NewSerial]) -> None:
        """The serial numbers and drug codes of one lot, by the verbs of units."""
        async with self._piece() as tx:
            batch = await tx.sql.fetchval(FIND_BATCH, uri, self.caller.bound_to)
            if batch is None:
                raise Conflict(f"Batch {uri} is not here any more.", f"批次 {uri} 已不存在。")
            done: list[Registered] = []
            alone = [(each.row, each.serial) for each in pieces if each.code is None and each.serial]
            if alone:
                done.append(await register_list(tx, batch, _entries(alone), by=self.caller.name))
            for level in (1, 2, 3):
                coded = [
                    (each.row, ",".join(filter(None, (each.code, each.serial))))
                    for each in pieces
                    if each.code is not None and each.level == level
                ]
                if coded:
                    done.append(
                        await register_codes(
                            *(tx, batch, _entries(coded)),
                            level=level,
                            by=self.caller.name,
                            party=self.caller.bound_to,
                        )
                    )
            problems = [fault for each in done for fault in each.problems]
            if problems:
                raise Conflict(
                    f"{problems[0].field}: {problems[0].value}: {problems[0].message}",
                    f"{problems[0].field}：{problems[0].value}：{problems[0].message_zh}",
                    problems,
                )
            stored = sum(each.registered for each in done)
            await store.count(tx, self.work.id, stored=stored, now=clock.now())

    async def _deliveries(self, deliveries: Sequence[Delivery]) -> None:
        """Rows that tell what happened, those of them that no event tells yet."""
        digests = [line.digest for delivery in deliveries for line in delivery.lines]
        async with self._piece() as tx:
            voided = dict(map(tuple, await tx.sql.fetch(VOIDED, self.owner, digests)))
            if voided:
                await tx.sql.execute(FORGET_ROWS, self.owner, list(voided))
            taken = {row["digest"] for row in await tx.sql.fetch(TAKE_ROWS, self.owner, digests)}
            issuer = await tx.sql.fetchval(GLN, self.caller.bound_to)
            told = [
                (delivery, lines)
                for delivery in deliveries
                if (lines := [line for line in delivery.lines if line.digest in taken])
            ]
            if told:
                names = [event_id_of(lines, voided) for _, lines in told]
                make = partial(document_for, told, names, self.work, issuer, self.owner)
                await self._capture(tx, *await asyncio.to_thread(make))
                await self._name(tx, told, names)
            await store.count(tx, self.work.id, stored=len(taken), events=len(told), now=clock.now())

    async def _capture(self, tx: Transaction, document: Document, events: list[Identified]) -> None:
        told = await teller(tx, self.caller.bound_to, events)
        job = await conduct.capture(tx, document, events=events, told=told)
        if not job.success:
            raise Conflict(job.errors[0]["detail"], job.errors[0]["detail_zh"])

    async def _name(self, tx: Transaction, told: Told, names: Sequence[str]) -> None:
        """Say which event tells each row."""
        pairs = zip(told, names, strict=True)
        named = [(line.digest, name) for (_, lines), name in pairs for line in lines]
        await tx.sql.execute(NAME_EVENTS, self.owner, *map(list, zip(*named, strict=True)))


async def _register(tx: Transaction, caller: Caller, each: Registration) -> None:
    body = each.body
    if isinstance(body, NewParty):
        await register_party(tx, caller, body)
    elif isinstance(body, NewSite):
        await register_site(tx, caller, body)
    else:
        assert isinstance(body, NewProduct)
        await register_product(tx, caller, body)


def document_for(
    told: Told, names: Sequence[str], work: Work, issuer: str | None, owner: int
) -> tuple[Document, list[Identified]]:
    """The EPCIS document of these rows, read and checked as any that is captured. `names`: of its events.
    Raises `Malformed`.
    """
    events: list[dict[str, Any]] = [
        event_of(
            *(delivery.head, lines),
            name=name,
            file=work.file_name,
            sha256=work.file_sha256,
            issuer=issuer,
            owner=owner,
        )
        for (delivery, lines), name in zip(told, names, strict=True)
    ]
    document = document_of(
        {
            "@context": CONTEXT,
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": clock.now().isoformat(timespec="milliseconds"),
            "epcisBody": {"eventList": events},
        },
        max_events=len(events),
    )
    return document, identify_events(document)


async def known_rows(sql: "asyncpg.Connection[asyncpg.Record]", owner: int, lines: Sequence[Line]) -> int:
    """How many of these rows an event tells already."""
    known = 0
    for some in _parts(lines, BATCHES_AT_ONCE):
        digests = [line.digest for line in some]
        known += len(await sql.fetch(FIND_ROWS, owner, digests))
        known -= len(await sql.fetch(VOIDED, owner, digests))
    return known


def _parts(things: Sequence[Any], most: int) -> Iterator[Sequence[Any]]:
    return (things[at : at + most] for at in range(0, len(things), most))


def _by_lines(deliveries: Sequence[Delivery]) -> Iterator[list[Delivery]]:
    """Deliveries, as many together as make a good piece."""
    some: list[Delivery] = []
    lines = 0
    for delivery in deliveries:
        if some and lines + len(delivery.lines) > LINES_AT_ONCE:
            yield some
            some, lines = [], 0
        some.append(delivery)
        lines += len(delivery.lines)
    if some:
        yield some


async def _entries(entries: Sequence[tuple[int, str]]) -> AsyncIterator[list[tuple[int, str]]]:
    for some in _parts(entries, ENTRIES_AT_ONCE):
        yield list(some)
