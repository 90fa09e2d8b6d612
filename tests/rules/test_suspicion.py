"""When looks at one code are too many, too wide or too fast for one pack."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.signals.crawlers import is_person
from service.signals.suspicion import (
    ROUGH_KM,
    SPEED_MOST_KM_H,
    Bounds,
    City,
    Reason,
    ReasonKind,
    Seen,
    kilometres,
    reasons_of,
)

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
BOUNDS = Bounds(looks=20, cities=4, within=timedelta(days=7))
FUZHOU = City(1, "Fuzhou", 26.1, 119.3)
BEIJING = City(2, "Beijing", 39.9, 116.4)
URUMQI = City(3, "Ürümqi", 43.8, 87.6)
NOWHERE = City(4, "Somewhere")
HALF_ROUND_KM = 20_016

degrees = st.floats(-1, 1)
cities = st.builds(
    City,
    id=st.integers(1, 12),
    name=st.just("x"),
    latitude=degrees.map(lambda part: part * 90),
    longitude=degrees.map(lambda part: part * 180),
)


@st.composite
def seen_days(draw: st.DrawFn) -> list[Seen]:
    """Looks of some days, each city always at one place."""
    known = {city.id: city for city in draw(st.lists(cities, min_size=1, max_size=8))}
    rows = []
    for _ in range(draw(st.integers(0, 12))):
        first = START + timedelta(minutes=draw(st.integers(0, 30_000)))
        last = first + timedelta(minutes=draw(st.integers(0, 600)))
        city = draw(st.sampled_from([None, *known.values()]))
        rows.append(Seen(city, draw(st.integers(1, 6)), first, last))
    return rows


def once(city: City | None, hours: float, looks: int = 1) -> Seen:
    at = START + timedelta(hours=hours)
    return Seen(city, looks, at, at)


def kinds(rows: list[Seen]) -> set[ReasonKind]:
    return {reason.kind for reason in reasons_of(rows, BOUNDS)}


def reason(rows: list[Seen], kind: ReasonKind) -> Reason:
    return next(each for each in reasons_of(rows, BOUNDS) if each.kind is kind)


def test_a_family_that_looks_a_few_times_at_home_is_not_suspect() -> None:
    assert reasons_of([Seen(FUZHOU, 5, START, START + timedelta(days=3)), once(None, 1)], BOUNDS) == []
    assert reasons_of([], BOUNDS) == []


def test_more_looks_than_one_pack_gets_are_suspect() -> None:
    assert kinds([once(FUZHOU, 0, looks=20)]) == set()
    rows = [once(FUZHOU, 0, looks=20), once(None, 24)]
    assert kinds(rows) == {ReasonKind.TOO_MANY_LOOKS}
    assert reason(rows, ReasonKind.TOO_MANY_LOOKS).evidence["looks"] == 21


def test_two_cities_further_apart_than_an_airliner_flies_are_suspect() -> None:
    rows = [once(FUZHOU, 0), once(URUMQI, 2)]
    assert kinds(rows) == {ReasonKind.TOO_FAST}
    told = reason(rows, ReasonKind.TOO_FAST).evidence
    assert (told["from"], told["to"]) == ("Fuzhou", "Ürümqi")
    assert 3_200 < told["km"] < 3_500
    assert told["km_h"] > SPEED_MOST_KM_H
    assert kinds([once(FUZHOU, 0), once(URUMQI, 4)]) == set()


def test_two_looks_at_one_moment_are_a_speed_that_json_can_carry() -> None:
    told = reason([once(FUZHOU, 0), once(BEIJING, 0)], ReasonKind.TOO_FAST).evidence
    assert isinstance(told["km_h"], int)


def test_the_next_city_is_within_the_error_of_an_address() -> None:
    near = City(5, "Xiamen", 26.8, 119.3)
    far = kilometres(FUZHOU, near)
    assert far is not None
    assert far < ROUGH_KM
    assert kinds([once(FUZHOU, 0), once(near, 0)]) == set()


def test_a_city_without_coordinates_is_never_too_far() -> None:
    assert kinds([once(FUZHOU, 0), once(NOWHERE, 0)]) == set()


def test_many_cities_count_only_within_their_time() -> None:
    trip = [once(City(number, f"city {number}"), 24 * number) for number in range(10, 15)]
    assert kinds(trip) == {ReasonKind.TOO_MANY_CITIES}
    told = reason(trip, ReasonKind.TOO_MANY_CITIES).evidence
    assert (told["count"], len(told["cities"])) == (5, 5)
    slow = [once(City(number, f"city {number}"), 24 * 7 * number) for number in range(10, 15)]
    assert kinds(slow) == set()


@given(cities, cities)
def test_distances_are_the_same_both_ways_and_on_the_earth(one: City, other: City) -> None:
    far = kilometres(one, other)
    assert far is not None
    assert 0 <= far <= HALF_ROUND_KM
    assert far == pytest.approx(kilometres(other, one), abs=1e-6)
    assert kilometres(one, one) == pytest.approx(0, abs=1e-3)


@given(seen_days(), st.randoms())
def test_the_order_of_rows_does_not_matter(rows: list[Seen], random: object) -> None:
    assert reasons_of(rows, BOUNDS) == reasons_of(sorted(rows, key=lambda row: row.last_at), BOUNDS)
    assert reasons_of(rows, BOUNDS) == reasons_of(rows[::-1], BOUNDS)


@settings(max_examples=200)
@given(seen_days(), seen_days())
def test_more_looks_never_clear_a_code(rows: list[Seen], more: list[Seen]) -> None:
    assert kinds(rows) <= kinds(rows + more)


@given(st.lists(cities, min_size=1, max_size=6))
def test_a_traveller_who_is_slower_than_an_airliner_is_never_too_fast(stops: list[City]) -> None:
    stops = list({city.id: city for city in stops}.values())
    at, rows = START, [Seen(stops[0], 1, START, START)]
    for here, there in pairwise(stops):
        far = kilometres(here, there)
        assert far is not None
        at += timedelta(hours=far / (SPEED_MOST_KM_H - 1))
        rows.append(Seen(there, 1, at, at))
    assert ReasonKind.TOO_FAST not in kinds(rows)


PHONE = (
    "Mozilla/5.0 (Linux; Android 14; 23127PN0CC) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
    "Chrome/126.0 Mobile Safari/537.36 XWEB/1260117 MMWEBSDK/20240404 MicroMessenger/8.0.49"
)


@pytest.mark.parametrize(
    ("agent", "person"),
    [
        (PHONE, True),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1", True),
        ("Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)", False),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", False),
        ("Mozilla/5.0 (compatible; Bytespider; spider-feedback@bytedance.com)", False),
        ("facebookexternalhit/1.1", False),
        ("WhatsApp/2.23.20.0", False),
        ("TelegramBot (like TwitterBot)", False),
        ("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", False),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/126.0 Safari/537.36", False),
        ("curl/8.5.0", False),
        ("python-httpx/0.28", False),
        ("", False),
    ],
)
def test_programs_that_say_so_are_no_people(agent: str, person: bool) -> None:
    assert is_person({"user-agent": agent}) is person


def test_a_page_fetched_ahead_is_not_looked_at() -> None:
    assert not is_person({"user-agent": PHONE, "sec-purpose": "prefetch;prerender"})
    assert not is_person({"user-agent": PHONE, "purpose": "preview"})


@given(st.text())
def test_no_header_breaks_the_list_of_programs(agent: str) -> None:
    assert is_person({"user-agent": agent}) in (True, False)
