"""How a place is described in a record: business name, telephone, address, region. Pure.

FSMA 204 wants of a location (21 CFR 1.1310): business name, phone number, street address or coordinates,
city, state, zip code, country. What nobody told is left out, and named in `lacks`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

#: Kinds of sites where food grows.
FIELDS: Final = frozenset(
    ("field", "farm", "orchard", "garden", "greenhouse", "plantation", "vineyard", "plot", "pond", "base")
)
NAME: Final = "business name 企业名称"
PHONE: Final = "phone 电话"
ADDRESS: Final = "address 地址"


@dataclass(frozen=True, slots=True)
class Place:
    """A place and who runs it, as a record tells it.

    `text`: its description, or its URI where nothing else is known; `lacks`: what a description should have.
    `name`: of the place itself. `party`: id of who runs it.
    """

    text: str
    lacks: tuple[str, ...]
    uri: str
    gln: str | None
    name: str | None
    kind: str | None
    party: int | None

    @property
    def is_field(self) -> bool:
        """Does food grow here?"""
        return self.kind is not None and self.kind.lower() in FIELDS


def place_of(site: Mapping[str, Any], party: Mapping[str, Any] | None) -> Place:
    """The place of a row of `site`, run by a row of `party`."""
    own = None if site["unspecified"] else both_names(site)
    business = both_names(party) if party else None
    phone = telephone(party) if party else None
    address = site["address"] or (party["address"] if party else None)
    region = site["region"] or (party["region"] if party else None)
    known = business or own
    parts = (known, own if own != known else None, phone, address, region)
    lacks = [word for word, told in ((NAME, known), (PHONE, phone), (ADDRESS, address)) if not told]
    return Place(
        "; ".join(part for part in parts if part) if known or address else site["uri"],
        tuple(lacks),
        site["uri"],
        site["gln"] or (party["gln"] if party and site["unspecified"] else None),
        own,
        site["kind"],
        party["id"] if party else None,
    )


def both_names(row: Mapping[str, Any]) -> str | None:
    """English and Chinese name of a row, or the one there is."""
    names = [row[name] for name in ("name_en", "name_zh") if row[name]]
    return " ".join(dict.fromkeys(names)) or None


def telephone(party: Mapping[str, Any]) -> str | None:
    """The first number of contacts, quality manager and legal representative."""
    people: Sequence[Mapping[str, Any]] = (
        *party["contacts"],
        party["quality_manager"],
        party["legal_representative"],
    )
    return next((str(person["phone"]) for person in people if person.get("phone")), None)
