"""What is less than certain about the flows of a batch, named with the event that shows it. Pure."""

from collections.abc import Sequence

from service.ledger.acts import Act
from service.ledger.consignments import Move
from service.ledger.model import Doubt, Entry, Gap, Posting, Role
from service.ledger.steps import moves_by_papers

GAPS = {
    Doubt.PACKED_LATER: "packed_after_leaving",
    Doubt.PERHAPS_UNPACKED: "unpacking_not_told",
}


class Doubts:
    """The doubts about the postings of one batch, by event."""

    def __init__(self, postings: Sequence[Posting]) -> None:
        self._of_event: dict[int, Doubt] = {}
        self._left_behind: list[Entry] = []
        #: Papers are among what tells of it.
        self._papers = False
        for posting in postings:
            entry = posting.entry
            if posting.role is Role.LEFT_BEHIND:
                self._left_behind.append(entry)
            elif posting.doubt:
                event = entry.event_id
                self._of_event[event] = max(posting.doubt, self._of_event.get(event, Doubt.NONE))
            self._papers = self._papers or entry.type == "TransactionEvent"

    def mark(self, move: Move) -> None:
        """Mark a finished move as inferred where no event told it outright, and name the gaps."""
        if not self._of_event and not self._papers:
            return
        for entry, site in ((move.ship, move.origin), (move.receive, move.target)):
            if entry is None or (entry is move.receive and move.arrived_at is None):
                continue
            doubt = self._of_event.get(entry.event_id)
            if doubt:
                move.gaps.append(Gap(GAPS[doubt], site, entry.event_id))
            if moves_by_papers(entry):
                move.gaps.append(Gap("told_by_papers_only", site, entry.event_id))
            # What was once inside and perhaps is not is told, though it may be wrong.
            move.inferred = move.inferred or doubt is Doubt.PACKED_LATER or moves_by_papers(entry)

    def gaps(self, acts: Sequence[Act]) -> list[Gap]:
        """The gaps of what moves nothing. Goods left behind are nowhere in particular: they stayed where
        they had come with what they were packed in.
        """
        gaps = [Gap("left_behind", None, entry.event_id) for entry in self._left_behind]
        for act in acts:
            doubt = self._of_event.get(act.entry.event_id)
            if doubt:
                gaps.append(Gap(GAPS[doubt], act.place, act.entry.event_id))
        return gaps
