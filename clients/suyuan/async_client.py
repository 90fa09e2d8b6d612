"""The client for asyncio. `suyuan.client` is written from this file: `python -m scripts.write_client`."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from suyuan import captures, events, keys, recalls, registry, sheets, signals, traces
from suyuan.async_areas import Batches, Complaints, Queries, Recalls, Rows, Subscriptions, Suspects, Units
from suyuan.async_filing_areas import Alarms, Filings
from suyuan.async_import_areas import Imports
from suyuan.async_key_areas import Audit, Delegations, Invitations, Keys, Members
from suyuan.async_letting_see_areas import Grants, Jurisdictions
from suyuan.async_notice_areas import Notices
from suyuan.async_report_areas import Drills, Reports
from suyuan.async_trade import Trade
from suyuan.call import Call, LineCutter, Lines, Page
from suyuan.captures import CaptureJob, CaptureLimits, Document
from suyuan.connection import Connection, find_connection
from suyuan.events import Event
from suyuan.keys import WhoAmI
from suyuan.problems import Refused, Unreachable, refusal_of
from suyuan.retry import Retry
from suyuan.sending import TIMEOUT, arguments_of, remember_position, request_of
from suyuan.sheets import Language, SheetForm
from suyuan.signals import Looks
from suyuan.traces import Trace, TraceLine

T = TypeVar("T")


class AsyncSuyuan(Trade):
    """A connection to a Suyuan service.

        async with AsyncSuyuan("https://trace.example.cn", key="sy_…") as suyuan:
            trace = await suyuan.trace("06901234567892 L1")

    Address and key come from the arguments, else `SUYUAN_URL` and `SUYUAN_KEY`, else the file that
    `suyuan login` wrote. Failures are `suyuan.SuyuanError`s: `Refused` (with the fields of the problem),
    `Unreachable`, `Unreadable`.
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
        self.pause = pause
        self.parties = Rows(self, registry.PARTIES)
        self.sites = Rows(self, registry.SITES)
        self.products = Rows(self, registry.PRODUCTS)
        self.batches = Batches(self, registry.BATCHES)
        self.recalls = Recalls(self)
        self.notices = Notices(self)
        self.drills = Drills(self)
        self.reports = Reports(self)
        self.filings = Filings(self)
        self.alarms = Alarms(self)
        self.queries = Queries(self)
        self.subscriptions = Subscriptions(self)
        self.complaints = Complaints(self)
        self.suspects = Suspects(self)
        self.units = Units(self)
        self.keys = Keys(self)
        self.members = Members(self)
        self.grants = Grants(self)
        self.jurisdictions = Jurisdictions(self)
        self.invitations = Invitations(self)
        self.delegations = Delegations(self)
        self.audit = Audit(self)
        self.imports = Imports(self)

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
        return call.read(await self._answer(call))

    async def lines(self, lines: Lines[T]) -> AsyncIterator[T]:
        """The lines of an answer as they come; nothing is kept of those that went before."""
        answer = await self._answer(lines.call, stream=True)
        cutter = LineCutter()
        try:
            async for octets in answer.aiter_bytes():
                for line in cutter.cut(octets):
                    yield lines.read(line)
            for line in cutter.last():
                yield lines.read(line)
        except httpx.RequestError as error:
            raise self._unreachable(error) from error
        finally:
            await answer.aclose()

    async def _answer(self, call: Call[Any], *, stream: bool = False) -> httpx.Response:
        """The answer to a call. `stream`: its body is still to be read, and it to be closed."""
        attempt = 0
        while True:
            attempt += 1
            try:
                request = request_of(self._http, call)
                outcome: httpx.Response | httpx.RequestError = await self._http.send(request, stream=stream)
                if stream and isinstance(outcome, httpx.Response) and outcome.is_error:
                    await outcome.aread()
            except httpx.RequestError as error:
                outcome = error
            wait = self._retry.wait(call, attempt, outcome)
            if wait is None:
                break
            await self.pause(wait)
        if isinstance(outcome, httpx.RequestError):
            raise self._unreachable(outcome) from outcome
        if outcome.status_code >= 400:
            raise refusal_of(outcome)
        remember_position(self._http, outcome)
        return outcome

    def _unreachable(self, error: httpx.RequestError) -> Unreachable:
        return Unreachable(self.connection.url, str(error) or type(error).__name__)

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

    async def whoami(self) -> WhoAmI:
        """Whom the service takes this client for, and what it may do."""
        return await self.send(keys.whoami())

    # --- captures --------------------------------------------------------------------------------

    async def capture(
        self, document: Document | bytes, *, proceed: bool = False, idempotency_key: str | None = None
    ) -> CaptureJob:
        """Capture one EPCIS document and answer how it went; the same again doubles nothing.

        `proceed`: store the good events of a document that also has bad ones. `idempotency_key`: a name of
        this very request; sent again, it is answered with the job of the first.
        """
        job = await self.send(captures.capture(document, proceed=proceed, idempotency_key=idempotency_key))
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

    async def events(
        self, *, extensions: Mapping[str, str] | None = None, **query: Any
    ) -> AsyncIterator[Event]:
        """Every event that matches, page after page: parameters of SimpleEventQuery.

        `events(EQ_bizStep=["shipping"], GE_eventTime=moment)`; see `suyuan.events.page`.
        """
        async for written in self.each(events.page(query, extensions)):
            yield events.as_event(written)

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

    def trace_lines(
        self,
        *batches: str,
        backward: bool = False,
        at: datetime | None = None,
        product: str | None = None,
        made_from: date | None = None,
        made_to: date | None = None,
        site: str | None = None,
        skew_seconds: int | None = None,
        flows: bool = True,
    ) -> AsyncIterator[TraceLine]:
        """The same trace line by line, however large: first its summary, then holding after holding, then
        flows (unless left out), gaps, parties and documents.
        """
        asked = traces.trace(
            "backward" if backward else "forward",
            batches,
            at=at,
            product=product,
            made_from=made_from,
            made_to=made_to,
            site=site,
            skew_seconds=skew_seconds,
        )
        return self.lines(traces.as_lines(asked, TraceLine, flows=flows))

    async def trace_csv(self, *batches: str, backward: bool = False) -> bytes:
        """The holders of a trace as CSV for a spreadsheet."""
        return await self.send(traces.as_csv(traces.trace("backward" if backward else "forward", batches)))

    async def sheet(
        self,
        what: str,
        form: SheetForm = "xlsx",
        *,
        language: Language | None = None,
        zone: str | None = None,
        **query: Any,
    ) -> bytes:
        """All of a list, a trace, a case or an event query as a workbook or CSV: `sheet("batches", gtin=…)`,
        `sheet("recalls/7")`, `sheet("trace/forward", batch=…)`, `sheet("events", EQ_bizStep="shipping")`.
        """
        return await self.send(sheets.sheet(what, form, query, language=language, zone=zone))

    async def looks(self, code: str) -> Looks:
        """How often the code of a unit or a batch, in any form, was looked at, by day and city."""
        return await self.send(signals.looks(code))

    async def rebuild(self) -> recalls.Rebuilt:
        """Compute holdings and flows anew from all events. For administrators."""
        return await self.send(recalls.rebuild())
