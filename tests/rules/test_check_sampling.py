"""The sample of an effectiveness check: anybody draws it again, and nobody steers it."""

import hashlib
import hmac
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import Malformed
from service.reports.sampling import draw, percent_of, sample_size

populations = st.sets(st.integers(1, 10**9), max_size=60)
percents = st.decimals(0, 100, places=2)
seeds = st.text("0123456789abcdef", min_size=32, max_size=32)


@given(populations, percents, seeds)
def test_the_same_seed_draws_the_same_whatever_the_order(
    population: set[int], percent: Decimal, seed: str
) -> None:
    drawn = draw(sorted(population, reverse=True), percent, seed)
    assert drawn == draw(sorted(population), percent, seed)
    assert set(drawn) <= population
    assert len(drawn) == len(set(drawn)) == sample_size(len(population), percent)


@given(populations, percents, percents, seeds)
def test_a_smaller_share_is_part_of_a_larger(
    population: set[int], one: Decimal, other: Decimal, seed: str
) -> None:
    small, large = draw(population, min(one, other), seed), draw(population, max(one, other), seed)
    assert large[: len(small)] == small


@given(populations, st.integers(1, 10**9), percents, seeds)
def test_one_more_recipient_pushes_out_at_most_one(
    population: set[int], newcomer: int, percent: Decimal, seed: str
) -> None:
    before, after = set(draw(population, percent, seed)), set(draw(population | {newcomer}, percent, seed))
    assert len(before - after) <= 1
    assert len(after - before) <= 1


def test_every_recipient_is_as_likely_as_any_other() -> None:
    """Of 400 draws of 10 out of 100, each recipient is in 40 on average (within 5 standard deviations)."""
    times = [0] * 100
    for number in range(400):
        for recipient in draw(range(100), Decimal(10), f"{number:032x}"):
            times[recipient] += 1
    assert sum(times) == 4000
    assert all(10 <= count <= 70 for count in times)


def test_the_algorithm_is_the_documented_one() -> None:
    seed = "00ff" * 8
    by_hand = sorted(
        range(1, 21), key=lambda n: hmac.new(seed.encode(), str(n).encode(), hashlib.sha256).hexdigest()
    )
    assert draw(range(1, 21), Decimal(10), seed) == by_hand[:2]


@pytest.mark.parametrize(
    ("population", "percent", "size"),
    [(200, 100, 200), (200, 10, 20), (200, 2, 4), (3, 2, 1), (0, 100, 0), (9, 0, 0)],
)
def test_a_share_is_rounded_up(population: int, percent: int, size: int) -> None:
    assert sample_size(population, Decimal(percent)) == size


def test_levels_have_their_percentages_and_b_is_fixed_for_the_case() -> None:
    assert [percent_of(level, None) for level in "ACDE"] == [100, 10, 2, 0]
    assert percent_of("B", Decimal(35)) == 35
    for level, given_percent in (("B", None), ("B", Decimal(9)), ("B", Decimal("100.5")), ("C", Decimal(20))):
        with pytest.raises(Malformed) as caught:
            percent_of(level, given_percent)
        assert caught.value.faults[0].field == "/percent"
