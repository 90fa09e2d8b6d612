"""Which files of a watched folder are taken, and what is remembered of them."""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from suyuan import NEVER, Suyuan
from suyuan.cli import app
from suyuan.watching import MARKED, RECORD, BadFolder, Folder, Found


def taken(folder: Folder) -> list[str]:
    return [found.path.name for found in folder.standing_still()]


def take(folder: Folder) -> Found:
    (found,) = folder.standing_still()
    return found


def test_a_file_is_taken_once_it_stands_still(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    growing = tmp_path / "book.xlsx"
    growing.write_bytes(b"half")
    assert taken(folder) == []
    growing.write_bytes(b"half and the rest")
    assert taken(folder) == []
    assert taken(folder) == ["book.xlsx"]


def test_only_spreadsheets_that_somebody_put_there_are_taken(tmp_path: Path) -> None:
    for name in ("a.CSV", "b.xlsx", "~$b.xlsx", ".c.csv", "d.docx", f"b.xlsx{MARKED}"):
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "folder.csv").mkdir()
    folder = Folder(tmp_path)
    assert taken(folder) == []
    assert taken(folder) == ["a.CSV", "b.xlsx"]


def test_what_was_stored_is_known_by_its_content_also_after_a_new_start(tmp_path: Path) -> None:
    (tmp_path / "march.csv").write_bytes(b"rows")
    folder = Folder(tmp_path)
    taken(folder)
    found = take(folder)
    assert not folder.was_stored(found)
    assert folder.note_stored(found, 7) == tmp_path / "done" / "march.csv"
    (tmp_path / "march.csv").write_bytes(b"rows")
    with (tmp_path / RECORD).open("ab") as record:
        record.write(b'{"sha256": "half a li')  # the power went
    anew = Folder(tmp_path)
    taken(anew)
    again = take(anew)
    assert anew.was_stored(again)
    assert anew.note_stored(again, 0).name == "march (2).csv"
    assert sorted(path.name for path in (tmp_path / "done").iterdir()) == ["march (2).csv", "march.csv"]


def test_a_file_with_faults_is_taken_again_when_it_is_saved_again(tmp_path: Path) -> None:
    book = tmp_path / "book.xlsx"
    book.write_bytes(b"wrong")
    folder = Folder(tmp_path)
    taken(folder)
    marked = folder.note_faults(take(folder), 7, b"marked")
    assert marked == tmp_path / "book.xlsx.faults.xlsx"
    assert taken(folder) == []
    assert not folder.unsettled()
    anew = Folder(tmp_path)
    assert taken(anew) == taken(anew) == []
    os.utime(book, ns=(0, 0))
    assert anew.unsettled()
    assert taken(anew) == []
    anew.note_stored(take(anew), 8)
    assert not marked.exists()  # nothing is wrong any more


def test_a_marked_workbook_in_which_somebody_wrote_is_kept(tmp_path: Path) -> None:
    book = tmp_path / "book.xlsx"
    book.write_bytes(b"wrong")
    folder = Folder(tmp_path)
    taken(folder)
    found = take(folder)
    marked = folder.note_faults(found, 7, b"marked")
    assert marked
    marked.write_bytes(b"marked, and corrected here")
    folder.note_stored(found, 8)
    assert marked.exists()


def test_a_file_that_was_saved_while_it_was_sent_stays_and_is_taken(tmp_path: Path) -> None:
    book = tmp_path / "book.xlsx"
    book.write_bytes(b"first")
    folder = Folder(tmp_path)
    taken(folder)
    found = take(folder)
    book.write_bytes(b"second")
    assert folder.note_stored(found, 7) == book
    assert taken(folder) == []
    assert take(folder).content == b"second"


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFolder, match="is no folder"):
        Folder(tmp_path / "nowhere")


def test_a_service_that_is_away_is_waited_for_and_told_of_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "march.csv").write_bytes(b"rows")
    stored = b'{"id": 7, "file_name": "march.csv", "file_sha256": "", "state": "stored", "rows_stored": 1,'
    stored += b' "created_at": "2026-03-01T00:00:00Z"}'
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.method)
        if len(asked) <= 2:
            raise httpx.ConnectError("away", request=request)
        return httpx.Response(429 if len(asked) == 3 else 200, content=stored)

    def sleeps() -> Iterator[None]:
        yield from [None] * 5
        raise KeyboardInterrupt

    waits = sleeps()
    monkeypatch.setattr("time.sleep", lambda _: next(waits))
    transport = httpx.MockTransport(answer)
    monkeypatch.setattr(
        "suyuan.cli.session.connect", lambda *_: Suyuan("http://away.test", transport=transport, retry=NEVER)
    )
    ended = CliRunner().invoke(app, ["watch", str(tmp_path)], env={"LC_ALL": "C"})
    assert ended.exit_code == 130
    assert asked == ["POST", "POST", "POST", "POST", "GET"]
    assert ended.stderr.count("cannot be reached") == 1
    assert (tmp_path / "done" / "march.csv").exists()
