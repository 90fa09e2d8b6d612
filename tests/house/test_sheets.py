"""The spreadsheets in `docs/sheets` are those that the tests import."""

from scripts.write_sheets import SHEETS, kept


def test_the_kept_sheets_are_those_that_are_written() -> None:
    files = kept()
    assert {path.name for path in SHEETS.iterdir()} == set(files)
    changed = [name for name, content in files.items() if (SHEETS / name).read_bytes() != content]
    assert not changed, "write them again: python -m scripts.write_sheets"
