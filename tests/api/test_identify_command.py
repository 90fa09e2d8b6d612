"""`suyuan identify`: codes from arguments or lines, for people and for machines."""

import asyncio
import json

import httpx
import pytest
from typer.testing import CliRunner, Result

from service.app import create_app
from suyuan import Suyuan
from suyuan.cli import app
from suyuan.cli import session as cli_session

APP = create_app()
GTIN = "06901234567892"


def answer(request: httpx.Request) -> httpx.Response:
    """Hand a request to the service in this process; nothing here needs a database."""

    async def pass_on() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(APP), base_url="http://test") as client:
            got = await client.send(request)
            return httpx.Response(got.status_code, headers=got.headers, content=got.content)

    request.read()
    return asyncio.run(pass_on())


@pytest.fixture(autouse=True)
def connected(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(_url: str | None, _key: str | None) -> Suyuan:
        return Suyuan("http://test", "sy_test", transport=httpx.MockTransport(answer))

    monkeypatch.setattr(cli_session, "connect", connect)


def run(*arguments: str, stdin: bytes | None = None, language: str = "en_US.UTF-8") -> Result:
    environment = {"LC_ALL": language, "COLUMNS": "100"}
    result = CliRunner().invoke(app, ["identify", *arguments], input=stdin, env=environment)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


def test_a_code_is_told_in_every_form() -> None:
    result = run(f"(01){GTIN}(10)L1")
    assert result.exit_code == 0
    for form in (f"https://id.gs1.org/01/{GTIN}/10/L1", "urn:epc:class:lgtin:6901234.056789.L1", "batch"):
        assert form in result.output


def test_lines_become_lines() -> None:
    stdin = f"{GTIN} A\n\n]d201{GTIN}10B\x1d21S\r\nurn:x:y\n".encode()
    result = run("-", "--json", stdin=stdin)
    assert result.exit_code == 0, result.output
    lines = [json.loads(line) for line in result.output.splitlines()]
    assert [line["kind"] for line in lines] == ["batch", "unit", "other"]
    assert lines[1]["serial"] == "S"


def test_a_broken_code_is_said_in_the_readers_language_and_fails() -> None:
    for language, word in (("en_US.UTF-8", "check digit"), ("zh_CN.UTF-8", "校验码")):
        result = run("06901234567893", GTIN, language=language)
        assert result.exit_code == 1
        assert "gs1:check-digit" in result.output
        assert word in result.output
        assert f"https://id.gs1.org/01/{GTIN}" in result.output
