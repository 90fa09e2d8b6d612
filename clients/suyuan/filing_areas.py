"""Records for authorities, and alarms, for ordinary code: written from its twin by `scripts.write_client`."""

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

from suyuan import filings
from suyuan.filings import Form, RecallAlarm

if TYPE_CHECKING:
    from suyuan.client import Suyuan


class Filings:
    """Records as authorities ask for them."""

    def __init__(self, client: "Suyuan") -> None:
        self._client = client

    def fsma204(
        self,
        *batches: str,
        product: str | None = None,
        recall: int | None = None,
        trace: str | None = None,
        first: date | str | None = None,
        last: date | str | None = None,
        form: Form = "xlsx",
    ) -> bytes:
        """The sortable spreadsheet of FSMA 204: every critical tracking event of these batches, of a product,
        or of the lots of a case. `trace`: forward, backward or both, for lots made from these or that went
        into them; `first`, `last`: days.
        """
        asked = filings.fsma204(
            batches, form, product=product, recall=recall, trace=trace, first=first, last=last
        )
        return self._client.send(asked)

    def one_step(
        self,
        party: str,
        *,
        product: str | None = None,
        first: date | str | None = None,
        last: date | str | None = None,
        form: Form = "xlsx",
    ) -> bytes:
        """One step back and one step forward of a party (URI, GLN or credit code)."""
        asked = filings.one_step(party, form, product=product, first=first, last=last)
        return self._client.send(asked)

    def openfda(self, recall_id: int) -> dict[str, Any]:
        """A case as openFDA's enforcement records."""
        return self._client.send(filings.openfda(recall_id))


class Alarms:
    """Goods of a case that moved after it was decided on."""

    def __init__(self, client: "Suyuan") -> None:
        self._client = client

    def list(self, recall_id: int, **filters: Any) -> Iterator[RecallAlarm]:
        """Those of a case in the order they were noticed; filter `seen`."""
        return self._client.each(filings.alarms(recall_id, filters))

    def see(self, recall_id: int, alarm_id: int) -> RecallAlarm:
        """Put on record that it was looked at; who was first stays."""
        return self._client.send(filings.see_alarm(recall_id, alarm_id))
