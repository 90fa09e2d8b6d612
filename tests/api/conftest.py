"""The command `suyuan` on a real service.

`service`      a real service, one for the tests of a file
`environment`  the variables of a person who uses it
`run`          runs the command
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from suyuan.cli import app
from tests.api.commanding import NARROW, Run
from tests.server import Server, running


@pytest.fixture(scope="module")
def service(own_database: str) -> Iterator[Server]:
    """A real service; the tests of a file only add to it."""
    with running(DATABASE_URL=own_database, SUYUAN_SUSPECT_LOOKS="2") as server:
        yield server


@pytest.fixture
def environment(service: Server, tmp_path: Path) -> dict[str, str | None]:
    """A terminal in English, with an admin key."""
    return {
        "SUYUAN_URL": service.url,
        "SUYUAN_KEY": service.key,
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "COLUMNS": str(NARROW),
        "LANG": "en_US.UTF-8",
        "LC_ALL": None,
        "LC_MESSAGES": None,
    }


@pytest.fixture
def run(environment: dict[str, str | None]) -> Run:
    """Runs the command in this process; no failure may be a traceback."""

    def invoke(*arguments: str, stdin: str | bytes | None = None, **more: str | None) -> Result:
        result = CliRunner().invoke(app, [*arguments], input=stdin, env={**environment, **more})
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        assert "Traceback" not in result.output
        return result

    return invoke
