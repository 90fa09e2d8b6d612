"""The service's log: lines for a person, or a JSON object a line for a collector (`SUYUAN_LOG_FORMAT`).

What is logged names routes, rows and errors; never a key, a link's token, a name or an address.
"""

import logging
import logging.config
import traceback
from datetime import UTC, datetime
from typing import Any, Final

import asyncpg
import msgspec

#: Beginning of the states in which a database complains of a value.
DATA_EXCEPTION: Final = "22"
#: Attributes of every record; what else a record has was given as `extra`.
ALWAYS: Final = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "color_message"}


class JsonLines(logging.Formatter):
    """One object a line: `time` (UTC), `level`, `logger`, `message`, what was given as `extra`; and `error`
    and `trace` where something failed.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **{name: value for name, value in record.__dict__.items() if name not in ALWAYS},
        }
        if record.exc_info and record.exc_info[1]:
            line["error"] = told(record.exc_info[1])
            line["trace"] = frames(record.exc_info[1])
        return msgspec.json.encode(line, enc_hook=str).decode()


class PlainLines(logging.Formatter):
    """Time, level, logger and message; where something failed, the way there and the error in lines below."""

    def format(self, record: logging.LogRecord) -> str:
        """The lines of a record."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = f"{at} {record.levelname} {record.name}: {record.getMessage()}"
        if record.exc_info and record.exc_info[1]:
            return "\n".join([line, *frames(record.exc_info[1]), told(record.exc_info[1])])
        return line


def told(error: BaseException) -> str:
    """An error by its class; with what it says only where that holds nothing of anybody's goods."""
    known: BaseException | None = error
    while known is not None and not isinstance(known, asyncpg.PostgresError):
        known = known.__cause__ or known.__context__
    if known is not None:
        # The first line names constraint and table; the rest, and all of a data exception, repeats the row.
        said = "" if known.sqlstate.startswith(DATA_EXCEPTION) else str(known).partition("\n")[0]
        return f"{type(known).__name__} {known.sqlstate} {said}".strip()
    return f"{type(error).__name__}: {error}" if isinstance(error, OSError) else type(error).__name__


def frames(error: BaseException) -> list[str]:
    """Where it went through: file, line, function."""
    return [f"{at.filename}:{at.lineno} {at.name}" for at in traceback.extract_tb(error.__traceback__)]


def begin(form: str, level: str) -> None:
    """Log to standard error from now on; `form`: text or json; `level`: as Python's logging names them."""
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"json": {"()": JsonLines}, "text": {"()": PlainLines}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": form}},
            "root": {"handlers": ["stderr"], "level": level.upper()},
        }
    )
