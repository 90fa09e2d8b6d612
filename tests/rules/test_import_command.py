"""What `suyuan import` says where the service goes away in the middle."""

from types import SimpleNamespace
from typing import Any

import pytest

from suyuan.cli.imports import follow
from suyuan.cli.output import Output
from suyuan.problems import Unreachable


@pytest.mark.parametrize(
    ("language", "said"), [("C", "goes on with it by itself"), ("zh_CN.UTF-8", "自动继续")]
)
def test_who_loses_the_service_in_the_middle_is_told_that_the_upload_goes_on(
    language: str, said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise Unreachable("http://127.0.0.1:1", "refused")

    monkeypatch.setenv("LC_ALL", language)
    client: Any = SimpleNamespace(imports=SimpleNamespace(wait=gone))
    with pytest.raises(Unreachable):
        follow(client, Output(as_json=False), 7)
    told = capsys.readouterr().out
    assert said in told
    assert "7" in told
    assert "suyuan import" in told
