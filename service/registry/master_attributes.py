"""What master data says of a party, a place or a product, in the registry's words.

The attributes are those of the Core Business Vocabulary (CBV 2.0, section 11, master data attributes) and of
the GS1 web vocabulary. What has no column of its own is kept as it came.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from service.identifiers.plain_text import without_strangers

RecordKind = Literal["party", "site", "product"]

#: Namespaces whose attribute words are read here; words of other namespaces keep their whole name.
NAMESPACES = (
    "urn:epcglobal:cbv:mda#",
    "urn:epcglobal:cbv:mda:",
    "urn:epcglobal:cbv:",
    "cbvmda:",
    "https://ref.gs1.org/cbv/",
    "https://ref.gs1.org/voc/",
    "https://gs1.org/voc/",
    "gs1:",
)
#: Name of the attribute that says who runs a place or makes a product: the URI of a party.
OWNER = "owning_party"

NAMES: dict[RecordKind, tuple[str, ...]] = {
    "party": ("name", "organizationName"),
    "site": ("name", "physicalLocationName"),
    "product": ("descriptionShort", "name", "functionalName", "regulatedProductName", "tradeItemDescription"),
}
STREET = ("streetAddressOne", "streetAddressTwo", "streetAddressThree", "streetAddress")
_CHINESE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]")
_COUNTRY = re.compile(r"[A-Z]{2}")
_SUBDIVISION = re.compile(r"[A-Z0-9]{1,3}")
_DIVISION_CODE = re.compile(r"[1-9][0-9]{5}")


@dataclass(frozen=True, slots=True)
class MasterFields:
    """The columns that master data fills; None: not told. `owner`: the URI as told, of the owning party."""

    name_zh: str | None = None
    name_en: str | None = None
    region: str | None = None
    address: str | None = None
    brand: str | None = None
    owner: str | None = None
    attributes: dict[str, Any] = field(default_factory=dict)


def read_attributes(kind: RecordKind, told: Mapping[str, Any]) -> MasterFields:
    """Sort the attributes into columns. Values that are no plain text stay among `attributes`."""
    rest = {_bare(name): storable(value) for name, value in told.items()}
    used: set[str] = set()

    def text(word: str) -> str | None:
        value = rest.get(word)
        if isinstance(value, list) and value:
            value = value[0]
        line = " ".join(without_strangers(value).split()) if isinstance(value, str) else ""
        if not line:
            return None
        used.add(word)
        return line

    name = next(filter(None, map(text, NAMES[kind])), None)
    country, state = text("countryCode"), text("state")
    place = {
        "street": [line for line in map(text, STREET) if line],
        "town": [line for line in (text("city"), state, text("postalCode"), country) if line],
    }
    chinese = bool(name and _CHINESE.search(name))
    owner = text(OWNER)
    brand = text("brandName") if kind == "product" else None
    # The owner's word marks a row's owner as told by master data, so no unread value may stand under it.
    kept = {word: value for word, value in rest.items() if word not in used and word != OWNER}
    return MasterFields(
        name_zh=name if chinese else None,
        name_en=None if chinese else name,
        region=region_of(country, state),
        address=_address(place["street"], place["town"]),
        brand=brand,
        owner=owner,
        attributes=kept,
    )


def region_of(country: str | None, state: str | None) -> str | None:
    """GB/T 2260 code, ISO 3166-2 or ISO 3166-1 alpha-2, whichever the two attributes allow."""
    country, state = (country or "").upper(), (state or "").upper()
    if _DIVISION_CODE.fullmatch(state) and country in ("", "CN"):
        return state
    if not _COUNTRY.fullmatch(country):
        return None
    subdivision = state.removeprefix(country + "-")
    return f"{country}-{subdivision}" if _SUBDIVISION.fullmatch(subdivision) else country


def storable(value: Any) -> Any:
    """The value without what PostgreSQL's `jsonb` cannot hold: the NUL character, half surrogate pairs."""
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, Mapping):
        return {storable(str(key)): storable(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [storable(part) for part in value]
    return value


def _bare(name: str) -> str:
    for namespace in NAMESPACES:
        if name.startswith(namespace):
            return storable(name.removeprefix(namespace)) or "_"
    return storable(name) or "_"


def _address(street: list[str], town: list[str]) -> str | None:
    if not street and not town:
        return None
    if any(_CHINESE.search(line) for line in street):
        # Chinese addresses go from the large to the small, without commas.
        return "".join(line for line in reversed(town) if _CHINESE.search(line)) + "".join(street)
    return ", ".join(street + town)
