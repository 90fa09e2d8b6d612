"""An EPCIS query, understood: what `query_parameters` makes of parameters and `query` makes SQL of.

All conditions must hold; inside one, any of its values will do. Values are canonical, as in `facts`.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from service.identifiers.epc_pattern import UriPattern


class Comparison(StrEnum):
    """How a number or a time compares."""

    EQ = "EQ"
    GT = "GT"
    GE = "GE"
    LT = "LT"
    LE = "LE"


@dataclass(frozen=True, slots=True)
class ColumnIs:
    """A column of `event` has one of these values."""

    column: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ColumnCompares:
    """A time column of `event`: from (GE) or before (LT) an instant."""

    column: str
    comparison: Comparison
    moment: datetime


@dataclass(frozen=True, slots=True)
class PlaceWithin:
    """A place is one of these or, by master data of these vocabularies, below one of them."""

    column: str
    vocabularies: tuple[str, ...]
    uris: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NamesInstance:
    """Instances in some of an event's lists. `roles`: those of `event_item`; `lists`: those of `facts`."""

    roles: tuple[int, ...]
    lists: tuple[str, ...]
    uris: tuple[str, ...]
    patterns: tuple[UriPattern, ...]


@dataclass(frozen=True, slots=True)
class NamesClass:
    """Classes in some of an event's lists of quantities."""

    lists: tuple[str, ...]
    uris: tuple[str, ...]
    patterns: tuple[UriPattern, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """A text that stands in `facts` at this path."""

    path: tuple[str, ...]
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NumberCompares:
    """A number of `facts`: with EQ, any of the values."""

    name: str
    comparison: Comparison
    values: tuple[Decimal | int, ...]


@dataclass(frozen=True, slots=True)
class ExtensionIs:
    """An extension has one of these texts, numbers or times. `names`: its name, in every spelling meant."""

    names: tuple[str, ...]
    texts: tuple[str, ...]
    numbers: tuple[Decimal, ...]
    times: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ExtensionCompares:
    """An extension compares with a number, or with a time (microseconds since 1970)."""

    names: tuple[str, ...]
    comparison: Comparison
    number: Decimal | None
    time: int | None


@dataclass(frozen=True, slots=True)
class Has:
    """Something is there (`facts.has`), or is not."""

    names: tuple[str, ...]
    there: bool


@dataclass(frozen=True, slots=True)
class DeclaresError:
    """Whether the event is an error declaration."""

    declares: bool


@dataclass(frozen=True, slots=True)
class AttributeIs:
    """What stands in a field has master data with one of these attributes.

    `field`: a standard field's name, or "" for the extension of these `names`. `vocabularies`: empty means
    any. `values`: and its value is one of these; empty: whatever it is.
    """

    field: str
    names: tuple[str, ...]
    vocabularies: tuple[str, ...]
    attributes: tuple[str, ...]
    values: tuple[str, ...] = ()


Condition = (
    ColumnIs
    | ColumnCompares
    | PlaceWithin
    | NamesInstance
    | NamesClass
    | Told
    | NumberCompares
    | ExtensionIs
    | ExtensionCompares
    | Has
    | DeclaresError
    | AttributeIs
)


@dataclass(frozen=True, slots=True)
class Order:
    """`column`: event_time or record_time; else `extension`: its name in every spelling meant."""

    column: str | None
    extension: tuple[str, ...] = ()
    ascending: bool = False


@dataclass(frozen=True, slots=True)
class EventQuery:
    """`order` None: as recorded. `first`: only so many of the ordered events (`eventCountLimit`).

    `most`: more matches than this are an error (`maxEventCount`).
    """

    conditions: tuple[Condition, ...] = ()
    order: Order | None = None
    first: int | None = None
    most: int | None = None
