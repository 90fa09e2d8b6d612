"""`suyuan-service` as a process: its first words, its end, and what a crash leaves."""

import asyncio
import signal
import socket
import subprocess
from pathlib import Path

import httpx
import pytest

from service.db.liveness import exists, read_postmaster, wait_until_gone
from tests.conftest import execute, on_database
from tests.server import PATIENCE_SECONDS, Server


def postgres_pid(server: Server) -> int:
    found = read_postmaster(server.data_dir / "postgres")
    assert found is not None
    return found.pid


def said(process: "subprocess.Popen[str]") -> tuple[int, list[str]]:
    """Exit status and lines of a process that ends by itself."""
    out, _ = process.communicate(timeout=PATIENCE_SECONDS)
    return process.returncode, out.splitlines()


@pytest.mark.parametrize("order", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_the_service_and_its_database_in_order(server: Server, order: int) -> None:
    server.start()
    pid = postgres_pid(server)
    assert httpx.get(f"{server.url}/healthz").json() == {"status": "ok"}
    assert server.interrupt(order) == 0
    assert not exists(pid)
    assert "服务已停止" in server.lines[-1]


def test_the_admin_key_is_printed_by_the_first_start_only(server: Server) -> None:
    server.start()
    key = server.key
    headers = {"Authorization": f"Bearer {key}"}
    assert httpx.get(f"{server.url}/v1/parties", headers=headers).status_code == 200
    server.interrupt()
    server.key = ""
    server.start()
    assert server.key == ""
    assert httpx.get(f"{server.url}/v1/parties", headers=headers).status_code == 200


def test_what_was_answered_for_survives_a_kill_of_the_service(server: Server) -> None:
    server.start()
    headers = {"Authorization": f"Bearer {server.key}"}
    party = {"name_zh": "溯源测试食品有限公司"}
    made = httpx.post(f"{server.url}/v1/parties", json=party, headers=headers)
    assert made.status_code == 201, made.text
    pid = postgres_pid(server)
    server.kill()
    assert wait_until_gone(pid, PATIENCE_SECONDS)
    server.start()
    found = httpx.get(f"{server.url}/v1/parties/{made.json()['id']}", headers=headers)
    assert found.json()["name_zh"] == "溯源测试食品有限公司"


def test_a_port_in_use_is_told_in_one_line_each(server: Server) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", server.port))
        taken.listen()
        status, lines = said(server.spawn())
    assert status == 1
    assert len(lines) == 2
    assert f"Port {server.port}" in lines[0]
    assert "已被占用" in lines[1]
    assert not (server.data_dir / "postgres").exists()


def test_a_second_service_on_the_data_is_refused_and_the_first_goes_on(server: Server) -> None:
    server.start()
    second = Server(server.data_dir)
    status, lines = said(second.spawn())
    assert status == 1
    assert "Another Suyuan service" in lines[-2]
    assert "数据目录" in lines[-1]
    assert httpx.get(f"{server.url}/healthz").status_code == 200


def test_two_services_started_at_once_on_one_database_both_serve(server: Server, cluster: str) -> None:
    asyncio.run(execute(cluster, "CREATE DATABASE test_started_at_once"))
    dsn = on_database(cluster, "test_started_at_once")
    other = Server(server.data_dir)
    try:
        other.spawn(DATABASE_URL=dsn)
        server.start(DATABASE_URL=dsn)
        other.wait()
        assert httpx.get(f"{server.url}/healthz").status_code == 200
        assert httpx.get(f"{other.url}/healthz").status_code == 200
        assert sorted([bool(server.key), bool(other.key)]) == [False, True]
    finally:
        other.end()


def test_a_database_url_that_leads_nowhere_is_told(server: Server, tmp_path: Path) -> None:
    nowhere = f"postgresql://somebody@/nothing?host={tmp_path}&port=5432"
    status, lines = said(server.spawn(DATABASE_URL=nowhere))
    assert status == 1
    assert "DATABASE_URL" in lines[-2]
    assert "DATABASE_URL" in lines[-1]
