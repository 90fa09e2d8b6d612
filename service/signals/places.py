"""The city of an address, from a database file that the operator names (MMDB), or no place.

Cities only: of the file's coordinates one decimal is kept (about ten kilometres), and none where it does not
know the city.
"""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import maxminddb

from service.signals.addresses import Address

logger = logging.getLogger(__name__)

NAME_MOST: Final = 100  # characters


@dataclass(frozen=True, slots=True)
class Place:
    """A city. `key`: by which it is told from others; `latitude`, `longitude`: degrees, one decimal."""

    key: str
    city_zh: str | None = None
    city_en: str | None = None
    country: str | None = None
    latitude: float | None = None
    longitude: float | None = None


#: Where the file does not know the city, and where there is no file.
UNKNOWN: Final = Place("unknown")


class Places:
    """The file, open. Without one every place is unknown."""

    def __init__(self, path: Path | None) -> None:
        self._reader: maxminddb.Reader | None = None
        if path is not None:
            try:
                self._reader = maxminddb.open_database(path)
            except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
                # Nobody's page waits for a city: the service runs without.
                logger.warning("SUYUAN_PLACES_DATABASE cannot be read, places stay unknown: %s", error)

    def find(self, address: Address | None) -> Place:
        """The city of an address, or `UNKNOWN`."""
        if self._reader is None or address is None:
            return UNKNOWN
        try:
            return place_of(self._reader.get(address))
        except (ValueError, maxminddb.InvalidDatabaseError) as error:
            logger.warning("the database of places is damaged: %s", error)
            return UNKNOWN

    def close(self) -> None:
        """Close the file."""
        if self._reader is not None:
            self._reader.close()


def place_of(record: Any) -> Place:
    """A record of the file (GeoLite2-City and its like) as a place; `UNKNOWN` without a city."""
    city, country = _part(record, "city"), _part(record, "country")
    names, code = _part(city, "names"), _text(country.get("iso_code"))
    zh, en = _text(names.get("zh-CN")), _text(names.get("en"))
    if not zh and not en:
        return UNKNOWN
    number = city.get("geoname_id")
    key = str(number) if isinstance(number, int) else f"{code or ''}/{en or zh}"
    north, east = (_degrees(_part(record, "location").get(name)) for name in ("latitude", "longitude"))
    if north is None or east is None or not (-90 <= north <= 90 and -180 <= east <= 180):
        north = east = None
    return Place(key, zh, en, code, north, east)


def _part(record: Any, name: str) -> dict[str, Any]:
    part = record.get(name) if isinstance(record, dict) else None
    return part if isinstance(part, dict) else {}


def _text(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    return value.replace("\x00", "")[:NAME_MOST] or None


def _degrees(value: Any) -> float | None:
    return round(float(value), 1) if isinstance(value, int | float) else None
