"""What is installed and shipped: reasons of dependencies, hashes of locks, the wheel, the image."""

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.sources import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = ("requirements.lock", "requirements-dev.lock")
RUNTIME: list[str] = PROJECT["project"]["dependencies"]
DEV: list[str] = PROJECT["dependency-groups"]["dev"]


def locked(name: str) -> dict[str, tuple[str, list[str]]]:
    """Package -> (version, hashes) of a lock file."""
    entries = re.split(r"\n(?=\S)", (ROOT / name).read_text(encoding="utf-8").strip())
    found: dict[str, tuple[str, list[str]]] = {}
    for entry in entries:
        head = re.match(r"([\w.-]+)==([\w.]+)", entry)
        assert head is not None, f"{name}: not a pinned requirement: {entry[:80]}"
        found[canonicalize_name(head[1])] = (head[2], re.findall(r"--hash=sha256:([0-9a-f]{64})\b", entry))
    return found


def test_every_dependency_has_its_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    bare = [
        wanted
        for wanted in RUNTIME + DEV
        if not re.search(rf'^\s*"{re.escape(wanted)}",\s+# \S+', text, re.MULTILINE)
    ]
    assert not bare, "\n".join(bare)


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_has_hashes_and_no_addresses(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert re.findall(r"://| @ |--index|--extra|--find-links|--trusted|file:", text) == []
    assert [package for package, (_, hashes) in locked(name).items() if not hashes] == []


@pytest.mark.parametrize(("name", "wanted"), [(LOCKS[0], RUNTIME), (LOCKS[1], RUNTIME + DEV)])
def test_a_lock_holds_what_the_project_asks_for(name: str, wanted: list[str]) -> None:
    versions = {package: version for package, (version, _) in locked(name).items()}
    unmet = [
        text
        for text in wanted
        for asked in [Requirement(text)]
        if not asked.specifier.contains(versions.get(canonicalize_name(asked.name), "0"))
    ]
    assert unmet == [], "run scripts/lock"


def test_both_locks_agree() -> None:
    runtime, dev = locked(LOCKS[0]), locked(LOCKS[1])
    assert [package for package, pinned in runtime.items() if dev.get(package) != pinned] == []


def test_the_wheel_carries_migrations_statements_and_pages(tmp_path: Path) -> None:
    pytest.importorskip("hatchling", reason="the build backend comes with requirements-dev.lock")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    package = ROOT / "service"
    data = [path for path in package.rglob("*") if path.suffix in (".sql", ".html", ".json", ".csv")]
    missing = [str(path) for path in data if str(path.relative_to(ROOT)) not in names]
    assert not missing, "\n".join(missing)
    revisions = {f"service/migrations/versions/{p.name}" for p in (ROOT / "migrations/versions").glob("*.py")}
    assert revisions | {"service/migrations/env.py", "suyuan/__init__.py"} <= names
    assert not [name for name in names if name.startswith(("tests/", "scripts/"))]


def stages() -> list[list[tuple[str, str]]]:
    """The Dockerfile's stages, each a list of (instruction, arguments)."""
    text = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    found: list[list[tuple[str, str]]] = []
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        word, _, rest = line.strip().partition(" ")
        if word == "FROM":
            found.append([])
        found[-1].append((word, " ".join(rest.split())))
    return found


def test_the_image_is_built_in_stages_from_pinned_images_and_hashed_packages() -> None:
    assert len(stages()) >= 2
    for stage in stages():
        image = stage[0][1].split()[0]
        assert re.fullmatch(r"python:3\.\d+\.\d+-slim(-\w+)?", image), image
    installs = [rest for stage in stages() for word, rest in stage if word == "RUN" and "pip install" in rest]
    assert all("--require-hashes" in it or "--no-deps --no-build-isolation ." in it for it in installs)


def test_the_image_runs_without_privileges_and_tells_its_health() -> None:
    last = dict(stages()[-1])
    assert last["USER"] not in ("root", "0")
    assert f"--uid 10001 --create-home --home-dir {last['WORKDIR']} {last['USER']}" in last["RUN"]
    assert "/healthz" in last["HEALTHCHECK"]
    assert last["ENTRYPOINT"] == '["suyuan-service"]'


def test_all_that_the_image_copies_is_let_through() -> None:
    copied = {
        name
        for stage in stages()
        for word, rest in stage
        if word == "COPY" and not rest.startswith("--from")
        for name in rest.split()[:-1]
    }
    let_through = {
        line[1:]
        for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        if line[:1] == "!"
    }
    assert copied == let_through
    assert [name for name in copied if not (ROOT / name).exists()] == []


def test_compose_starts_a_real_postgresql_first() -> None:
    compose: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    database, service = compose["services"]["database"], compose["services"]["service"]
    assert re.fullmatch(r"postgres:1[5-9]\.\d+(-\w+)?", database["image"])
    assert "pg_isready" in " ".join(database["healthcheck"]["test"])
    assert {mount.split(":")[0] for mount in database["volumes"]} == set(compose["volumes"])
    assert "ports" not in database
    assert service["depends_on"]["database"]["condition"] == "service_healthy"
    assert service["environment"]["DATABASE_URL"].startswith("postgresql://")


def test_scripts_are_bash_that_can_be_run() -> None:
    scripts = [path for path in (ROOT / "scripts").iterdir() if path.is_file() and not path.suffix]
    scripts.append(ROOT / ".ci" / "run")
    for path in scripts:
        assert path.read_text(encoding="utf-8").startswith("#!/usr/bin/env bash\n"), path
        assert os.access(path, os.X_OK), path
        subprocess.run(["bash", "-n", str(path)], check=True)
