"""What an answer shows of whose trade, noted where it is found, until it is written down.

A request has one `Shown`, in a context variable: a walk or a page of rows knows what it found, and not who
asks. Outside a request that is watched, notes go nowhere.
"""

from collections import defaultdict
from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final, Literal

#: Of batches the trade is their product's party's; of places, events and cases, that of all whom they name.
Kind = Literal["batch", "site", "party", "case", "drill", "complaint", "suspect_code", "notice"]
#: What answers know by name alone: eventIDs, and URIs of places and units.
Named = Literal["event", "uri"]


@dataclass(slots=True)
class Shown:
    """Row ids, and names, of what an answer shows. `batches`: those that it is about, to be named."""

    ids: dict[Kind, set[int]] = field(default_factory=lambda: defaultdict(set))
    names: dict[Named, set[str]] = field(default_factory=lambda: defaultdict(set))
    batches: set[int] = field(default_factory=set)

    def name(self, kind: Kind, row_id: int) -> None:
        """Note what the question's path names."""
        self.ids[kind].add(row_id)
        if kind == "batch":
            self.batches.add(row_id)

    def __bool__(self) -> bool:
        """Whether anything was noted."""
        return any(self.ids.values()) or any(self.names.values())


_watched: Final[ContextVar[Shown | None]] = ContextVar("shown", default=None)


def watch() -> Shown:
    """From here on, what this request shows is noted in what is returned."""
    shown = Shown()
    _watched.set(shown)
    return shown


def shows(kind: Kind, ids: Iterable[int | None]) -> None:
    """Note that the answer shows these."""
    if (shown := _watched.get()) is not None:
        shown.ids[kind].update(each for each in ids if each is not None)


def shows_named(kind: Named, names: Iterable[str]) -> None:
    """Note that the answer shows these."""
    if (shown := _watched.get()) is not None:
        shown.names[kind].update(names)


def is_about(batches: Iterable[int]) -> None:
    """Note that the answer is about these batches: the record names them."""
    if (shown := _watched.get()) is not None:
        shown.batches.update(batches)
        shown.ids["batch"] |= shown.batches
