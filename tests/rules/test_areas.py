"""Areas of authorities as beginnings of codes, held against the rule by which notices choose an authority."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.auth.areas import Area, area_of, beginnings_of
from service.notices.authorities import holds

DIGITS = st.sampled_from(["350000", "350100", "350102", "351000", "440300", "100000", "110105"])
OTHERS = st.sampled_from(["US", "US-T", "US-TX", "CN", "FR", "CN-FJ"])
REGIONS = DIGITS | OTHERS


@given(REGIONS, REGIONS)
def test_a_region_lies_in_an_area_as_notices_say(area: str, region: str) -> None:
    begins = any((region + "-").startswith(start) for start in beginnings_of(area))
    assert begins == holds(area, region)


@pytest.mark.parametrize("short", ["35", "3501"])
def test_the_beginning_of_a_code_is_the_whole_code(short: str) -> None:
    assert beginnings_of(short) == beginnings_of(short.ljust(6, "0"))


def test_jurisdictions_make_an_area() -> None:
    assert area_of([]) == Area()
    assert area_of([("350000", None), ("US", None), (None, "food"), ("44", "medicine")]) == Area(
        regions=("35", "US-"), categories=("food",), pairs=("medicine|44",)
    )
    assert area_of([(None, None), ("35", None)]).everywhere
