"""Events of the trade, for ordinary code: written from its twin by `scripts.write_client`."""

from abc import ABC, abstractmethod
from typing import TypeVar, Unpack

from suyuan import captures, trade_events
from suyuan.call import Call
from suyuan.capture_queue import CaptureQueue, Sent
from suyuan.captures import CapturedEvent, CaptureJob
from suyuan.goods import Code, Goods, Quantity
from suyuan.places import Place
from suyuan.problems import SuyuanError
from suyuan.trade_events import Event, Told, ToldOfLot

T = TypeVar("T")


class Trade(ABC):
    """Events of the trade. Each method builds the event of its name (see `suyuan.trade_events`), captures
    it and answers it; sent again after a failure, it is stored once. Raises `WrongField` before anything is
    sent, and `SuyuanError`s.
    """

    @abstractmethod
    def send(self, call: Call[T]) -> T:
        """Send any call."""

    def tell(self, event: Event) -> CapturedEvent:
        """Capture an event that was built before; told again, it is stored once."""
        return self.send(captures.tell(event))

    def send_kept(self, queue: CaptureQueue) -> Sent:
        """Send what waits in a queue, in its order, until it is empty or the service is out of reach (which
        `Sent.stopped_by` says; call it again later). What is refused is put apart, and the next one sent.
        """
        sent = Sent()
        while (kept := queue.first()) is not None:
            try:
                path = self.send(captures.capture(kept.content, idempotency_key=kept.name))
                outcome: CaptureJob | SuyuanError = self.send(captures.read_job(path))
            except SuyuanError as error:
                outcome = error
            if not queue.settle(kept, outcome, sent):
                break
        return sent

    def commission(
        self,
        goods: Goods,
        quantity: Quantity | None = None,
        uom: str | None = None,
        *,
        at: Place,
        **told: Unpack[ToldOfLot],
    ) -> CapturedEvent:
        """Goods come to be."""
        return self.tell(trade_events.commission(goods, quantity, uom, at=at, **told))

    def harvest(
        self,
        goods: Goods,
        quantity: Quantity | None = None,
        uom: str | None = None,
        *,
        at: Place,
        **told: Unpack[ToldOfLot],
    ) -> CapturedEvent:
        """A harvest or catch comes to be."""
        return self.tell(trade_events.harvest(goods, quantity, uom, at=at, **told))

    def ship(
        self,
        goods: Goods,
        quantity: Quantity | None = None,
        uom: str | None = None,
        *,
        at: Place,
        **told: Unpack[Told],
    ) -> CapturedEvent:
        """Goods leave `at`, for `to`."""
        return self.tell(trade_events.ship(goods, quantity, uom, at=at, **told))

    def receive(
        self,
        goods: Goods,
        quantity: Quantity | None = None,
        uom: str | None = None,
        *,
        at: Place,
        **told: Unpack[Told],
    ) -> CapturedEvent:
        """Goods arrive at `at`, from `source`."""
        return self.tell(trade_events.receive(goods, quantity, uom, at=at, **told))

    def return_(
        self,
        goods: Goods,
        quantity: Quantity | None = None,
        uom: str | None = None,
        *,
        at: Place,
        **told: Unpack[Told],
    ) -> CapturedEvent:
        """Goods leave `at`, back to whom they came from (`to`)."""
        return self.tell(trade_events.return_(goods, quantity, uom, at=at, **told))

    def sell(
        self,
        goods: Goods,
        quantity: Quantity | None = None,
        uom: str | None = None,
        *,
        at: Place,
        **told: Unpack[Told],
    ) -> CapturedEvent:
        """Goods go to consumers."""
        return self.tell(trade_events.sell(goods, quantity, uom, at=at, **told))

    def destroy(
        self,
        goods: Goods,
        quantity: Quantity | None = None,
        uom: str | None = None,
        *,
        at: Place,
        **told: Unpack[Told],
    ) -> CapturedEvent:
        """Goods are destroyed."""
        return self.tell(trade_events.destroy(goods, quantity, uom, at=at, **told))

    def sample(
        self,
        goods: Goods,
        quantity: Quantity | None = None,
        uom: str | None = None,
        *,
        at: Place,
        **told: Unpack[Told],
    ) -> CapturedEvent:
        """Samples are taken, and used up in testing."""
        return self.tell(trade_events.sample(goods, quantity, uom, at=at, **told))

    def inspect(
        self,
        goods: Goods,
        quantity: Quantity | None = None,
        uom: str | None = None,
        *,
        at: Place,
        **told: Unpack[Told],
    ) -> CapturedEvent:
        """Goods are looked at, and found there."""
        return self.tell(trade_events.inspect(goods, quantity, uom, at=at, **told))

    def transform(
        self,
        inputs: Goods,
        outputs: Goods,
        *,
        at: Place,
        transformation_id: str | None = None,
        **told: Unpack[ToldOfLot],
    ) -> CapturedEvent:
        """Inputs become outputs."""
        return self.tell(
            trade_events.transform(inputs, outputs, at=at, transformation_id=transformation_id, **told)
        )

    def pack(self, parent: Code, children: Goods, *, at: Place, **told: Unpack[Told]) -> CapturedEvent:
        """Children are put into, or on, the parent."""
        return self.tell(trade_events.pack(parent, children, at=at, **told))

    def unpack(
        self, parent: Code, children: Goods | None = None, *, at: Place, **told: Unpack[Told]
    ) -> CapturedEvent:
        """Children are taken out of the parent; all that it holds where none are named."""
        return self.tell(trade_events.unpack(parent, children, at=at, **told))
