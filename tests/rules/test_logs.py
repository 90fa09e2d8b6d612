"""What the log tells, and what it keeps to itself."""

import json
import logging

import asyncpg
import pytest

from service.operation.logs import JsonLines, PlainLines


def record(error: BaseException | None = None, **extra: object) -> logging.LogRecord:
    """One line's record, with an error that was really raised."""
    info = None
    if error is not None:
        try:
            raise error
        except type(error) as raised:
            info = (type(raised), raised, raised.__traceback__)
    made = logging.LogRecord("service.web", logging.WARNING, __file__, 1, "%s waits", ("it",), info)
    made.__dict__.update(extra)
    return made


def test_a_line_is_one_json_object_with_what_was_given_beside_it() -> None:
    line = json.loads(JsonLines().format(record(route="/v1/batches/{batch_id}")))
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "warning",
        "logger": "service.web",
        "message": "it waits",
        "route": "/v1/batches/{batch_id}",
    }


def duplicate() -> asyncpg.PostgresError:
    """As the server tells it: the second line repeats the row."""
    return asyncpg.UniqueViolationError('duplicate key violates "batch_uri"\nDETAIL: Key (uri)=(secret)')


@pytest.mark.parametrize("form", [JsonLines(), PlainLines()])
@pytest.mark.parametrize(
    ("error", "told"),
    [
        (duplicate(), 'UniqueViolationError 23505 duplicate key violates "batch_uri"'),
        (asyncpg.InvalidTextRepresentationError('invalid input: "secret"'), "22P02"),
        (ValueError("secret"), "ValueError"),
        (OSError("no space left"), "OSError: no space left"),
    ],
)
def test_an_error_is_told_with_its_way_and_without_anybodys_values(
    form: logging.Formatter, error: Exception, told: str
) -> None:
    line = form.format(record(error))
    assert told in line.replace('\\"', '"')
    assert "test_logs.py" in line
    assert "secret" not in line


def test_the_database_is_told_behind_whatever_wraps_it() -> None:
    outer = RuntimeError("secret statement")
    outer.__cause__ = duplicate()
    assert "UniqueViolationError 23505" in PlainLines().format(record(outer))
    assert "secret" not in PlainLines().format(record(outer))
