"""What the page's forms say: which form a sheet is, and what its columns are. Pure.

Fields: `form.N` for the sheet of this number (from 0), `col.N.A` for its column A, `sheet.N` its name and
`was.N` the form that the columns were shown for. Columns chosen for another form than the one chosen now mean
nothing, and are found anew.
"""

from collections.abc import Mapping
from typing import Any, Final

from service.sheets.forms import FORMS

#: Of a sheet that is not to be imported; "": which it is is to be found out.
SKIP: Final = "-"


def choices_of(fields: Mapping[str, str]) -> list[dict[str, Any]]:
    """What was chosen, sheet by sheet, as the interface takes it."""
    said = []
    for name, sheet in fields.items():
        what, _, number = name.partition(".")
        if what != "sheet":
            continue
        form = fields.get(f"form.{number}", "")
        choice: dict[str, Any] = {"sheet": sheet, "skip": form == SKIP}
        if form in FORMS:
            choice["form"] = form
        start = f"col.{number}."
        if form and form == fields.get(f"was.{number}"):
            choice["columns"] = {
                field.removeprefix(start): key for field, key in fields.items() if field.startswith(start)
            }
        said.append(choice)
    return said
