"""Records for authorities, and alarms of cases: their shapes and calls."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal

import msgspec

from suyuan.call import LONG, Call, Page, read_bytes, reads
from suyuan.registry import PAGE_ROWS

Form = Literal["xlsx", "csv", "json"]


class RecallAlarm(msgspec.Struct):
    """Goods of a case that left a holding after it was decided on. `kind`: shipped, sold, transformed;
    `withdrawn_at`: since when the events no longer show it.
    """

    id: int
    kind: str
    batch_id: int
    batch_uri: str
    at: datetime
    raised_at: datetime
    amounts: dict[str, str] = {}
    lot: str | None = None
    product_name_zh: str | None = None
    product_name_en: str | None = None
    event: str | None = None
    withdrawn_at: datetime | None = None
    seen_at: datetime | None = None
    seen_by: str | None = None
    from_site_uri: str | None = None
    from_site_name_zh: str | None = None
    from_site_name_en: str | None = None
    from_party_id: int | None = None
    from_party_name_zh: str | None = None
    from_party_name_en: str | None = None
    to_site_uri: str | None = None
    to_site_name_zh: str | None = None
    to_site_name_en: str | None = None
    to_party_id: int | None = None
    to_party_name_zh: str | None = None
    to_party_name_en: str | None = None


def fsma204(
    batches: Sequence[str],
    form: Form,
    *,
    product: str | None,
    recall: int | None,
    trace: str | None,
    first: date | str | None,
    last: date | str | None,
) -> Call[bytes]:
    """The sortable spreadsheet of FSMA 204 for batches, a product, or the lots of a case."""
    asked = {"batch": list(batches), "product": product, "recall": recall, "trace": trace}
    days = {"from": first, "to": last, "format": form}
    return Call("GET", "/v1/filings/fsma204", read_bytes, {**asked, **days}, timeout=LONG)


def one_step(
    party: str, form: Form, *, product: str | None, first: date | str | None, last: date | str | None
) -> Call[bytes]:
    """From whom a party was supplied, and whom it supplied."""
    asked = {"party": party, "product": product, "from": first, "to": last, "format": form}
    return Call("GET", "/v1/filings/one-step", read_bytes, asked, timeout=LONG)


def openfda(recall_id: int) -> Call[dict[str, Any]]:
    """A case as openFDA's enforcement records."""
    return Call("GET", f"/v1/recalls/{recall_id:d}/openfda", reads(dict[str, Any]))


def alarms(recall_id: int, filters: Mapping[str, Any]) -> Callable[[str | None], Call[Page[RecallAlarm]]]:
    """Alarms of a case, as pages; filter `seen`."""

    def page_with(token: str | None) -> Call[Page[RecallAlarm]]:
        params = {"limit": PAGE_ROWS, **filters, "page": token}
        return Call("GET", f"/v1/recalls/{recall_id:d}/alarms", reads(Page[RecallAlarm]), params)

    return page_with


def see_alarm(recall_id: int, alarm_id: int) -> Call[RecallAlarm]:
    """An alarm was looked at."""
    path = f"/v1/recalls/{recall_id:d}/alarms/{alarm_id:d}/seen"
    return Call("POST", path, reads(RecallAlarm), repeatable=True)
