"""What the consumer's page says first, the gravest before the milder; and how often a code was sold."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.scan.headline import headline
from service.scan.sales import SAME_SALE_WITHIN, Sale, distinct_sales
from service.scan.unit_state import UnitSigns
from service.scan.verdict import STANDING, Found, Verdict, verdicts_of
from service.units.status import Status

NOW = datetime(2026, 3, 10, 4, tzinfo=UTC)
PAST, FUTURE = date(2026, 3, 1), date(2026, 4, 1)
#: Each sign by itself, and what it leads to.
SIGNS: list[tuple[dict[str, Any], Verdict]] = [
    ({"recalled": True}, Verdict.RECALLED),
    ({"held": True}, Verdict.STOPPED),
    *(
        ({"status": status}, Verdict.WITHDRAWN)
        for status in (
            Status.STOLEN,
            Status.DESTROYED,
            Status.SAMPLED,
            Status.CONSUMED,
            Status.RETIRED,
        )
    ),
    ({"sales": 2}, Verdict.SOLD_AGAIN),
    ({"lot_known": False}, Verdict.UNKNOWN),
    ({"listed": False}, Verdict.UNKNOWN),
    ({"expires_on": PAST}, Verdict.EXPIRED),
    ({"status": Status.EXPORTED}, Verdict.EXPORTED),
    ({"sales": 1}, Verdict.SOLD),
    ({"status": Status.DISPENSED}, Verdict.SOLD),
    ({"lot_known": False, "product_only": True}, Verdict.LOT_NEEDED),
    ({"expires_on": FUTURE}, Verdict.NO_RECALL_KNOWN),
    ({"status": Status.ACTIVE}, Verdict.NO_RECALL_KNOWN),
    ({}, Verdict.NO_RECALL_KNOWN),
]
RANK = {verdict: rank for rank, (verdict, _) in enumerate(STANDING)} | {Verdict.NO_RECALL_KNOWN: 99}
FOUND = st.builds(
    Found,
    lot_known=st.booleans(),
    listed=st.booleans(),
    recalled=st.booleans(),
    held=st.booleans(),
    status=st.none() | st.sampled_from(Status),
    sales=st.integers(0, 3),
    expires_on=st.none() | st.sampled_from([PAST, FUTURE]),
)


@pytest.mark.parametrize(("sign", "verdict"), SIGNS)
def test_every_sign_has_its_verdict(sign: dict[str, Any], verdict: Verdict) -> None:
    assert verdicts_of(Found(**sign), NOW) == (verdict,)


@pytest.mark.parametrize(("sign", "verdict"), SIGNS)
def test_a_recall_goes_before_everything_and_hides_nothing(sign: dict[str, Any], verdict: Verdict) -> None:
    found = verdicts_of(replace(Found(**sign), recalled=True), NOW)
    assert found[0] is Verdict.RECALLED
    assert verdict in (Verdict.RECALLED, Verdict.NO_RECALL_KNOWN) or verdict in found


def test_the_gravest_is_said_first_in_this_order() -> None:
    everything = Found(recalled=True, held=True, status=Status.STOLEN, sales=2, listed=False, expires_on=PAST)
    assert verdicts_of(everything, NOW) == (
        Verdict.RECALLED,
        Verdict.STOPPED,
        Verdict.WITHDRAWN,
        Verdict.SOLD_AGAIN,
        Verdict.UNKNOWN,
        Verdict.EXPIRED,
    )
    assert verdicts_of(Found(sales=1, expires_on=PAST), NOW) == (Verdict.EXPIRED, Verdict.SOLD)


@given(FOUND, FOUND)
def test_one_more_bad_sign_never_makes_it_milder(one: Found, other: Found) -> None:
    both = replace(
        one,
        recalled=one.recalled or other.recalled,
        held=one.held or other.held,
        listed=one.listed and other.listed,
        lot_known=one.lot_known and other.lot_known,
        expires_on=min(filter(None, (one.expires_on, other.expires_on)), default=None),
    )
    assert RANK[verdicts_of(both, NOW)[0]] <= RANK[verdicts_of(one, NOW)[0]]


@given(FOUND)
def test_all_that_holds_is_said_once_in_order_and_fine_only_when_nothing_holds(found: Found) -> None:
    said = verdicts_of(found, NOW)
    assert said
    assert [RANK[verdict] for verdict in said] == sorted({RANK[verdict] for verdict in said})
    assert (Verdict.NO_RECALL_KNOWN in said) == (said == (Verdict.NO_RECALL_KNOWN,))


def test_a_day_ends_where_the_pack_was_made() -> None:
    last = Found(expires_on=date(2026, 3, 1))
    end = datetime(2026, 3, 1, 16, tzinfo=UTC)  # midnight in UTC+8
    assert verdicts_of(last, end - timedelta(seconds=1)) == (Verdict.NO_RECALL_KNOWN,)
    assert verdicts_of(last, end) == (Verdict.EXPIRED,)


SALES = st.lists(
    st.builds(
        Sale,
        st.integers(0, 96).map(lambda hours: NOW + timedelta(hours=hours)),
        st.none() | st.integers(1, 3),
    ),
    max_size=8,
)


@pytest.mark.parametrize(
    ("told", "count"),
    [
        ([], 0),
        ([(0, 1)], 1),
        ([(0, 1), (10, 1)], 1),  # the till, and the shop's event of the evening
        ([(0, 1), (0, None)], 1),  # an event that names no place
        ([(0, 1), (0, 2)], 2),  # two shops
        ([(0, 1), (30, 1)], 2),  # the same shop on another day
        ([(0, 1), (30, None)], 2),
        ([(0, None), (1, None)], 1),
    ],
)
def test_a_sale_told_twice_is_one_sale(told: list[tuple[int, int | None]], count: int) -> None:
    assert len(distinct_sales([Sale(NOW + timedelta(hours=at), site) for at, site in told])) == count


@given(SALES, st.randoms())
def test_the_order_of_telling_does_not_matter(told: list[Sale], random: Any) -> None:
    shuffled = list(told)
    random.shuffle(shuffled)
    assert distinct_sales(shuffled) == distinct_sales(told)


@given(SALES)
def test_sales_of_one_place_lie_apart_and_none_is_lost(told: list[Sale]) -> None:
    counted = distinct_sales(told)
    assert set(counted) <= set(told)
    assert bool(counted) == bool(told)
    assert {sale.site for sale in told if sale.site} == {sale.site for sale in counted if sale.site}
    for one in counted:
        for other in counted:
            apart = one is other or abs(one.at - other.at) >= SAME_SALE_WITHIN
            assert apart or one.site != other.site


@given(SALES)
def test_neither_sales_at_places_nor_those_nowhere_are_made_fewer_by_the_others(told: list[Sale]) -> None:
    placed = [sale for sale in told if sale.site is not None]
    nowhere = [sale for sale in told if sale.site is None]
    assert len(distinct_sales(told)) >= max(len(distinct_sales(placed)), len(distinct_sales(nowhere)))


@given(SALES)
def test_the_order_of_telling_makes_no_difference(told: list[Sale]) -> None:
    assert distinct_sales(told) == distinct_sales(told[::-1])


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_is_said_names_the_day_and_asks_who_bought_it(language: Any) -> None:
    first, last = Sale(NOW, 1), Sale(NOW + timedelta(days=2), 2)
    once = UnitSigns(1, True, False, Status.SOLD, NOW, (first,))
    days = {"zh": ("2026年3月10日", "2026年3月12日"), "en": ("10 March 2026", "12 March 2026")}[language]
    _, lead = headline(Verdict.SOLD, language, once)
    assert days[0] in lead
    assert ("不是您买的" if language == "zh" else "not you who bought it") in lead
    heading, lead = headline(Verdict.SOLD_AGAIN, language, replace(once, sales=(first, last)))
    assert "2" in heading
    assert days[0] in lead
    assert days[1] in lead


@given(st.sampled_from(Verdict), st.sampled_from(["zh", "en"]), st.sampled_from(Status), st.integers(0, 3))
def test_every_headline_is_whole(verdict: Verdict, language: Any, status: Status, sold: int) -> None:
    sales = tuple(Sale(NOW + timedelta(days=2 * n), 1) for n in range(sold))
    signs = UnitSigns(1, verdict is not Verdict.UNKNOWN, False, status, NOW, sales)
    if verdict in (Verdict.SOLD_AGAIN, Verdict.WITHDRAWN, Verdict.EXPORTED):
        signs = replace(signs, sales=(*sales, Sale(NOW, 9)), status=status)
    heading, lead = headline(verdict, language, signs)
    assert heading
    assert "{" not in heading + lead
