"""What callers do while something breaks: captures, registrations, sales, recalls, and looks at codes."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import msgspec

from service.events.json_document import dump_event
from tests.api.registering import TEA
from tests.faults.scene import CASE, FINE, KEEPERS, RECALLED, TILLS, Scene
from tests.faults.wishes import Wish, Wishes
from tests.world import (
    Json,
    commission,
    document,
    gln,
    pack,
    receive,
    ship,
    transform,
    uri,
)

LD_JSON = "application/ld+json"
PROBLEM = "application/problem+json"
#: Between the requests of one caller, and after one that was not acknowledged.
PAUSE_SECONDS = 0.01
UNANSWERED_SECONDS = 0.3
#: What of a lot is asked for, with the answer that says how it stands.
LOOKS = {"status": "/v1/recall-status", "page": "/p", "redirect": ""}
STANDINGS = {RECALLED: "recalled", FINE: "no_recall_known"}


def paper(number: int) -> list[Json]:
    """One document: goods of its own that are packed, shipped, received, and baked."""

    def name(part: str) -> str:
        return f"{number}-{part}"

    return [
        commission(f"L{number}=10", "A=10", at="farm", on=1, id=name("made")),
        pack(f"@P{number}", f"L{number}=10", "A=5", at="farm", on=2, id=name("packed")),
        ship(f"@P{number}", at="farm", to="plant", on=3, id=name("shipped"), po=str(number)),
        receive(f"@P{number}", at="plant", source="farm", on=4, id=name("received"), po=str(number)),
        transform([f"L{number}=10"], ["pie/X=9"], at="plant", on=5, id=name("baked")),
    ]


@dataclass
class Load:
    """Callers of a scene. `lost_connections`: whether a request may end without an answer: only where the
    service itself is what breaks; `pause`: seconds between the requests of one caller.
    """

    scene: Scene
    client: httpx.AsyncClient
    wishes: Wishes = field(default_factory=Wishes)
    lost_connections: bool = False
    pause: float = PAUSE_SECONDS
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def post(self, wish: Wish) -> httpx.Response | None:
        """Send a wish and note what became of it; None where nobody answered."""
        headers = {"Content-Type": wish.media, "Idempotency-Key": f"{wish.kind}-{wish.name}"}
        try:
            answer = await self.client.post(wish.path, content=wish.body, headers=headers)
        except httpx.TransportError as error:
            self._nobody(f"POST {wish.path}", error)
            return None
        self.wishes.answered += 1
        self.judge(f"POST {wish.path}", answer)
        if answer.is_success:
            wish.acknowledged = True
            if answer.content:
                wish.answer = answer.json()
        elif answer.status_code == 409:
            wish.refused = True
        elif answer.status_code != 503:
            self.wishes.wrong.append(f"POST {wish.path}: {answer.status_code} {answer.text[:300]}")
        return answer

    def judge(self, what: str, answer: httpx.Response) -> None:
        """A failure must be a problem in two languages, and never our own defect."""
        if answer.status_code < 400:
            return
        self.wishes.unavailable += answer.status_code == 503
        if answer.headers.get("content-type") == PROBLEM:
            told = answer.json()
            well = told.get("detail") and told.get("detail_zh") and told["status"] == answer.status_code
        else:
            well = False
        late = answer.status_code != 503 or "retry-after" in answer.headers
        if not (well and late and answer.status_code != 500):
            self.wishes.wrong.append(f"{what}: {answer.status_code} {answer.text[:300]}")

    def _nobody(self, what: str, error: httpx.TransportError) -> None:
        self.wishes.unanswered += 1
        if not self.lost_connections:
            self.wishes.wrong.append(f"{what}: no answer ({type(error).__name__}: {error})")

    async def wish(self, wish: Wish) -> Wish:
        """A new wish, sent once."""
        self.wishes.all.append(wish)
        await self.post(wish)
        if wish.is_open:
            await asyncio.sleep(UNANSWERED_SECONDS)
        return wish

    async def documents(self) -> None:
        """Whole documents, one after the other."""
        number = self.scene.next_number("paper")
        events = paper(number)
        await self.wish(
            Wish("document", str(number), "/epcis/capture", document(*events), LD_JSON, events=events)
        )

    async def events(self) -> None:
        """Single events."""
        number = self.scene.next_number("event")
        event = {
            "@context": json.loads(document())["@context"],
            **commission(f"one/E{number}=1", at="farm", on=1, id=f"single-{number}"),
        }
        await self.wish(
            Wish("event", str(number), "/epcis/events", dump_event(event), LD_JSON, events=[event])
        )

    async def registrations(self) -> None:
        """Lots."""
        lot = f"R{self.scene.next_number('lot')}"
        body = {"gtin": TEA, "lot": lot, "made_on": "2026-03-01", "expires_on": "2199-01-01"}
        await self.wish(Wish("batch", lot, "/v1/batches", msgspec.json.encode(body), about=lot))

    async def sales(self) -> None:
        """The same pack at two tills at once."""
        number = self.scene.next_number("pack")
        await asyncio.gather(
            *(
                self.wish(
                    Wish(
                        "unit",
                        f"{till}-{number}",
                        "/v1/units/decommission",
                        msgspec.json.encode(
                            {
                                "unit": f"(01){TEA}(21)S{number:04d}",
                                "site": gln(till),
                                "status": "sold",
                                "reference": f"{till}-{number}",
                            }
                        ),
                        about=f"https://id.gs1.org/01/{TEA}/21/S{number:04d}",
                    )
                )
                for till in TILLS
            )
        )

    async def cases(self) -> None:
        """A lot that two parties hold, a case of it, its end."""
        number = self.scene.next_number("case")
        events = [
            commission(f"case/N{number}=3", at=f"{keeper} store", on=2, id=f"case-{number}-{keeper}")
            for keeper in KEEPERS
        ]
        told = await self.wish(
            Wish("document", f"case-{number}", "/epcis/capture", document(*events), LD_JSON, events=events)
        )
        if not told.acknowledged:
            return
        title = f"Case {number}"
        body = CASE | {"title_en": title, "batch": [uri(f"case/N{number}")]}
        case = await self.wish(Wish("case", title, "/v1/recalls", msgspec.json.encode(body), about=title))
        if case.acknowledged:
            path = f"/v1/recalls/{case.answer['id']}/moves"
            move = msgspec.json.encode({"to": "completed", "note": "all is back"})
            await self.wish(Wish("move", title, path, move, about=title))

    async def scans(self) -> None:
        """Looks at the recalled lot and at the fine one."""
        for lot, standing in STANDINGS.items():
            for what, start in LOOKS.items():
                path = f"{start}/01/{TEA}/10/{lot}"
                headers = {"Accept": "application/json" if what == "status" else "text/html"}
                try:
                    answer = await self.client.get(path, headers=headers)
                except httpx.TransportError as error:
                    self._nobody(f"GET {path}", error)
                    await asyncio.sleep(UNANSWERED_SECONDS)
                    continue
                self.wishes.scans += 1
                self.wishes.not_checked += answer.status_code == 503
                if not is_right(what, answer, standing):
                    said = f"GET {path}: {answer.status_code} {answer.text[:300]}"
                    self.wishes.wrong.append(f"{said} ({standing})")

    async def traces(self) -> None:
        """Where the goods of a lot of two keepers are, as the first of them: its own stock, nobody else's."""
        headers = {"Authorization": f"Bearer {self.scene.keeper_key}"}
        params = {"batch": uri("case/N0")}
        try:
            answer = await self.client.get("/v1/trace/forward", params=params, headers=headers)
        except httpx.TransportError as error:
            self._nobody("a trace", error)
            await asyncio.sleep(UNANSWERED_SECONDS)
            return
        self.judge("a trace", answer)
        if answer.is_success:
            at = [holding["site"]["gln"] for holding in answer.json()["holdings"]]
            if at != [gln(f"{KEEPERS[0]} store")]:
                self.wishes.wrong.append(f"a trace: {at}")
        elif answer.status_code != 503:
            self.wishes.wrong.append(f"a trace: {answer.status_code} {answer.text[:300]}")

    async def probe(self) -> bool:
        """Whether a capture is acknowledged and a look at the recalled lot is checked, and the service says
        that it is ready.
        """
        before = self.wishes.acknowledged
        await self.events()
        try:
            status = await self.client.get(f"{LOOKS['status']}/01/{TEA}/10/{RECALLED}")
            ready = await self.client.get("/readyz")
        except httpx.TransportError as error:
            self._nobody("a probe", error)
            return False
        return self.wishes.acknowledged > before and status.status_code == ready.status_code == 200

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """All callers at work until the block ends; then each finishes what it is at."""
        lanes: list[Callable[[], Awaitable[None]]] = [
            *(self.documents, self.documents, self.events, self.events, self.events, self.events),
            *(self.registrations, self.sales, self.cases, self.traces),
            *(self.scans, self.scans),
        ]

        async def keep_on(lane: Callable[[], Awaitable[None]]) -> None:
            while not self.stopping.is_set():
                await lane()
                await asyncio.sleep(self.pause)

        tasks = [asyncio.create_task(keep_on(lane)) for lane in lanes]
        try:
            yield
        finally:
            self.stopping.set()
            await asyncio.gather(*tasks)


def is_right(what: str, answer: httpx.Response, standing: str) -> bool:
    """Whether an answer says how a lot stands, or that nothing was checked."""
    checked = answer.status_code != 503
    told = standing if checked else "not_checked"
    if what == "status":
        body = answer.json()
        return bool(body.get("recall_status", body["status"]) == told)
    if what == "redirect" and checked:
        return answer.status_code == 307 and answer.headers["location"].partition("/p/")[1] == "/p/"
    return answer.status_code in (200, 503) and f'class="{told}" role="banner"' in answer.text
