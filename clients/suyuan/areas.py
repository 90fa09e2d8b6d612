"""What a client reaches, area by area, for ordinary code: written from its twin by `scripts.write_client`."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from suyuan import events, queries, recall_cases, recalls, registry, signals, streaming, units
from suyuan.events import Event
from suyuan.queries import NamedQuery, Subscription
from suyuan.registry import Batch, BatchDocument, Shelf
from suyuan.signals import LOOKING, RECEIVED, Complaint, Suspect
from suyuan.units import Decommissioned, Package, Reactivated, Unit, Verification

if TYPE_CHECKING:
    from suyuan.client import Suyuan

T = TypeVar("T")


class Rows(Generic[T]):
    """Rows of one kind in the registry."""

    def __init__(self, client: "Suyuan", shelf: Shelf[T]) -> None:
        self._client = client
        self._shelf = shelf

    def register(self, /, **fields: Any) -> T:
        """Register one; fields as the registry takes them. Raises `Conflict` where it is registered."""
        return self._client.send(self._shelf.register(fields))

    def fetch(self, row_id: int) -> T:
        """The one with this id. Raises `NotFound`."""
        return self._client.send(self._shelf.fetch(row_id))

    def change(self, row_id: int, /, **fields: Any) -> T:
        """Change fields of one; None clears."""
        return self._client.send(self._shelf.change(row_id, fields))

    def list(self, **filters: Any) -> Iterator[T]:
        """All that fit the filters, page after page."""
        return self._client.each(self._shelf.page(filters))

    def find(self, **filters: Any) -> T | None:
        """The first that fits the filters, or None."""
        return next(iter(self._client.send(self._shelf.page(filters, 1)(None)).items), None)


class Batches(Rows[Batch]):
    """Batches, their labels and documents."""

    def label(self, batch_id: int, form: str = "png", **style: Any) -> bytes:
        """The label as an image; style: error_correction, module_mm, dpi, quiet_zone, text."""
        return self._client.send(registry.draw_label(batch_id, form, style))

    def add_document(
        self, batch_id: int, fields: Mapping[str, str], file: tuple[str, bytes, str] | None = None
    ) -> BatchDocument:
        """Add a certificate or test report. Fields: `kind` (certificate, test_report), `name`, and perhaps
        `number`, `issuer`, `issued_on`, `valid_until`, `result`; `file`: name, content, media type.
        """
        return self._client.send(registry.add_document(batch_id, fields, file))

    def change_document(self, batch_id: int, document_id: int, **fields: Any) -> BatchDocument:
        """Change a document: `file_public`, or `void_reason`, with which it is void for good."""
        return self._client.send(registry.change_document(batch_id, document_id, fields))

    def documents(self, batch_id: int) -> Iterator[BatchDocument]:
        """Certificates and test reports of a batch."""
        return self._client.each(registry.list_documents(batch_id))


class Recalls:
    """Recall cases."""

    def __init__(self, client: "Suyuan") -> None:
        self._client = client

    def open(self, /, **fields: Any) -> recalls.Recall:
        """Open a case; see `suyuan.recalls.open_recall`."""
        return self._client.send(recalls.open_recall(fields))

    def fetch(self, recall_id: int) -> recalls.Recall:
        """One case."""
        return self._client.send(recalls.fetch(recall_id))

    def list(self, **filters: Any) -> Iterator[recalls.Recall]:
        """All cases that fit the filters `status`, `kind`, `batch`."""
        return self._client.each(recalls.page(filters))

    def holders(self, recall_id: int) -> Iterator[recalls.RecallHolder]:
        """Every affected holding of a case: whom to tell, where, what, since when."""
        return self._client.each(recalls.holders(recall_id))

    def holders_csv(self, recall_id: int) -> bytes:
        """The same as CSV for a spreadsheet."""
        return self._client.send(recalls.holders_csv(recall_id))

    def evidence(self, recall_id: int) -> bytes:
        """The frozen trace of a case with its SHA-256."""
        return self._client.send(recalls.evidence(recall_id))

    def close(self, recall_id: int, note: str) -> recalls.Recall:
        """Close a case."""
        return self._client.send(recalls.close(recall_id, note))

    def preview(self, **scope: Any) -> recall_cases.Preview:
        """What a scope would reach; with `compare=True` also narrower and wider ones. Nothing is stored."""
        return self._client.send(recall_cases.preview(scope))

    def move(
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
        return self._client.send(recall_cases.move(recall_id, to, decided))

    def history(self, recall_id: int) -> recall_cases.History:
        """Every move of a case: when, by whom, why."""
        return self._client.send(recall_cases.history(recall_id))

    def deadlines(self, recall_id: int) -> recall_cases.Deadlines:
        """What is due in a case, what is due first first."""
        return self._client.send(recall_cases.deadlines(recall_id))

    def file_document(
        self, recall_id: int, document: str, *, at: datetime | None = None, note: str | None = None
    ) -> recall_cases.Deadlines:
        """A document was filed (`plan`, `public_notice` ...): what it meets is met."""
        return self._client.send(recall_cases.file_document(recall_id, document, at, note))

    def board(self, **filters: Any) -> Iterator[recall_cases.BoardLine]:
        """What is due in all cases; filters `overdue`, `days`."""
        return self._client.each(recall_cases.board(filters))

    def profiles(self) -> Sequence[recall_cases.Profile]:
        """What each jurisdiction asks of a recall."""
        return self._client.send(recall_cases.profiles())


class Queries:
    """Named queries."""

    def __init__(self, client: "Suyuan") -> None:
        self._client = client

    def create(self, name: str, /, **query: Any) -> NamedQuery:
        """Keep a query under a name: parameters of SimpleEventQuery, and `@context` for prefixes."""
        return self._client.send(queries.create(name, query))

    def fetch(self, name: str) -> NamedQuery:
        """One query. Raises `NotFound`."""
        return self._client.send(queries.fetch(name))

    def list(self) -> Iterator[NamedQuery]:
        """All queries, by name."""
        return self._client.each(queries.page())

    def delete(self, name: str) -> None:
        """Delete a query; its subscriptions and streams end."""
        self._client.send(queries.delete(name))

    def events(
        self, name: str, /, *, extensions: Mapping[str, str] | None = None, **query: Any
    ) -> Iterator[Event]:
        """Every event that a query finds; further parameters narrow it."""
        for written in self._client.each(queries.events_of(name, query, extensions)):
            yield events.as_event(written)

    def stream(
        self, name: str, *, since: datetime | None = None, schedule: Mapping[str, str] | None = None
    ) -> Iterator[Event]:
        """New events as they are recorded, or at the times of a schedule (UTC), until the query is deleted.

        Over a WebSocket, with the package `websockets`. Every event comes once for as long as the connection
        lasts. Raises `Unreachable` when it breaks: go on from the last `recordTime` with `since`, and expect
        the events of that moment again.
        """
        wanted = streaming.want(self._client.connection, name, since=since, schedule=schedule)
        return streaming.stream(wanted)


class Subscriptions:
    """Subscriptions to named queries: deliveries by HTTP."""

    def __init__(self, client: "Suyuan") -> None:
        self._client = client

    def create(
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
        return self._client.send(
            queries.subscribe(
                query,
                dest,
                schedule=schedule,
                signature_token=signature_token,
                report_if_empty=report_if_empty,
                since=since,
            )
        )

    def fetch(self, query: str, subscription_id: str) -> Subscription:
        """How one stands."""
        return self._client.send(queries.subscription(query, subscription_id))

    def list(self, query: str) -> Iterator[Subscription]:
        """Those to a query."""
        return self._client.each(queries.subscriptions(query))

    def delete(self, query: str, subscription_id: str) -> None:
        """End one. What is on its way may still arrive."""
        self._client.send(queries.unsubscribe(query, subscription_id))


class Complaints:
    """What consumers complained of."""

    def __init__(self, client: "Suyuan") -> None:
        self._client = client

    def list(self, **filters: Any) -> Iterator[Complaint]:
        """All that fit the filters `batch`, `product` (id), `kind`, `status`, `since`."""
        return self._client.each(signals.complaints(filters))

    def fetch(self, complaint_id: int) -> Complaint:
        """One with its history and photos."""
        return self._client.send(signals.complaint(complaint_id))

    def change(self, complaint_id: int, /, **fields: Any) -> Complaint:
        """Move one (`status`: received → looking → answered → closed), or write its answer."""
        return self._client.send(signals.change_complaint(complaint_id, fields))

    def answer(
        self, complaint_id: int, *, zh: str | None = None, en: str | None = None, status: str = "answered"
    ) -> Complaint:
        """Answer one, in one language or both. One that nobody has looked into goes through `looking`."""
        if self.fetch(complaint_id).status == RECEIVED and status != LOOKING:
            self.change(complaint_id, status=LOOKING)
        told = {"answer_zh": zh, "answer_en": en}
        words = {name: value for name, value in told.items() if value is not None}
        return self.change(complaint_id, status=status, **words)

    def photo(self, complaint_id: int, photo_id: int) -> bytes:
        """A photo, as JPEG."""
        return self._client.send(signals.photo(complaint_id, photo_id))


class Suspects:
    """Codes that were looked at as no one pack can be."""

    def __init__(self, client: "Suyuan") -> None:
        self._client = client

    def list(self, **filters: Any) -> Iterator[Suspect]:
        """All that fit the filters `batch`, `product` (id), `status`, `since`."""
        return self._client.each(signals.suspects(filters))

    def fetch(self, suspect_id: int) -> Suspect:
        """One with its evidence."""
        return self._client.send(signals.suspect(suspect_id))

    def decide(self, suspect_id: int, status: str, note: str | None = None) -> Suspect:
        """Say what was found out: `cleared` or `confirmed_fake`."""
        return self._client.send(signals.decide(suspect_id, status, note))


class Units:
    """Single units, and packages around them."""

    def __init__(self, client: "Suyuan") -> None:
        self._client = client

    def fetch(self, unit: str) -> Unit:
        """One unit, by any form of its code: its status, and what was done with it."""
        return self._client.send(units.fetch(unit))

    def package(self, code: str) -> Package:
        """A package by its drug code of level 2 or 3, and what is inside."""
        return self._client.send(units.package(code))

    def verify(self, unit: str, *, lot: str | None = None, expires_on: date | None = None) -> Verification:
        """Whether a pack may be handed over; `lot`, `expires_on`: what is printed on it."""
        return self._client.send(units.verify(unit, lot, expires_on))

    def decommission(self, unit: str, status: str, **fields: Any) -> Decommissioned:
        """Verify a pack and take it out of use: sold, dispensed, exported, sampled, stolen or destroyed.

        Fields: `site` (URI or GLN) or `site_id`, and perhaps `lot`, `expires_on`, `at`, `reference`. Raises
        `Conflict` where it may not be, or is gone already.
        """
        return self._client.send(units.decommission(unit, status, fields))

    def reactivate(self, unit: str, **fields: Any) -> Reactivated:
        """Take back a mistaken decommissioning: `site` or `site_id`, and `not_supplied=True`."""
        return self._client.send(units.reactivate(unit, fields))
