"""`suyuan-service` as a process: its first words, its end, and what a crash leaves."""

import asyncio
import signal
import subprocess
from pathlib import Path

import httpx

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


def test_a_signal_stops_it_in_order_and_only_its_first_start_prints_a_key(server: Server) -> None:
    keys = []
    for order in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        server.start()
        pid = postgres_pid(server)
        keys.append(server.key)
        answer = httpx.get(f"{server.url}/v1/parties", headers={"Authorization": f"Bearer {keys[0]}"})
        assert answer.status_code == 200
        assert server.interrupt(order) == 0
        assert not exists(pid)
        assert "服务已停止" in server.lines[-1]
        server.key = ""
    assert keys[0]
    assert keys[1:] == ["", ""]


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


def test_a_second_service_on_the_port_or_the_data_is_refused_and_the_first_goes_on(
    server: Server, tmp_path: Path
) -> None:
    server.start()
    second = Server(tmp_path / "other")
    second.port = server.port
    status, lines = said(second.spawn())
    assert status == 1
    assert len(lines) == 2
    assert f"Port {server.port}" in lines[0]
    assert "已被占用" in lines[1]
    assert not second.data_dir.exists()
    third = Server(server.data_dir)
    status, lines = said(third.spawn())
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
