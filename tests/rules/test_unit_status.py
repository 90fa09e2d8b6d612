"""The life of one unit: how it ends, when it may come back, what a second sale is."""

from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import Fault
from service.units.printed import Printed, printed_in
from service.units.status import (
    DEPARTURES,
    NAMES_ZH,
    REVERSAL_WITHIN,
    Pack,
    State,
    Status,
    Told,
    hindrances,
    is_expired,
    mismatches,
    obstacles_to_return,
    shown_status,
    state_of,
    status_told,
)

NOW = datetime(2026, 3, 20, 4, tzinfo=UTC)
PHARMACY, OTHER = 1, 2
PACK = Pack("https://id.gs1.org/01/06901234567892/21/1", "L1", date(2027, 3, 1), recalled=False, listed=True)


def told(
    status: Status,
    days_ago: float = 1,
    site: int | None = PHARMACY,
    act: int | None = 1,
    event: str | None = None,
) -> Told:
    return Told(status, NOW - timedelta(days=days_ago), site, act, event)


def rules(faults: list[Fault]) -> list[str]:
    return [fault.rule for fault in faults]


ACTIVE = State(Status.ACTIVE, None, ())


def test_an_active_unit_may_leave_in_every_way() -> None:
    assert all(hindrances(PACK, ACTIVE, status, NOW) == [] for status in DEPARTURES)


@pytest.mark.parametrize("status", [Status.SOLD, Status.DISPENSED, Status.EXPORTED])
def test_nothing_recalled_expired_or_unlisted_is_handed_over(status: Status) -> None:
    recalled = Pack("u", "L1", None, recalled=True, listed=True)
    expired = Pack("u", "L1", date(2026, 3, 19), recalled=False, listed=True)
    unlisted = Pack("u", "L1", None, recalled=False, listed=False)
    assert rules(hindrances(recalled, ACTIVE, status, NOW)) == ["unit:recalled"]
    assert rules(hindrances(expired, ACTIVE, status, NOW)) == ["unit:expired"]
    assert rules(hindrances(unlisted, ACTIVE, status, NOW)) == ["unit:not-registered"]


@pytest.mark.parametrize("status", [Status.DESTROYED, Status.SAMPLED, Status.STOLEN])
def test_what_is_recalled_and_expired_can_still_be_got_rid_of(status: Status) -> None:
    pack = Pack("u", "L1", date(2020, 1, 1), recalled=True, listed=False)
    assert hindrances(pack, ACTIVE, status, NOW) == []


@pytest.mark.parametrize("first", list(DEPARTURES))
@pytest.mark.parametrize("second", [Status.SOLD, Status.DISPENSED, Status.EXPORTED, Status.SAMPLED])
def test_what_is_gone_is_not_handed_over_again(first: Status, second: Status) -> None:
    (fault,) = hindrances(PACK, state_of([told(first)]), second, NOW)
    assert fault.rule == "unit:gone"
    assert "2026-03-19T04:00:00" in fault.message
    assert NAMES_ZH[first] in fault.message_zh


def test_goods_that_came_back_can_be_destroyed_but_once() -> None:
    gone = state_of([told(Status.SOLD, 3), told(Status.DESTROYED, 1, act=2)])
    assert gone.status is Status.DESTROYED
    assert gone.repeated == ()
    assert rules(hindrances(PACK, gone, Status.DESTROYED, NOW)) == ["unit:gone"]


def test_a_second_sale_does_not_change_the_first() -> None:
    first, second = told(Status.SOLD, 3), told(Status.SOLD, 1, OTHER, act=2)
    state = state_of([second, first])
    assert (state.since, state.repeated) == (first, (second,))


@given(
    st.lists(
        st.builds(
            told,
            st.sampled_from(list(DEPARTURES)),
            st.integers(0, 3),
            st.sampled_from([PHARMACY, OTHER]),
            act=st.integers(1, 9),
        ),
        max_size=4,
        unique_by=lambda one: one.act,
    )
)
def test_the_state_does_not_depend_on_the_order_of_telling(departures: list[Told]) -> None:
    assert len({state_of(order) for order in permutations(departures)}) == 1


def test_recalled_is_only_shown_of_what_is_not_gone() -> None:
    assert shown_status(ACTIVE, recalled=True) is Status.RECALLED
    assert shown_status(ACTIVE, recalled=False) is Status.ACTIVE
    assert shown_status(state_of([told(Status.SOLD)]), recalled=True) is Status.SOLD


def test_a_pack_is_good_until_the_day_on_it_is_over_in_china() -> None:
    day = date(2026, 3, 20)
    assert not is_expired(day, datetime(2026, 3, 20, 15, 59, 59, tzinfo=UTC))
    assert is_expired(day, datetime(2026, 3, 20, 16, tzinfo=UTC))
    assert not is_expired(None, NOW)


