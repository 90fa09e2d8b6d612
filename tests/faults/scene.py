"""Where faults happen: a PostgreSQL, services on it as processes of their own, a sink for what they send, and
goods that callers do things with.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TypeVar

import httpx

from service.db.embedded import EmbeddedPostgres, find_running
from service.db.liveness import SOCKET_NAME
from tests.api.registering import TEA
from tests.api.sink import Sink, listening
from tests.faults.earlier import earlier_code
from tests.faults.proxy import Network, network_to
from tests.server import PATIENCE_SECONDS, ROOT, Server
from tests.small_disk import disk_at
from tests.standby import standby_of
from tests.world import document, gln, observe, owners, party

#: The lot that is recalled before anything breaks, and the one that is fine.
RECALLED, FINE = "BAD", "FINE"
#: Packs that are sold while things break.
PACKS = 3000
POLL_SECONDS = 0.05
#: What sets a service's clock.
ELSEWHEN = ROOT / "tests" / "faults" / "elsewhen"
TILLS = ("till-a", "till-b")
#: Parties that hold what the cases are about, each told by a webhook.
KEEPERS = ("keeper-a", "keeper-b")
#: The small disk, and a PostgreSQL that finds room on it.
DISK_SIZE = "260m"
SMALL_LOG = {"max_wal_size": "64MB", "min_wal_size": "32MB"}
CASE = {
    "title_zh": "召回",
    "title_en": "Recall",
    "reason_zh": "检出沙门氏菌",
    "reason_en": "Salmonella",
    "hazard_class": 1,
}
#: Failures are tried again at once; who does not answer is given up soon.
SETTINGS = {
    "SUYUAN_DELIVERY_RETRY_SECONDS": "0.2",
    "SUYUAN_DELIVERY_RETRY_MOST_SECONDS": "1",
    "SUYUAN_DELIVERY_TIMEOUT_SECONDS": "1",
    "SUYUAN_NOTICES_PER_SECOND": "1000",
    "SUYUAN_DELIVERY_PRIVATE": "true",
}
BATCH_URI = f"https://id.gs1.org/01/{TEA}/10/"

T = TypeVar("T")


class Service(Server):
    """A service whose words are read as they come: a full pipe would stop it."""

    def __init__(self, data_dir: Path, settings: Mapping[str, str], code: Path = ROOT) -> None:
        super().__init__(data_dir, code)
        self.settings = {**SETTINGS, **settings}
        self._reading: threading.Thread | None = None

    def up(self) -> None:
        """Start it, as its supervisor would."""
        self.start(**self.settings)
        self._reading = threading.Thread(target=self._read, args=(self.process,), daemon=True)
        self._reading.start()

    def _read(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self.lines.append(line.rstrip("\n"))

    def is_up(self) -> bool:
        """Whether it runs."""
        return self.process is not None and self.process.poll() is None

    def down(self, order: signal.Signals = signal.SIGKILL) -> None:
        """End it, and wait for its end."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(order)
        self.process.wait(PATIENCE_SECONDS)
        if self._reading is not None:
            self._reading.join(PATIENCE_SECONDS)
        assert self.process.stdout is not None
        self.process.stdout.close()


class Turns(httpx.AsyncBaseTransport):
    """Requests go to the services of `scene.open_to` by turns."""

    def __init__(self, scene: "Scene") -> None:
        self._scene = scene
        self._inner = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_connections=64), trust_env=False)
        self._count = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._count += 1
        to = self._scene.open_to
        request.url = request.url.copy_with(port=to[self._count % len(to)].port)
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()


