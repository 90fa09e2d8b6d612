"""Batches of which the same is told are projected once: packs of one case, lots that go together. Pure.

What becomes of a batch follows from its postings, and from nothing that the batch itself is. Those of which
the same events tell, in the same roles and amounts, have the same holdings and gaps, and flows that differ
only in the batch that moves.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from msgspec.structs import replace

from service.ledger.model import BatchLedger, FlowKind, Posting, Sites, Transformation
from service.ledger.untold_lots import Departure

Project = Callable[
    [int, Sequence[Posting], Sites, Mapping[int, Transformation], Sequence[Departure]], BatchLedger
]

#: Postings of a batch above which nobody looks for others like it: of so much told, some is told of it alone.
POSTINGS_MOST: Final = 100


class Alike:
    """`project_batch` for batches that are projected together, with the same sites and transformations."""

    def __init__(self, project: Project, sites: Sites, transformations: Mapping[int, Transformation]) -> None:
        self._project = project
        self._sites = sites
        self._transformations = transformations
        self._done: dict[frozenset[object], tuple[int, BatchLedger]] = {}

    def project(
        self, batch: int, postings: Sequence[Posting], departures: Sequence[Departure] = ()
    ) -> BatchLedger:
        """Flows, holdings and gaps of a batch."""
        if departures or len(postings) > POSTINGS_MOST:
            return self._project(batch, postings, self._sites, self._transformations, departures)
        told = frozenset([_told(posting) for posting in postings])
        known = self._done.get(told)
        if known is None:
            ledger = self._project(batch, postings, self._sites, self._transformations, ())
            self._done[told] = batch, ledger
            return ledger
        other, ledger = known
        flows = [
            replace(flow, to_batch=batch) if flow.kind is FlowKind.MOVE and flow.to_batch == other else flow
            for flow in ledger.flows
        ]
        return BatchLedger(flows, ledger.holdings, ledger.gaps)


def _told(posting: Posting) -> object:
    """What a posting says. Amounts as they are written: 5 and 5.0 are given out as they came."""
    amounts = [part for uom, quantity in posting.amounts.items() for part in (uom, str(quantity))]
    return posting.entry.event_id, posting.role, posting.doubt, *amounts
