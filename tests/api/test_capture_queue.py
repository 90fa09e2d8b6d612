"""Captures kept in a file until the network is back: in order, each once, whatever happens in between."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from suyuan import NEVER, AsyncSuyuan, CaptureQueue, NotADocument, QueueFull, Suyuan, WrongField, events
from suyuan.capture_queue import BadQueue
from suyuan.trade_events import Event
from tests.server import ROOT

MILL = "6901234000009"


class Service:
    """Takes captures as the service does: by `Idempotency-Key`, once; and can be out of reach."""

    def __init__(self) -> None:
        self.jobs: dict[str, bytes] = {}
        self.asked = 0
        #: Answers instead of the usual one, by the asking's number from 1.
        self.instead: dict[int, Callable[[], httpx.Response]] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            name = request.url.path.rpartition("/")[2]
            bad = b"urn:x:bad" in self.jobs[name]
            errors = [{"eventID": "urn:x:bad", "detail": "No.", "detail_zh": "不。"}] if bad else []
            return httpx.Response(200, json={"captureID": name, "success": not bad, "errors": errors})
        self.asked += 1
        if self.asked in self.instead:
            return self.instead[self.asked]()
        name = request.headers["idempotency-key"]
        assert self.jobs.setdefault(name, request.content) == request.content
        return httpx.Response(202, headers={"location": f"/epcis/capture/{name}"})

    def client(self) -> Suyuan:
        return Suyuan("http://s.test", "k", transport=httpx.MockTransport(self), retry=NEVER)

    def stored(self) -> list[str]:
        """The eventIDs in the order of storing."""
        documents = [json.loads(content) for content in self.jobs.values()]
        return [event["eventID"] for told in documents for event in told["epcisBody"]["eventList"]]


def event(name: str) -> Event:
    return events.sell("06901234567892 L1", "1.50", "KGM", at=MILL, event_id=f"urn:x:{name}")


def cut() -> httpx.Response:
    raise httpx.ConnectError("no network")


def answers(status: int, **fields: Any) -> Callable[[], httpx.Response]:
    headers = {"content-type": "application/problem+json"}
    return lambda: httpx.Response(status, content=json.dumps(fields), headers=headers)


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[CaptureQueue]:
    with CaptureQueue(tmp_path / "queue.db") as made:
        yield made


def test_what_is_kept_is_sent_in_order_once_there_is_a_network(queue: CaptureQueue) -> None:
    service = Service()
    service.instead = {1: cut, 3: cut}
    assert queue.keep(event("a"), event("b")) == [1, 2]
    queue.keep(events.document(event("c"), event("d")))
    with service.client() as client:
        first = client.send_kept(queue)
        assert (first.sent, first.refused, str(first.stopped_by)) == (
            0,
            0,
            "http://s.test cannot be reached: no network",
        )
        assert client.send_kept(queue).sent == 1
        assert client.send_kept(queue).sent == 2
        assert client.send_kept(queue).stopped_by is None
    assert service.stored() == ["urn:x:a", "urn:x:b", "urn:x:c", "urn:x:d"]
    assert b'"quantity":1.50' in next(iter(service.jobs.values()))
    status = queue.status()
    assert (status.waiting, status.refused, status.waiting_since) == (0, 0, None)


async def test_asyncio_sends_alike(queue: CaptureQueue) -> None:
    service = Service()
    queue.keep(event("a"), event("b"))
    async with AsyncSuyuan("http://s.test", "k", transport=httpx.MockTransport(service)) as client:
        assert (await client.send_kept(queue)).sent == 2
    assert service.stored() == ["urn:x:a", "urn:x:b"]


def test_what_is_refused_is_put_apart_with_its_reasons_and_keeps_nothing_waiting(queue: CaptureQueue) -> None:
    service = Service()
    fault = {"field": "/eventTime", "value": "x", "message": "No time.", "message_zh": "不是时间。"}
    service.instead = {1: answers(400, detail="Bad.", detail_zh="错。", errors=[fault])}
    queue.keep(event("a"), event("bad"), event("c"))
    with service.client() as client:
        sent = client.send_kept(queue)
    assert (sent.sent, sent.refused, sent.stopped_by) == (1, 2, None)
    assert queue.status().refused == 2
    first, second = queue.refused()
    assert (first.number, first.why.status, first.why.detail_zh) == (1, 400, "错。")
    assert first.why.faults[0]["field"] == "/eventTime"
    assert (second.number, second.why.detail, second.why.detail_zh) == (2, "No.", "不。")
    assert json.loads(first.content)["epcisBody"]["eventList"][0]["eventID"] == "urn:x:a"
    before = len(service.jobs)
    assert (queue.retry(1), queue.retry(1), queue.drop(2), queue.drop(3)) == (True, False, True, False)
    with service.client() as client:
        assert client.send_kept(queue).sent == 1
    assert len(service.jobs) == before + 1
    assert (queue.status().waiting, queue.status().refused) == (0, 0)


@pytest.mark.parametrize("status", [401, 429, 500, 503])
def test_what_is_no_fault_of_the_capture_leaves_it_waiting(queue: CaptureQueue, status: int) -> None:
    service = Service()
    service.instead = {1: answers(status, detail="later")}
    queue.keep(event("a"))
    with service.client() as client:
        assert str(client.send_kept(queue).stopped_by) == "later"
        assert queue.status().waiting == 1
        assert client.send_kept(queue).sent == 1


KILLED = """
import os, signal, sys
import httpx
from suyuan import CaptureQueue, Suyuan

