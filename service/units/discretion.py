"""What somebody learns of a unit that left another's place: as much as a consumer who scans its code, that it
is gone, how, and on which day. Where, by whom and by which event is the trade of whoever did it. Pure.
"""

from collections.abc import Collection
from dataclasses import replace

from service.units.status import PACK_TIME, State, Told


def as_told_to(own: Collection[int], state: State) -> State:
    """The state as it is told to a party that runs the places `own` (ids)."""
    return replace(
        state,
        since=state.since and _to_others(own, state.since),
        repeated=tuple(_to_others(own, told) for told in state.repeated),
    )


def _to_others(own: Collection[int], told: Told) -> Told:
    if told.site in own:
        return told
    day = told.at.astimezone(PACK_TIME).replace(hour=0, minute=0, second=0, microsecond=0)
    return Told(told.status, day, None)
