"""Keep the spreadsheets that the tests import in `docs/sheets`, for people to try; a test holds them."""

from pathlib import Path
from typing import Final

from tests import sheets_of_people as people

SHEETS: Final = Path(__file__).resolve().parents[1] / "docs" / "sheets"


def kept() -> dict[str, bytes]:
    """Each file by its name: as somebody made it, and corrected."""
    return {
        f"{name}{'-corrected' if corrected else ''}{ending}": write(corrected)
        for name, ending, write in (
            (people.HARVEST_FILE, ".xlsx", people.harvest_book),
            (people.DELIVERY_FILE, ".csv", people.delivery_list),
            (people.SERIALS_FILE, ".xlsx", people.serial_list),
        )
        for corrected in (False, True)
    }


def main() -> None:
    """Write the files."""
    SHEETS.mkdir(exist_ok=True)
    for name, content in kept().items():
        (SHEETS / name).write_bytes(content)


if __name__ == "__main__":
    main()
