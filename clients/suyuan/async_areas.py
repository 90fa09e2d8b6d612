"""What a client reaches, area by area, for asyncio. `suyuan.areas` is written from this file, too."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from suyuan import events, queries, recall_cases, recalls, registry, signals, streaming, units
from suyuan.events import Event
from suyuan.queries import NamedQuery, Subscription
from suyuan.registry import Batch, BatchDocument, Shelf
from suyuan.signals import LOOKING, RECEIVED, Complaint, Suspect
from suyuan.units import Decommissioned, Package, Reactivated, Unit, Verification

if TYPE_CHECKING:
    from suyuan.async_client import AsyncSuyuan

T = TypeVar("T")


class Rows(Generic[T]):
    """Rows of one kind in the registry."""

    def __init__(self, client: "AsyncSuyuan", shelf: Shelf[T]) -> None:
        self._client = client
        self._shelf = shelf

    async def register(self, /, **fields: Any) -> T:
        """Register one; fields as the registry takes them. Raises `Conflict` where it is registered."""
        return await self._client.send(self._shelf.register(fields))

    async def fetch(self, row_id: int) -> T:
        """The one with this id. Raises `NotFound`."""
        return await self._client.send(self._shelf.fetch(row_id))

    async def change(self, row_id: int, /, **fields: Any) -> T:
        """Change fields of one; None clears."""
        return await self._client.send(self._shelf.change(row_id, fields))

    def list(self, **filters: Any) -> AsyncIterator[T]:
        """All that fit the filters, page after page."""
        return self._client.each(self._shelf.page(filters))

    async def find(self, **filters: Any) -> T | None:
        """The first that fits the filters, or None."""
        return next(iter((await self._client.send(self._shelf.page(filters, 1)(None))).items), None)


class Batches(Rows[Batch]):
    """Batches, their labels and documents."""

    async def label(self, batch_id: int, form: str = "png", **style: Any) -> bytes:
        """The label as an image; style: error_correction, module_mm, dpi, quiet_zone, text."""
        return await self._client.send(registry.draw_label(batch_id, form, style))

    async def add_document(
        self, batch_id: int, fields: Mapping[str, str], file: tuple[str, bytes, str] | None = None
    ) -> BatchDocument:
        """Add a certificate or test report. Fields: `kind` (certificate, test_report), `name`, and perhaps
        `number`, `issuer`, `issued_on`, `valid_until`, `result`; `file`: name, content, media type.
        """
        return await self._client.send(registry.add_document(batch_id, fields, file))

    async def change_document(self, batch_id: int, document_id: int, **fields: Any) -> BatchDocument:
        """Change a document: `file_public`, or `void_reason`, with which it is void for good."""
        return await self._client.send(registry.change_document(batch_id, document_id, fields))

    def documents(self, batch_id: int) -> AsyncIterator[BatchDocument]:
        """Certificates and test reports of a batch."""
        return self._client.each(registry.list_documents(batch_id))


class Recalls:
    """Recall cases."""

    def __init__(self, client: "AsyncSuyuan") -> None:
        self._client = client

    async def open(self, /, **fields: Any) -> recalls.Recall:
        """Open a case; see `suyuan.recalls.open_recall`."""
        return await self._client.send(recalls.open_recall(fields))

    async def fetch(self, recall_id: int) -> recalls.Recall:
        """One case."""
        return await self._client.send(recalls.fetch(recall_id))

    def list(self, **filters: Any) -> AsyncIterator[recalls.Recall]:
        """All cases that fit the filters `status`, `kind`, `batch`."""
        return self._client.each(recalls.page(filters))

    def holders(self, recall_id: int) -> AsyncIterator[recalls.RecallHolder]:
        """Every affected holding of a case: whom to tell, where, what, since when."""
        return self._client.each(recalls.holders(recall_id))

    async def holders_csv(self, recall_id: int) -> bytes:
        """The same as CSV for a spreadsheet."""
        return await self._client.send(recalls.holders_csv(recall_id))

    async def evidence(self, recall_id: int) -> bytes:
        """The frozen trace of a case with its SHA-256."""
        return await self._client.send(recalls.evidence(recall_id))

    async def close(self, recall_id: int, note: str) -> recalls.Recall:
        """Close a case."""
        return await self._client.send(recalls.close(recall_id, note))

    async def preview(self, **scope: Any) -> recall_cases.Preview:
        """What a scope would reach; with `compare=True` also narrower and wider ones. Nothing is stored."""
        return await self._client.send(recall_cases.preview(scope))

    async def move(
        self,
        recall_id: int,
        to: str,
        *,
        note: str | None = None,
        kind: str | None = None,
        hazard_class: int | None = None,
    ) -> recalls.Recall:
        """Move a case: `open`, `completed`, `closed`, `cancelled`. `Conflict` where that is not lawful."""
        decided = {"note": note, "kind": kind, "hazard_class": hazard_class}
        return await self._client.send(recall_cases.move(recall_id, to, decided))

    async def history(self, recall_id: int) -> recall_cases.History:
        """Every move of a case: when, by whom, why."""
        return await self._client.send(recall_cases.history(recall_id))

    async def deadlines(self, recall_id: int) -> recall_cases.Deadlines:
        """What is due in a case, what is due first first."""
        return await self._client.send(recall_cases.deadlines(recall_id))

    async def file_document(
        self, recall_id: int, document: str, *, at: datetime | None = None, note: str | None = None
    ) -> recall_cases.Deadlines:
        """A document was filed (`plan`, `public_notice` ...): what it meets is met."""
        return await self._client.send(recall_cases.file_document(recall_id, document, at, note))

    def board(self, **filters: Any) -> AsyncIterator[recall_cases.BoardLine]:
        """What is due in all cases; filters `overdue`, `days`."""
        return self._client.each(recall_cases.board(filters))

    async def profiles(self) -> Sequence[recall_cases.Profile]:
        """What each jurisdiction asks of a recall."""
        return await self._client.send(recall_cases.profiles())


class Queries:
    """Named queries."""

    def __init__(self, client: "AsyncSuyuan") -> None:
        self._client = client

    async def create(self, name: str, /, **query: Any) -> NamedQuery:
        """Keep a query under a name: parameters of SimpleEventQuery, and `@context` for prefixes."""
        return await self._client.send(queries.create(name, query))

    async def fetch(self, name: str) -> NamedQuery:
        """One query. Raises `NotFound`."""
        return await self._client.send(queries.fetch(name))

    def list(self) -> AsyncIterator[NamedQuery]:
        """All queries, by name."""
        return self._client.each(queries.page())

    async def delete(self, name: str) -> None:
        """Delete a query; its subscriptions and streams end."""
        await self._client.send(queries.delete(name))

    async def events(
        self, name: str, /, *, extensions: Mapping[str, str] | None = None, **query: Any
    ) -> AsyncIterator[Event]:
        """Every event that a query finds; further parameters narrow it."""
        async for written in self._client.each(queries.events_of(name, query, extensions)):
            yield events.as_event(written)

    def stream(
        self, name: str, *, since: datetime | None = None, schedule: Mapping[str, str] | None = None
    ) -> AsyncIterator[Event]:
        """New events as they are recorded, or at the times of a schedule (UTC), until the query is deleted.

        Over a WebSocket, with the package `websockets`. Every event comes once for as long as the connection
        lasts. Raises `Unreachable` when it breaks: go on from the last `recordTime` with `since`, and expect
        the events of that moment again.
        """
        wanted = streaming.want(self._client.connection, name, since=since, schedule=schedule)
        return streaming.async_stream(wanted)


class Subscriptions:
    """Subscriptions to named queries: deliveries by HTTP."""

    def __init__(self, client: "AsyncSuyuan") -> None:
        self._client = client

    async def create(
        self,
        query: str,
        dest: str,
        *,
        schedule: Mapping[str, str] | None = None,
        signature_token: str | None = None,
        report_if_empty: bool = False,
        since: datetime | None = None,
    ) -> Subscription:
        """Have new events posted to an address; see `suyuan.queries.subscribe`, and `verify_signature`."""
        return await self._client.send(
            queries.subscribe(
                query,
                dest,
                schedule=schedule,
                signature_token=signature_token,
                report_if_empty=report_if_empty,
                since=since,
            )
        )

    async def fetch(self, query: str, subscription_id: str) -> Subscription:
        """How one stands."""
        return await self._client.send(queries.subscription(query, subscription_id))

    def list(self, query: str) -> AsyncIterator[Subscription]:
        """Those to a query."""
        return self._client.each(queries.subscriptions(query))

    async def delete(self, query: str, subscription_id: str) -> None:
        """End one. What is on its way may still arrive."""
        await self._client.send(queries.unsubscribe(query, subscription_id))


class Complaints:
    """What consumers complained of."""

    def __init__(self, client: "AsyncSuyuan") -> None:
        self._client = client

    def list(self, **filters: Any) -> AsyncIterator[Complaint]:
        """All that fit the filters `batch`, `product` (id), `kind`, `status`, `since`."""
        return self._client.each(signals.complaints(filters))

    async def fetch(self, complaint_id: int) -> Complaint:
        """One with its history and photos."""
        return await self._client.send(signals.complaint(complaint_id))

    async def change(self, complaint_id: int, /, **fields: Any) -> Complaint:
        """Move one (`status`: received → looking → answered → closed), or write its answer."""
        return await self._client.send(signals.change_complaint(complaint_id, fields))

    async def answer(
        self, complaint_id: int, *, zh: str | None = None, en: str | None = None, status: str = "answered"
    ) -> Complaint:
        """Answer one, in one language or both. One that nobody has looked into goes through `looking`."""
        if (await self.fetch(complaint_id)).status == RECEIVED and status != LOOKING:
            await self.change(complaint_id, status=LOOKING)
        told = {"answer_zh": zh, "answer_en": en}
        words = {name: value for name, value in told.items() if value is not None}
        return await self.change(complaint_id, status=status, **words)

    async def photo(self, complaint_id: int, photo_id: int) -> bytes:
        """A photo, as JPEG."""
        return await self._client.send(signals.photo(complaint_id, photo_id))


class Suspects:
    """Codes that were looked at as no one pack can be."""

    def __init__(self, client: "AsyncSuyuan") -> None:
        self._client = client

    def list(self, **filters: Any) -> AsyncIterator[Suspect]:
        """All that fit the filters `batch`, `product` (id), `status`, `since`."""
        return self._client.each(signals.suspects(filters))

    async def fetch(self, suspect_id: int) -> Suspect:
        """One with its evidence."""
        return await self._client.send(signals.suspect(suspect_id))

    async def decide(self, suspect_id: int, status: str, note: str | None = None) -> Suspect:
        """Say what was found out: `cleared` or `confirmed_fake`."""
        return await self._client.send(signals.decide(suspect_id, status, note))


class Units:
    """Single units, and packages around them."""

    def __init__(self, client: "AsyncSuyuan") -> None:
        self._client = client

    async def fetch(self, unit: str) -> Unit:
        """One unit, by any form of its code: its status, and what was done with it."""
        return await self._client.send(units.fetch(unit))

    async def package(self, code: str) -> Package:
        """A package by its drug code of level 2 or 3, and what is inside."""
        return await self._client.send(units.package(code))

    async def verify(
        self, unit: str, *, lot: str | None = None, expires_on: date | None = None
    ) -> Verification:
        """Whether a pack may be handed over; `lot`, `expires_on`: what is printed on it."""
        return await self._client.send(units.verify(unit, lot, expires_on))

    async def decommission(self, unit: str, status: str, **fields: Any) -> Decommissioned:
        """Verify a pack and take it out of use: sold, dispensed, exported, sampled, stolen or destroyed.

        Fields: `site` (URI or GLN) or `site_id`, and perhaps `lot`, `expires_on`, `at`, `reference`. Raises
        `Conflict` where it may not be, or is gone already.
        """
        return await self._client.send(units.decommission(unit, status, fields))

    async def reactivate(self, unit: str, **fields: Any) -> Reactivated:
        """Take back a mistaken decommissioning: `site` or `site_id`, and `not_supplied=True`."""
        return await self._client.send(units.reactivate(unit, fields))
