"""The README's session, executed as printed; only the address and the key are put in."""

import os
import re
import subprocess
import sys
from pathlib import Path

import httpx

from tests.server import ROOT, Server

README = (ROOT / "README.md").read_text(encoding="utf-8")


def session() -> str:
    """The shell lines under the heading of the session."""
    part = README.partition("## A session")[2].partition("\n## ")[0]
    found = re.search(r"```bash\n(.*?)```", part, re.S)
    assert found, "the README has no session"
    return found[1]


def test_the_session_works_as_printed(server: Server, database: str, tmp_path: Path) -> None:
    lines = session().splitlines()
    assert len(lines) == 14
    server.start(DATABASE_URL=database)
    (tmp_path / "scripts").symlink_to(ROOT / "scripts")
    (tmp_path / ".venv").symlink_to(sys.prefix)
    script = session().replace("http://127.0.0.1:8000", server.url).replace("sy_your_key", server.key)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SUYUAN_")}
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        cwd=tmp_path,
        env={**clean, "LANG": "C.UTF-8", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "flour-F1.png").read_bytes().startswith(b"\x89PNG")
    for told in ("8 events stored", "Huimin Market", "5 holders of 2 batches", "is closed"):
        assert told in done.stdout
    link = re.search(r"<(http://127\.0\.0\.1:8000/01/[^>]+)>", README)
    assert link
    page = httpx.get(
        link[1].replace("http://127.0.0.1:8000", server.url),
        headers={"Accept": "text/html", "Accept-Language": "en"},
        follow_redirects=True,
    )
    assert page.status_code == 200
    heading = re.search(r"<h1[^>]*>(.*?)</h1>", page.text, re.S)
    assert heading
    assert "RECALLED" in heading[1]


def test_the_python_example_runs(server: Server, database: str, tmp_path: Path) -> None:
    example = re.search(r"```python\n(.*?)```", README, re.S)
    assert example
    server.start(DATABASE_URL=database)
    captured = httpx.post(
        f"{server.url}/epcis/capture",
        content=(ROOT / "scripts" / "demo" / "flour-to-shops.jsonld").read_bytes(),
        headers={"Authorization": f"Bearer {server.key}", "Content-Type": "application/ld+json"},
    )
    assert captured.status_code == 202, captured.text
    code = example[1].replace("http://127.0.0.1:8000", server.url).replace("sy_your_key", server.key)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "4800 EA" in done.stdout
