"""When the looks at one pack's code are too many, too wide or too fast for one pack. Pure.

A printed code can be copied, but one pack is in one place: copies give themselves away by being looked at too
often, in too many cities, or in two cities with less time between than an airliner needs. A suspicion is a
reason to look closer and no proof: an address tells a city only roughly, and a shared picture of a code is
looked at everywhere.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

EARTH_RADIUS_KM: Final = 6371.0088
#: Faster than an airliner between two cities.
SPEED_MOST_KM_H: Final = 900.0
#: The city of an address may be wrong by so much (a phone's traffic comes out in the next large city).
ROUGH_KM: Final = 100.0
#: Two looks at one moment would be an infinite speed.
APART_LEAST: Final = timedelta(minutes=1)
#: Half the way round the Earth at `SPEED_MOST_KM_H`: what lies further apart in time is never too fast.
APART_MOST: Final = timedelta(hours=math.pi * EARTH_RADIUS_KM / SPEED_MOST_KM_H)


class ReasonKind(StrEnum):
    """Why a code is suspect."""

    TOO_MANY_LOOKS = "too_many_looks"
    TOO_MANY_CITIES = "too_many_cities"
    TOO_FAST = "too_fast"


@dataclass(frozen=True, slots=True)
class City:
    """A city as the database of places knows it. `latitude`, `longitude`: degrees, where known."""

    id: int
    name: str
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """Looks at one code on one day in one place. `city`: None where the place is not known."""

    city: City | None
    looks: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one pack may have: looks in all, and cities within a time."""

    looks: int
    cities: int
    within: timedelta


@dataclass(frozen=True, slots=True)
class Reason:
    """Why, and by what evidence (as JSON can carry it)."""

    kind: ReasonKind
    evidence: Mapping[str, Any]


def kilometres(one: City, other: City) -> float | None:
    """The great-circle distance; None where coordinates are missing."""
    if one.latitude is None or one.longitude is None or other.latitude is None or other.longitude is None:
        return None
    north, other_north = math.radians(one.latitude), math.radians(other.latitude)
    half = math.sin((other_north - north) / 2) ** 2
    east = math.radians(other.longitude - one.longitude) / 2
    half += math.cos(north) * math.cos(other_north) * math.sin(east) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(half)))


def reasons_of(seen: Sequence[Seen], bounds: Bounds) -> list[Reason]:
    """Every reason to suspect a code, at most one of each kind."""
    sightings = _sightings(seen)
    found = (
        _too_many(seen, bounds),
        _too_wide(sightings, bounds),
        _too_fast(sightings),
    )
    return [reason for reason in found if reason is not None]


def _sightings(seen: Sequence[Seen]) -> list[tuple[datetime, City]]:
    """The moments at which the code was certainly in a city, in the order of time."""
    told = {(at, each.city) for each in seen if each.city for at in (each.first_at, each.last_at)}
    return sorted(told, key=lambda one: (one[0], one[1].id))


def _too_many(seen: Sequence[Seen], bounds: Bounds) -> Reason | None:
    looks = sum(each.looks for each in seen)
    if looks <= bounds.looks:
        return None
    evidence = {
        "looks": looks,
        "most": bounds.looks,
        "first_at": min(each.first_at for each in seen).isoformat(),
        "last_at": max(each.last_at for each in seen).isoformat(),
    }
    return Reason(ReasonKind.TOO_MANY_LOOKS, evidence)


def _too_wide(sightings: Sequence[tuple[datetime, City]], bounds: Bounds) -> Reason | None:
    """Whether a window of `bounds.within` holds too many cities; the one that holds most is the evidence."""
    inside: Counter[City] = Counter()
    start, most, window = 0, 0, (0, 0)
    for end, (at, city) in enumerate(sightings):
        inside[city] += 1
        while at - sightings[start][0] > bounds.within:
            gone = sightings[start][1]
            inside[gone] -= 1
            if not inside[gone]:
                del inside[gone]
            start += 1
        if len(inside) > most:
            most, window = len(inside), (start, end)
    if most <= bounds.cities:
        return None
    shown = sightings[window[0] : window[1] + 1]
    evidence = {
        "cities": sorted({city.name for _, city in shown}),
        "count": most,
        "most": bounds.cities,
        "from": shown[0][0].isoformat(),
        "to": shown[-1][0].isoformat(),
    }
    return Reason(ReasonKind.TOO_MANY_CITIES, evidence)


def _too_fast(sightings: Sequence[tuple[datetime, City]]) -> Reason | None:
    """The fastest journey between two cities that no pack can have made."""
    fastest, evidence = SPEED_MOST_KM_H, None
    start = 0
    for end, (at, city) in enumerate(sightings):
        while at - sightings[start][0] > APART_MOST:
            start += 1
        for earlier, other in sightings[start:end]:
            far = kilometres(other, city) if other != city else None
            if far is None:
                continue
            hours = max(at - earlier, APART_LEAST) / timedelta(hours=1)
            speed = (far - ROUGH_KM) / hours
            if speed > fastest:
                fastest = speed
                evidence = {
                    "from": other.name,
                    "to": city.name,
                    "left_at": earlier.isoformat(),
                    "seen_at": at.isoformat(),
                    "km": round(far),
                    "km_h": round(speed),
                    "most_km_h": round(SPEED_MOST_KM_H),
                }
    return Reason(ReasonKind.TOO_FAST, evidence) if evidence else None
