"""What an answer shows of whose trade, noted where it is found, until it is written down.

A request has one `Shown`, in a context variable: a walk or a page of rows knows what it found, and not who
asks. Outside a request that is watched, notes go nowhere.
"""

from collections import defaultdict
from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final, Literal

#: Of batches the trade is their product's party's; of `goods`, batches with all that became of them, that of
#: all who held them; of places, events and cases, that of all whom they name.
Kind = Literal["batch", "goods", "site", "party", "case", "drill", "complaint", "suspect_code", "notice"]
#: What answers know by name alone: eventIDs, and URIs of places and units.
Named = Literal["event", "uri"]

#: Lists in pages (`web.paging`), and what their rows are. Lists of what is public knowledge stand in no line.
LISTS: Final[dict[str, Kind]] = {
    "batches": "batch",
    "recalls": "case",
    "drills": "drill",
    "complaints": "complaint",
    "suspect-codes": "suspect_code",
    "notices": "notice",
}


@dataclass(slots=True)
class Shown:
    """Row ids, and names, of what an answer shows. `batches`: those that it is about, to be named.
    `grantors`: by whose leave a reader who is bound to its own part is shown more; None for a reader who is
    not. `beyond`: it is shown more by what it is to a case, by nobody's leave.
    """

    grantors: frozenset[int] | None = None
    beyond: bool = False
    ids: dict[Kind, set[int]] = field(default_factory=lambda: defaultdict(set))
    names: dict[Named, set[str]] = field(default_factory=lambda: defaultdict(set))
    batches: set[int] = field(default_factory=set)

    @property
    def crossing(self) -> bool:
        """Whether it shows the reader what is not its own."""
        return self.beyond or self.grantors is None or bool(self.grantors)

    def add(self, kind: Kind, ids: set[int]) -> None:
        """Note rows of a kind; batches are named in the record."""
        self.ids[kind] |= ids
        if kind in ("batch", "goods"):
            self.batches |= ids

    def __bool__(self) -> bool:
        """Whether anything was noted."""
        return any(self.ids.values()) or any(self.names.values())


_watched: Final[ContextVar[Shown | None]] = ContextVar("shown", default=None)


def watch(*, bound: bool) -> Shown:
    """From here on, what this request shows is noted in what is returned. `bound`: to the reader's part."""
    shown = Shown(frozenset() if bound else None)
    _watched.set(shown)
    return shown


def shows_beyond() -> None:
    """Note that a party is shown more than its own part: of a case that it answers for."""
    if (shown := _watched.get()) is not None:
        shown.beyond = True


def shows_by_leave(grantors: frozenset[int]) -> None:
    """Note that a party sees, from here on, what these have granted it of theirs."""
    if (shown := _watched.get()) is not None and shown.grantors is not None:
        shown.grantors |= grantors


def is_watched() -> bool:
    """Whether notes are wanted: where it takes a statement to know what to note."""
    shown = _watched.get()
    return shown is not None and shown.crossing


def shows(kind: Kind, ids: Iterable[int | None]) -> None:
    """Note that the answer is about these."""
    if (shown := _watched.get()) is not None:
        shown.add(kind, {each for each in ids if each is not None})


def shows_page(of: str, ids: Iterable[int]) -> None:
    """Note that the answer is a page of the list `of` these."""
    if (kind := LISTS.get(of)) is not None:
        shows(kind, ids)


def passes(batches: Iterable[int], sites: Iterable[int]) -> None:
    """Note which batches at which places a trace came by: too many to be named in the record."""
    if (shown := _watched.get()) is not None:
        shown.ids["batch"].update(batches)
        shown.ids["site"].update(sites)


def shows_named(kind: Named, names: Iterable[str]) -> None:
    """Note that the answer shows these."""
    if (shown := _watched.get()) is not None:
        shown.names[kind].update(names)