class Scene:
    """`server`: the PostgreSQL, unless the service brings its own; `services`: what runs, the first from the
    beginning; `open_to`: whom of them callers talk to, by turns; `network`: the way to PostgreSQL, where
    there is one; `standby`: a standby of it, where there is one; `keeper_key`: of the first keeper.
    """

    def __init__(self, place: Path, sink: Sink) -> None:
        self.place, self.sink = place, sink
        self.server: EmbeddedPostgres | None = None
        self.dsn = ""
        self.network: Network | None = None
        self.standby: EmbeddedPostgres | None = None
        self.services: list[Service] = []
        self.open_to: list[Service] = []
        self.keeper_key = ""
        #: How many cases, papers … were made so far: names are never used again.
        self.numbers: dict[str, int] = {}

    @property
    def service(self) -> Service:
        """Whom callers talk to first."""
        return self.services[0]

    def next_number(self, of: str) -> int:
        """The next of a kind."""
        self.numbers[of] = self.numbers.get(of, 0) + 1
        return self.numbers[of]

    def start_postgres(self) -> None:
        """Start it, or start it again; waits until it answers."""
        assert self.server is not None
        self.dsn = self.server.start()

    def set_clock(self, ahead: float) -> None:
        """Set the services' clock so many seconds ahead of all others'."""
        new = self.place / "clock.new"
        new.write_text(str(ahead), encoding="ascii")
        new.rename(self.place / "clock")

    def client(self, seconds: float = PATIENCE_SECONDS) -> httpx.AsyncClient:
        """HTTP on the services that are open, with the first one's key."""
        headers = {"Authorization": f"Bearer {self.service.key}"}
        return httpx.AsyncClient(
            transport=Turns(self), base_url=self.service.url, headers=headers, timeout=seconds
        )

    async def seed(self) -> None:
        """Goods, tills, keepers, a recalled lot, a subscriber."""
        async with self.client() as client:

            async def post(path: str, body: object) -> httpx.Response:
                answer = await client.post(path, json=body)
                assert answer.is_success, answer.text
                return answer

            await post("/v1/products", {"gtin": TEA, "name_zh": "茉莉花茶", "category": "food"})
            lots = {}
            for lot in (RECALLED, FINE, "PACKS"):
                made = {"gtin": TEA, "lot": lot, "made_on": "2026-03-01", "expires_on": "2199-01-01"}
                lots[lot] = (await post("/v1/batches", made)).json()["id"]
            serials = {"prefix": "S", "first": "0001", "last": f"{PACKS:04d}"}
            await post(f"/v1/batches/{lots['PACKS']}/serials", serials)
            for till in TILLS:
                await post("/v1/sites", {"gln": gln(till), "name_zh": till, "region": "350102"})
            for keeper in KEEPERS:
                made = {"gln": party(keeper).rpartition("/")[2], "name_zh": keeper, "region": "350100"}
                row = (await post("/v1/parties", made)).json()
                hook = {"kind": "webhook", "address": f"{self.sink.url}/hook/{keeper}"}
                await post(f"/v1/parties/{row['id']}/channels", hook)
                reads = {"name": keeper, "role": "holder", "party_id": row["id"], "permissions": ["read"]}
                self.keeper_key = self.keeper_key or (await post("/v1/keys", reads)).json()["key"]
            await post("/epcis/queries", {"name": "all", "query": {}})
            news = {"dest": f"{self.sink.url}/news", "stream": True}
            await post("/epcis/queries/all/subscriptions", news)
            told = document(
                *(
                    observe("case/N0=1", at=f"{keeper} store", on=1, id=f"seed-{keeper}")
                    for keeper in KEEPERS
                ),
                master=owners(**{f"{keeper} store": keeper for keeper in KEEPERS}),
            )
            headers = {"Content-Type": "application/ld+json"}
            answer = await client.post("/epcis/capture", content=told, headers=headers)
            assert answer.status_code == 202, answer.text
            await post("/v1/recalls", CASE | {"batch": [BATCH_URI + RECALLED]})

    async def started(self) -> None:
        """Start all services, the seed's keys known to all."""
        for service in self.services:
            if not service.is_up():
                key = self.services[0].key
                await asyncio.to_thread(service.up)
                service.key = service.key or key

    def kill(self, pids: list[int], order: signal.Signals) -> None:
        """Signal processes of the scene that are still there."""
        for pid in pids:
            try:
                os.kill(pid, order)
            except ProcessLookupError:
                continue

    def end(self) -> None:
        """Stop everything."""
        for service in self.services:
            if service.process is not None:
                self.kill([service.pid], signal.SIGCONT)
                service.down(signal.SIGTERM)
        if self.server is not None:
            self.server.stop()


async def _entered(stack: AsyncExitStack, context: AbstractContextManager[T]) -> T:
    """What a context gives that takes its time to begin."""
    found = await asyncio.to_thread(context.__enter__)
    stack.push(context.__exit__)
    return found


@asynccontextmanager
async def scene(
    *,
    embedded: bool = False,
    over_network: bool = False,
    worker: bool = False,
    small_disk: bool = False,
    replica: bool = False,
    own_clock: bool = False,
    earlier: int = 0,
    **settings: str,
) -> AsyncIterator[Scene]:
    """A scene, seeded. `embedded`: the service brings its PostgreSQL; `over_network`: there is a `Network` in
    between; `worker`: a second service does what is done beside the requests; `small_disk`: the data are on a
    disk that is soon full; `replica`: scans are read from a standby; `own_clock`: the services' clock can be
    set; `earlier`: callers talk to the code of so many revisions of the schema ago, and the present one does
    not run yet; `settings`: of the services. Raises `NoHistory` where there is no such code.
    """
    async with listening() as sink, AsyncExitStack() as stack:
        made = Scene(Path(tempfile.mkdtemp(prefix="suyuan-faults-")), sink)
        # When the disk is off it again: what is mounted on cannot be removed.
        stack.callback(shutil.rmtree, made.place, ignore_errors=True)
        if small_disk:
            stack.enter_context(disk_at(made.place, DISK_SIZE))
        try:
            told = dict(settings)
            if not embedded:
                made.server = EmbeddedPostgres(
                    made.place, SMALL_LOG if small_disk else None, say=lambda _line: None
                )
                made.start_postgres()
                told["DATABASE_URL"] = made.dsn
            if over_network:
                directory = made.place / "socket"
                made.network = await stack.enter_async_context(network_to(directory / SOCKET_NAME))
                told["DATABASE_URL"] = f"postgresql://suyuan@127.0.0.1:{made.network.port}/suyuan"
            if replica:
                made.standby, standby_dsn = await _entered(stack, standby_of(made.dsn))
                told["DATABASE_REPLICA_URL"] = standby_dsn
            if own_clock:
                made.set_clock(0)
                told["PYTHONPATH"] = f"{ELSEWHEN}{os.pathsep}{ROOT}"
                told["SUYUAN_FAULTS_CLOCK"] = str(made.place / "clock")
            made.services = [Service(made.place, told | ({"SUYUAN_WORKERS": "false"} if worker else {}))]
            if worker:
                made.services.append(Service(made.place, told))
            if earlier:
                code = await asyncio.to_thread(earlier_code, made.place, earlier)
                path = f"{code}{os.pathsep}{code / 'clients'}"
                made.services = [Service(made.place, told | {"PYTHONPATH": path}, code)]
            made.open_to = made.services[:1]
            await made.started()
            if earlier:
                made.services.append(Service(made.place, told))
            if embedded:
                made.dsn = find_running(made.place) or ""
            await made.seed()
            yield made
        finally:
            await asyncio.to_thread(made.end)
