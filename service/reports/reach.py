"""Whether somebody can be told: by a channel, or by a person with a telephone or an e-mail address. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Reach:
    """How a party is reached: `contact` (`name`, `phone`, `email`; empty: nobody), `channels` as shown."""

    contact: Mapping[str, str]
    channels: Sequence[str] = ()

    @property
    def reachable(self) -> bool:
        """Is there any way?"""
        return bool(self.contact or self.channels)


def reach_of(party: Mapping[str, Any], channels: Sequence[str] = ()) -> Reach:
    """How a party (its row) is reached: the first of its contacts, its quality manager and its legal
    representative who has a telephone or an e-mail address.
    """
    people = [*(party.get("contacts") or ()), party.get("quality_manager"), party.get("legal_representative")]
    found: Mapping[str, Any] = next(
        (one for one in people if one and (one.get("phone") or one.get("email"))), {}
    )
    return Reach({key: found[key] for key in ("name", "phone", "email") if found.get(key)}, tuple(channels))
