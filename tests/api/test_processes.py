"""Several processes behind one address are one service: they start, count, refuse, break and end as one."""

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic

import httpx
import pytest

from service.db.liveness import exists, read_postmaster, wait_until_gone
from tests.api.complaining import PHONE, complaint, nonce
from tests.api.registering import TEA
from tests.server import PATIENCE_SECONDS, Server

COUNT = 2
LOT = f"/p/01/{TEA}/10/L1"
ALLOWED = 2


def processes_of(server: Server) -> list[int]:
    """The pids of those that serve."""
    assert server.process is not None
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    found = []
    with suppress(FileNotFoundError, ProcessLookupError):
        for pid in children.read_text().split():
            with suppress(FileNotFoundError, ProcessLookupError):
                if b"service.processes" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    found.append(int(pid))
    return found


def postmaster_of(server: Server) -> int:
    """The pid of its PostgreSQL."""
    found = read_postmaster(server.data_dir / "postgres")
    assert found is not None
    return found.pid


def line_of(server: Server, words: str) -> str:
    """The next line that says this."""
    assert server.process is not None
    assert server.process.stdout is not None
    for line in server.process.stdout:
        server.lines.append(line.rstrip("\n"))
        if words in line:
            return line
    raise AssertionError(f"never said: {words}\n" + "\n".join(server.lines))


@pytest.fixture(scope="module")
def service() -> Iterator[Server]:
    """A service of two processes, with a lot."""
    place = Path(tempfile.mkdtemp(prefix="suyuan-tests-"))
    server = Server(place)
    try:
        server.start(SUYUAN_PROCESSES=str(COUNT), SUYUAN_COMPLAINTS_PER_ADDRESS=str(ALLOWED))
        headers = {"Authorization": f"Bearer {server.key}"}
        product = {"gtin": TEA, "name_zh": "茉莉花茶", "category": "food"}
        for path, body in (
            ("products", product),
            ("batches", {"gtin": TEA, "lot": "L1", "made_on": "2026-03-01"}),
        ):
            made = httpx.post(f"{server.url}/v1/{path}", json=body, headers=headers)
            assert made.status_code == 201, made.text
        yield server
    finally:
        server.end()
        shutil.rmtree(place, ignore_errors=True)


def looks_of(server: Server, headers: dict[str, str]) -> int:
    """Looks at the lot that are written."""
    told = httpx.get(f"{server.url}/v1/scans", params={"code": f"{TEA} L1"}, headers=headers)
    assert told.status_code == 200, told.text
    return int(told.json()["looks"])


def ask_each(service: Server, ask: Callable[[int], None]) -> None:
    """Ask both in turn, the other held still meanwhile: who is free takes what comes in."""
    first, second = processes_of(service)
    for turn, (asked, still) in enumerate([(first, second), (second, first)] * 2):
        os.kill(still, signal.SIGSTOP)
        try:
            assert exists(asked)
            ask(turn)
        finally:
            os.kill(still, signal.SIGCONT)


def test_looks_and_complaints_are_counted_whoever_answers(service: Server) -> None:
    statuses = []

    def look_and_complain(turn: int) -> None:
        phone = {"User-Agent": f"{PHONE} {turn}", "Accept": "text/html"}
        page = httpx.get(f"{service.url}{LOT}", headers=phone, timeout=PATIENCE_SECONDS)
        assert page.status_code == 200, page.text
        sent = complaint(nonce=nonce())
        told = httpx.post(f"{service.url}/v1/complaints", json=sent, timeout=PATIENCE_SECONDS)
        statuses.append(told.status_code)

    ask_each(service, look_and_complain)
    assert statuses == [201, 201, 429, 429]
    headers = {"Authorization": f"Bearer {service.key}"}
    give_up_at = monotonic() + PATIENCE_SECONDS
    looks = 0
    while looks < len(statuses) and monotonic() < give_up_at:
        looks = looks_of(service, headers)
    assert looks == len(statuses)


def test_a_database_that_is_killed_alone_is_started_again_with_all_that_was_in_it(service: Server) -> None:
    before = postmaster_of(service)
    os.kill(before, signal.SIGKILL)
    assert "PostgreSQL 意外退出" in line_of(service, "has ended by itself")
    headers = {"Authorization": f"Bearer {service.key}"}
    statuses, give_up_at = [0], monotonic() + PATIENCE_SECONDS
    while statuses[-1] != 201 and monotonic() < give_up_at:
        body = {"gtin": TEA, "lot": "L2", "made_on": "2026-03-01"}
        made = httpx.post(f"{service.url}/v1/batches", json=body, headers=headers, timeout=PATIENCE_SECONDS)
        statuses.append(made.status_code)
    assert set(statuses[1:]) <= {503, 201}
    assert statuses[-1] == 201
    assert postmaster_of(service) != before
    assert httpx.get(f"{service.url}{LOT}", headers={"Accept": "text/html"}).status_code == 200


def test_one_that_is_killed_is_replaced_and_all_end_in_order(service: Server) -> None:
    first, second = processes_of(service)
    os.kill(first, signal.SIGKILL)
    for _ in range(5):  # the other goes on
        assert httpx.get(f"{service.url}/healthz").json() == {"status": "ok"}
    assert str(first) in line_of(service, "another takes its place")
    give_up_at = monotonic() + PATIENCE_SECONDS
    while len(processes_of(service)) < COUNT and monotonic() < give_up_at:
        assert httpx.get(f"{service.url}/healthz").status_code == 200
    after = processes_of(service)
    assert second in after
    assert first not in after
    assert len(after) == COUNT
    postgres = read_postmaster(service.data_dir / "postgres")
    assert postgres is not None
    assert service.interrupt(signal.SIGTERM) == 0
    assert "服务已停止" in service.lines[-1]
    assert not any(exists(pid) for pid in (*after, postgres.pid))


def test_a_killed_parent_leaves_nobody_behind(server: Server) -> None:
    server.start(SUYUAN_PROCESSES=str(COUNT))
    serving = processes_of(server)
    postgres = read_postmaster(server.data_dir / "postgres")
    assert len(serving) == COUNT
    assert postgres is not None
    server.kill()
    for pid in (*serving, postgres.pid):
        assert wait_until_gone(pid, PATIENCE_SECONDS)


def test_one_that_ends_before_it_serves_ends_the_whole(server: Server) -> None:
    process = server.spawn(SUYUAN_PROCESSES=str(COUNT))
    while not processes_of(server):
        assert process.poll() is None
    os.kill(processes_of(server)[0], signal.SIGKILL)
    out, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 1
    assert "应用未能启动" in out.splitlines()[-1]
    assert read_postmaster(server.data_dir / "postgres") is None