def test_a_sale_can_be_taken_back_where_it_was_made() -> None:
    assert obstacles_to_return(PACK, state_of([told(Status.SOLD)]), PHARMACY, NOW) == []


@pytest.mark.parametrize(
    ("state", "pack", "site", "rule"),
    [
        (state_of([told(Status.DESTROYED)]), PACK, PHARMACY, "unit:final"),
        (state_of([told(Status.STOLEN)]), PACK, PHARMACY, "unit:final"),
        (state_of([told(Status.SOLD)]), PACK, OTHER, "unit:other-premises"),
        (state_of([told(Status.SOLD, 10.01)]), PACK, PHARMACY, "unit:too-late"),
        (
            state_of([told(Status.SOLD)]),
            Pack("u", "L1", date(2026, 3, 1), recalled=False, listed=True),
            PHARMACY,
            "unit:expired",
        ),
        (
            state_of([told(Status.SOLD)]),
            Pack("u", "L1", None, recalled=True, listed=True),
            PHARMACY,
            "unit:recalled",
        ),
        (
            state_of([told(Status.SOLD, act=None, event="urn:event:1")]),
            PACK,
            PHARMACY,
            "unit:told-by-event",
        ),
        (ACTIVE, PACK, PHARMACY, "unit:active"),
    ],
)
def test_each_condition_of_a_return_is_held(state: State, pack: Pack, site: int, rule: str) -> None:
    assert rules(obstacles_to_return(pack, state, site, NOW)) == [rule]


def test_ten_days_are_whole() -> None:
    at_last = state_of([Told(Status.SOLD, NOW - REVERSAL_WITHIN, PHARMACY, act=1)])
    assert obstacles_to_return(PACK, at_last, PHARMACY, NOW) == []


def test_what_is_printed_must_agree() -> None:
    assert mismatches(PACK, "L1", (date(2027, 3, 1), date(2027, 3, 31))) == []
    assert mismatches(PACK, None, None) == []
    assert rules(mismatches(PACK, "L2", (date(2027, 3, 2), date(2027, 3, 2)))) == [
        "unit:other-lot",
        "unit:other-expiry",
    ]


@pytest.mark.parametrize(
    ("event", "status"),
    [
        (("ObjectEvent", "OBSERVE", "retail_selling", None, 0), Status.SOLD),
        (("ObjectEvent", "OBSERVE", "dispensing", None, 0), Status.DISPENSED),
        (("ObjectEvent", "DELETE", "destroying", None, 0), Status.DESTROYED),
        (("ObjectEvent", "DELETE", "decommissioning", None, 0), Status.RETIRED),
        (("ObjectEvent", "DELETE", None, None, 0), Status.RETIRED),
        (("ObjectEvent", "OBSERVE", "sampling", None, 0), Status.SAMPLED),
        (("ObjectEvent", "OBSERVE", "stocking", "stolen", 0), Status.STOLEN),
        (("ObjectEvent", "OBSERVE", None, "retail_sold", 0), Status.SOLD),
        (("AggregationEvent", "OBSERVE", "destroying", None, 2), Status.DESTROYED),
        (("AggregationEvent", "OBSERVE", "destroying", None, 1), None),
        (("AggregationEvent", "DELETE", "unpacking", None, 2), None),
        (("TransformationEvent", None, "commissioning", None, 3), Status.CONSUMED),
        (("TransformationEvent", None, "commissioning", None, 4), None),
        (("TransactionEvent", "ADD", "retail_selling", None, 0), None),
        (("ObjectEvent", "OBSERVE", "shipping", "in_transit", 0), None),
        (("ObjectEvent", "ADD", "commissioning", "active", 0), None),
    ],
)
def test_events_tell_departures(
    event: tuple[str, str | None, str | None, str | None, int], status: Status | None
) -> None:
    assert status_told(*event) is status


@pytest.mark.parametrize(
    ("code", "lot", "first", "last"),
    [
        ("(01)06901234567892(21)S(17)261228(10)L", "L", "2026-12-28", "2026-12-28"),
        ("(01)06901234567892(21)S(17)260200", None, "2026-02-01", "2026-02-28"),
        ("https://a.cn/01/06901234567892/10/L/21/S?17=261228", "L", "2026-12-28", "2026-12-28"),
        ("(01)06901234567892(21)S(7003)2612282359", None, "2026-12-28", "2026-12-28"),
        ("(01)06901234567892(21)S(17)269999", None, None, None),
        ("81234567890123456789", None, None, None),
    ],
)
def test_what_a_code_says_beside_its_serial_number(
    code: str, lot: str | None, first: str | None, last: str | None
) -> None:
    days = (date.fromisoformat(first), date.fromisoformat(last)) if first and last else None
    assert printed_in(code, date(2026, 11, 23)) == Printed(lot, days)
