"""Time in the demo world: actions happen in order, are recorded as events, and leave as documents."""

import heapq
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any, Final
from uuid import UUID

from suyuan.demo.dice import Dice
from suyuan.demo.events import Document, Event, document_of
from suyuan.demo.identifiers import canonical_batch
from suyuan.demo.network import Company, Place, Product, Uris
from suyuan.demo.numbers import sscc_of
from suyuan.demo.stock import Lot, Stock

CHINA_TIME: Final = timezone(timedelta(hours=8))
#: A Monday. Worlds of every seed begin here, and end within `LONGEST` of it.
BEGINNING: Final = datetime(2026, 3, 2, 7, 0, tzinfo=CHINA_TIME)
LONGEST: Final = timedelta(days=170)
#: No two events of a world happen at the same moment, so that "before" and "after" have one meaning.
TICK: Final = timedelta(milliseconds=1)
#: Percent of events that come with the next document only: somebody was offline.
LATE: Final = 2
#: Percent of events that bring their own eventID.
NAMED: Final = 12
EVENTS_OF_A_DOCUMENT: Final = 500

Action = Callable[[], None]


@dataclass(frozen=True, slots=True)
class BatchEntry:
    """A batch for the registry, known from the moment it is made."""

    lot: Lot
    place: Place
    quantity: int | None
    #: Certificates and test reports, as `POST /v1/batches/{id}/documents` takes their fields.
    papers: tuple[Mapping[str, str], ...] = ()

    def payload(self, uris: Uris) -> dict[str, Any]:
        """As `POST /v1/batches` takes it."""
        product = self.lot.product
        made = self.lot.made_at.date()
        body: dict[str, Any] = {
            "lot": self.lot.number,
            "made_on": made.isoformat(),
            "expires_on": expiry_of(product, made).isoformat(),
            "uom": product.uom,
            "origin_site": self.place.uri(uris),
        }
        if product.gtin:
            body["gtin"] = product.gtin
        else:
            body["product"] = product.uri(uris)
        if self.quantity is not None:
            body["quantity"] = str(self.quantity)
        return body


def expiry_of(product: Product, made: date) -> date:
    """Last day of the shelf life."""
    return made + timedelta(days=product.shelf_life_days)


class Simulation:
    """One run of a world: the agenda of what will happen, the stock, and the events recorded so far."""

    def __init__(self, seed: int, uris: Uris, events_of_a_document: int = EVENTS_OF_A_DOCUMENT) -> None:
        self.uris = uris
        self.stock = Stock()
        self.now = BEGINNING
        self.events = 0
        self.contaminated: Lot | None = None
        self._dice = Dice(seed, "paper")
        self._agenda: list[tuple[datetime, int, Action]] = []
        self._scheduled = 0
        self._recorded: list[Event] = []
        self._late: list[Event] = []
        self._batches: list[BatchEntry] = []
        self._counters: dict[str, int] = {}
        self._events_of_a_document = events_of_a_document

    # --- what sectors do -------------------------------------------------------------------------

    def after(self, wait: timedelta, action: Action) -> None:
        """Let something happen `wait` from now."""
        self._scheduled += 1
        heapq.heappush(self._agenda, (self.now + wait, self._scheduled, action))

    def tick(self) -> datetime:
        """The moment of the next event: later than every moment given out before."""
        self.now += TICK
        return self.now

    def record(self, event: Event) -> None:
        """Write an event down."""
        if self._dice.chance(NAMED):
            number = self._dice.bits() << 64 | self._dice.bits()
            event = {**event, "eventID": f"urn:uuid:{UUID(int=number, version=4)}"}
        late = self._dice.chance(LATE)
        (self._late if late else self._recorded).append(event)
        self.events += 1

    def enter_batch(self, lot: Lot, place: Place, quantity: int | None, *papers: Mapping[str, str]) -> None:
        """Tell the registry of a new batch and its papers."""
        self._batches.append(BatchEntry(lot, place, quantity, papers))
        if lot.contaminated:
            self.contaminated = lot

    def number(self, name: str) -> int:
        """The next number of a series: 1, 2, 3 …"""
        self._counters[name] = number = self._counters.get(name, 0) + 1
        return number

    def new_sscc(self, company: Company) -> str:
        """A Serial Shipping Container Code that no pallet has yet."""
        return sscc_of(company.prefix, self.number(f"sscc:{company.key}"))

    def uri_of(self, lot: Lot) -> str:
        """The canonical URI of a lot."""
        return lot.name or canonical_batch(lot.product, lot.number, self.uris)

    # --- what a reader does ----------------------------------------------------------------------

    def documents(self) -> Iterator[Document]:
        """Let the world happen; documents as they fill. Memory is bounded by what is under way."""
        size = self._events_of_a_document
        while self._agenda:
            at, _, action = heapq.heappop(self._agenda)
            self.now = max(at, self.now)
            action()
            while len(self._recorded) >= size:
                yield self._document(self._recorded[:size], self._recorded[size:])
        if rest := self._recorded + self._late:
            self._late = []
            for first in range(0, len(rest), size):
                yield document_of(rest[first : first + size])
            self._recorded = []

    def take_batches(self) -> list[BatchEntry]:
        """The batches made since this was last asked."""
        entries, self._batches = self._batches, []
        return entries

    def _document(self, events: list[Event], rest: list[Event]) -> Document:
        self._recorded = self._late + rest
        self._late = []
        return document_of(events)


def lot_data(lot: Lot, **more: str) -> dict[str, Any]:
    """Instance/lot master data of a lot (CBV names)."""
    made = lot.made_at.date()
    data: dict[str, Any] = {
        "cbvmda:lotNumber": lot.number,
        "gs1:productionDate": made.isoformat(),
        "cbvmda:itemExpirationDate": expiry_of(lot.product, made).isoformat(),
    }
    data.update({name.replace("__", ":"): value for name, value in more.items()})
    return data