def answer(request):
    if request.method == "GET":
        print(request.url.path.rpartition("/")[2], flush=True)
        os.kill(os.getpid(), signal.SIGKILL)  # the service has stored it, and nobody here knows
    return httpx.Response(202, headers={"location": "/epcis/capture/" + request.headers["idempotency-key"]})

with Suyuan("http://s.test", "k", transport=httpx.MockTransport(answer)) as client:
    client.send_kept(CaptureQueue(sys.argv[1]))
"""


def test_a_killed_sender_leaves_nothing_out_and_sends_what_it_sent_under_the_same_name(
    queue: CaptureQueue,
) -> None:
    queue.keep(event("a"), event("b"))
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(queue.path)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "clients")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    service = Service()
    with service.client() as client:
        assert client.send_kept(queue).sent == 2
    assert next(iter(service.jobs)) == done.stdout.strip()
    assert service.stored() == ["urn:x:a", "urn:x:b"]


def test_what_is_kept_is_for_its_owner_and_found_by_the_next_process(tmp_path: Path) -> None:
    path = tmp_path / "queue.db"
    with CaptureQueue(path) as queue:
        queue.keep(event("a"))
        kept = queue.first()
    assert path.stat().st_mode & 0o777 == 0o600
    with CaptureQueue(path) as again:
        assert again.first() == kept


def test_a_full_queue_takes_nothing_and_keeps_what_it_has(tmp_path: Path) -> None:
    with CaptureQueue(tmp_path / "queue.db", octets_most=64 * 1024) as queue:
        queue.keep(*[event(str(number)) for number in range(20)])
        with pytest.raises(QueueFull, match="65536 bytes"):
            queue.keep(*[event(str(number)) for number in range(100)])
        assert queue.status().waiting == 20


@pytest.mark.parametrize("given", [b"{}", b"<xml/>", b'{"epcisBody": {}}'])
def test_what_is_no_document_is_not_kept(queue: CaptureQueue, given: bytes) -> None:
    with pytest.raises(NotADocument):
        queue.keep(event("a"), given)
    assert queue.status().waiting == 0
    untyped: Any = queue.keep
    with pytest.raises(WrongField, match="told"):
        untyped("a.jsonld")


def test_a_file_that_is_no_queue_is_named(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear all,\n" * 2000)
    for path in (tmp_path / "letter.txt", tmp_path, tmp_path / "missing" / "queue.db"):
        with pytest.raises(BadQueue, match=path.name):
            CaptureQueue(path)
