"""Lists, traces, cases and event queries as files for spreadsheet programs."""

from typing import Any, Literal

from suyuan.call import LONG, Call, read_bytes

SheetForm = Literal["xlsx", "csv"]
Language = Literal["zh", "en"]


def path_of(what: str) -> str:
    """Where a thing is asked for: `batches`, `recalls/7`, `trace/forward`; `events`, `queries/mine/events`;
    a whole path stays as it is.
    """
    if what.startswith("/"):
        return what
    of_epcis = what == "events" or (what.endswith("/events") and not what.startswith("delegations/"))
    return f"/epcis/{what}" if of_epcis else f"/v1/{what}"


def sheet(
    what: str,
    form: SheetForm,
    query: dict[str, Any],
    *,
    language: Language | None = None,
    zone: str | None = None,
) -> Call[bytes]:
    """All of a list, not a page of it. `query`: the filters that the list itself has."""
    about = {"format": form, "lang": language, "zone": zone}
    return Call("GET", path_of(what), read_bytes, params={**query, **about}, timeout=LONG)
