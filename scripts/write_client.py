"""Write the client for ordinary code from the one for asyncio, which is the one that people edit."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

CLIENT: Final = Path(__file__).resolve().parents[1] / "clients" / "suyuan"
#: What is written from what.
TWINS: Final = {
    "async_client.py": "client.py",
    "async_areas.py": "areas.py",
    "async_key_areas.py": "key_areas.py",
    "async_letting_see_areas.py": "letting_see_areas.py",
    "async_notice_areas.py": "notice_areas.py",
    "async_report_areas.py": "report_areas.py",
    "async_filing_areas.py": "filing_areas.py",
    "async_import_areas.py": "import_areas.py",
    "async_trade.py": "trade.py",
}
#: What stands in asyncio's file, and what stands for it in the other.
WORDS: Final = (
    ("async_stream", "stream"),
    ("suyuan.async_", "suyuan."),
    ("AsyncSuyuan", "Suyuan"),
    ("httpx.Async", "httpx."),
    ("asyncio.sleep", "time.sleep"),
    ("import asyncio", "import time"),
    ("Callable[[float], Awaitable[None]]", "Callable[[float], None]"),
    ("Awaitable, ", ""),
    ("AsyncIterator", "Iterator"),
    ("__aenter__", "__enter__"),
    ("__aexit__", "__exit__"),
    ("aiter_", "iter_"),
    ("aclose()", "close()"),
    ("aread()", "read()"),
)
#: A bracket that is there for `await` alone: `(await x).y`, but not `f(await x)`.
GROUPED: Final = re.compile(r"(?<![\w\])])\(await ((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)")
#: The loop that asyncio has no shorter word for.
YIELDED: Final = re.compile(r"for (\w+) in (.+):\n\s+yield \1\n")


def twin_of(text: str) -> str:
    """The file for ordinary code, from the text of asyncio's."""
    heading, _, rest = text.partition("\n")
    text = _heading(heading) + "\n" + rest
    text = GROUPED.sub(r"\1", text)
    text = re.sub(r"\bawait ", "", text)
    text = re.sub(r"\basync (def|with|for)\b", r"\1", text)
    text = YIELDED.sub(r"yield from \2\n", text)
    for theirs, ours in WORDS:
        text = text.replace(theirs, ours)
    return _formatted(text)


def _heading(text: str) -> str:
    """The first line: asyncio's up to `for asyncio`, and that this file is written from that one."""
    return (
        text.split("for asyncio.")[0]
        + 'for ordinary code: written from its twin by `scripts.write_client`."""'
    )


def _formatted(text: str) -> str:
    ruff = [sys.executable, "-m", "ruff"]
    for command in (["check", "--fix-only", "--select", "I", "--quiet"], ["format", "--quiet"]):
        text = subprocess.run(
            [*ruff, *command, "--stdin-filename", str(CLIENT / "client.py"), "-"],
            input=text,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    return text


if __name__ == "__main__":
    for source, written in TWINS.items():
        (CLIENT / written).write_text(twin_of((CLIENT / source).read_text("utf-8")), "utf-8")
