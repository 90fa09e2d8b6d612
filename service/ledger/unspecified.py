"""Goods that came somewhere with a party, until a later event says where. Pure.

A receipt that names only the party puts goods at that party's unspecified site. When all of them, and nothing
else, are then found at one of its places, that is where they came: one holding, not two of the same goods.
Where only some are found, the rest may be anywhere with that party, and both holdings stay.
"""

from collections import defaultdict
from collections.abc import Sequence

from msgspec.structs import replace

from service.ledger.acts import Act
from service.ledger.consignments import Move
from service.ledger.model import Gap, Places
from service.ledger.presence import Presence


def specify(presence: Presence, acts: Sequence[Act], places: Places) -> None:
    """Let the moves and gaps of `presence` name the places that later events say."""
    if not any(places.vague(move.target) for move in presence.moves):
        return
    came: dict[int, list[Move]] = defaultdict(list)
    left: dict[int, list[Move]] = defaultdict(list)
    for move in presence.moves:
        if move.target is not None:
            came[move.target].append(move)
        if move.origin is not None:
            left[move.origin].append(move)
    used = {act.place for act in acts} | {place for place, _, _ in presence.appeared}
    found: dict[int | None, int] = {}
    for site in sorted(came):
        if not places.vague(site) or site in used:
            continue
        place = _found_at(came[site], left[site], places)
        if place is not None:
            found[site] = place
            came[site][0].target = place
            presence.moves = [move for move in presence.moves if move is not left[site][0]]
    if found:
        presence.gaps = [_moved(gap, found) for gap in presence.gaps]
        for move in presence.moves:
            move.gaps = [_moved(gap, found) for gap in move.gaps]


def _moved(gap: Gap, found: dict[int | None, int]) -> Gap:
    return replace(gap, site=found[gap.site]) if gap.site in found else gap


def _found_at(came: Sequence[Move], left: Sequence[Move], places: Places) -> int | None:
    """Where all that came to an unspecified site was found; None where it was not, or not all of it."""
    if len(came) != 1 or len(left) != 1:
        return None
    there, onwards = came[0], left[0]
    # Inferred, and not from a shipment: it is only that the goods were found at its end.
    if not onwards.inferred or onwards.ship is not None or onwards.target is None:
        return None
    same_party = places.owner(onwards.target) == places.owner(there.target or 0)
    same_goods = there.received == onwards.shipped and there.arrived_at is not None
    if not same_party or not same_goods or onwards.target == there.origin:
        return None
    return onwards.target
