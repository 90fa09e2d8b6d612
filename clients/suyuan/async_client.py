"""The client for asyncio. `suyuan.client` has the same methods for ordinary code."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

import httpx

from suyuan import captures, recalls, registry, traces
from suyuan.call import Call, Page
from suyuan.captures import CaptureJob, CaptureLimits, Document
from suyuan.connection import Connection, find_connection
from suyuan.problems import Refused, Unreachable, refusal_of
from suyuan.registry import Batch, BatchDocument, Shelf
from suyuan.retry import Retry
from suyuan.sending import TIMEOUT, arguments_of, request_of
from suyuan.traces import Trace

T = TypeVar("T")


class AsyncSuyuan:
    """A connection to a Suyuan service.

        async with AsyncSuyuan("https://trace.example.cn", key="sy_…") as suyuan:
            trace = await suyuan.trace("06901234567892 L1")

    Arguments and failures are those of `suyuan.Suyuan`.
    """

    def __init__(
        self,
        url: str | None = None,
        key: str | None = None,
        *,
        timeout: float = TIMEOUT,
        retry: Retry = Retry(),
        transport: httpx.AsyncBaseTransport | None = None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.connection: Connection = find_connection(url, key)
        self._http = httpx.AsyncClient(transport=transport, **arguments_of(self.connection, timeout))
        self._retry = retry
        self._pause = pause
        self.parties = Rows(self, registry.PARTIES)
        self.sites = Rows(self, registry.SITES)
        self.products = Rows(self, registry.PRODUCTS)
        self.batches = Batches(self, registry.BATCHES)
        self.recalls = Recalls(self)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def send(self, call: Call[T]) -> T:
        """Send any call; again, where that can help. Raises `SuyuanError`s."""
        attempt = 0
        while True:
            attempt += 1
            try:
                outcome: httpx.Response | httpx.RequestError = await self._http.send(
                    request_of(self._http, call)
                )
            except httpx.RequestError as error:
                outcome = error
            wait = self._retry.wait(call, attempt, outcome)
            if wait is None:
                break
            await self._pause(wait)
        if isinstance(outcome, httpx.RequestError):
            raise Unreachable(self.connection.url, str(outcome) or type(outcome).__name__) from outcome
        if outcome.status_code >= 400:
            raise refusal_of(outcome)
        return call.read(outcome)

    async def each(self, page_with: Callable[[str | None], Call[Page[T]]]) -> AsyncIterator[T]:
        """Every row of a list, page after page."""
        token: str | None = None
        while True:
            page = await self.send(page_with(token))
            for row in page.items:
                yield row
            token = page.next_page
            if token is None:
                return

    # --- captures --------------------------------------------------------------------------------

    async def capture(self, document: Document | bytes, *, proceed: bool = False) -> CaptureJob:
        """Capture one EPCIS document and answer how it went; the same again doubles nothing.

        `proceed`: store the good events of a document that also has bad ones.
        """
        job = await self.send(captures.capture(document, proceed=proceed))
        return await self.send(captures.read_job(job))

    async def capture_all(
        self, documents: Iterable[Document | bytes], *, proceed: bool = False
    ) -> AsyncIterator[CaptureJob]:
        """Capture documents of any size, cut to what the service takes; a job for each part."""
        limits: CaptureLimits | None = None
        for document in documents:
            limits = limits or await self.capture_limits()
            for part in captures.parts_of(captures.encoded(document), limits):
                yield await self.capture(part, proceed=proceed)

    def capture_files(self, paths: Iterable[Path], *, proceed: bool = False) -> AsyncIterator[CaptureJob]:
        """Capture files, as `capture_all`."""
        return self.capture_all((path.read_bytes() for path in paths), proceed=proceed)

    async def capture_event(self, event: Mapping[str, Any]) -> str:
        """Capture one bare event; the answer is its path."""
        return await self.send(captures.capture_event(event))

    async def event(self, event_id: str) -> dict[str, Any]:
        """The event with this `eventID` and its error declarations, as an EPCISQueryDocument."""
        return await self.send(captures.read_event(event_id))

    async def capture_limits(self) -> CaptureLimits:
        """What one document may hold; the usual where the service does not say."""
        try:
            return await self.send(captures.read_limits())
        except Refused as refused:
            if refused.status not in captures.SILENT:
                raise
            return CaptureLimits()

    # --- traces ----------------------------------------------------------------------------------

    async def trace(
        self,
        *batches: str,
        backward: bool = False,
        at: datetime | None = None,
        product: str | None = None,
        made_from: date | None = None,
        made_to: date | None = None,
        site: str | None = None,
        skew_seconds: int | None = None,
    ) -> Trace:
        """Who holds what now; `backward`: where it came from. See `suyuan.traces.trace`."""
        return await self.send(
            traces.trace(
                "backward" if backward else "forward",
                batches,
                at=at,
                product=product,
                made_from=made_from,
                made_to=made_to,
                site=site,
                skew_seconds=skew_seconds,
            )
        )

    async def trace_csv(self, *batches: str, backward: bool = False) -> bytes:
        """The holders of a trace as CSV for a spreadsheet."""
        return await self.send(traces.as_csv(traces.trace("backward" if backward else "forward", batches)))

    async def rebuild(self) -> recalls.Rebuilt:
        """Compute holdings and flows anew from all events. For administrators."""
        return await self.send(recalls.rebuild())


class Rows(Generic[T]):
    """Rows of one kind in the registry."""

    def __init__(self, client: AsyncSuyuan, shelf: Shelf[T]) -> None:
        self._client = client
        self._shelf = shelf

    async def register(self, **fields: Any) -> T:
        """Register one; fields as the registry takes them. Raises `Conflict` where it is registered."""
        return await self._client.send(self._shelf.register(fields))

    async def fetch(self, row_id: int) -> T:
        """The one with this id. Raises `NotFound`."""
        return await self._client.send(self._shelf.fetch(row_id))

    async def change(self, row_id: int, **fields: Any) -> T:
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

    def documents(self, batch_id: int) -> AsyncIterator[BatchDocument]:
        """Certificates and test reports of a batch."""
        return self._client.each(registry.list_documents(batch_id))


class Recalls:
    """Recall cases."""

    def __init__(self, client: AsyncSuyuan) -> None:
        self._client = client

    async def open(self, **fields: Any) -> recalls.Recall:
        """Open a case; see `suyuan.recalls.open_recall`."""
        return await self._client.send(recalls.open_recall(fields))

    async def fetch(self, recall_id: int) -> recalls.Recall:
        """One case."""
        return await self._client.send(recalls.fetch(recall_id))

    def list(self, **filters: Any) -> AsyncIterator[recalls.Recall]:
        """All cases that fit the filters `status`, `batch`."""
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
