"""What is on record of the one code at hand, beyond its lot. Pure."""

from dataclasses import dataclass
from datetime import datetime

from service.scan.sales import Sale
from service.units.status import Status


@dataclass(frozen=True, slots=True)
class UnitSigns:
    """`id`: None for a unit that is not on record; `listed`: as in `verdict.Found`; `status`, `since`: its
    state and from when, None where nothing is on record; `sales`: each once, by time; `strange`: registered
    for another lot than the one in the link.
    """

    id: int | None
    listed: bool
    held: bool
    status: Status | None
    since: datetime | None
    sales: tuple[Sale, ...]
    strange: bool = False
