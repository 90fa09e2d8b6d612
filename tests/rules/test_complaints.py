"""The number of a complaint, and how it goes from one status to the next."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import Conflict, Malformed
from service.signals.complaint_number import ALPHABET, DRAWN_BITS, number_of, parse_number
from service.signals.complaint_status import KIND_WORDS, KINDS, MOVES, STATUS_WORDS, Status, require_move

numbers = st.builds(number_of, st.integers(2020, 2199), st.integers(0, 2**DRAWN_BITS - 1))


@given(numbers)
def test_a_number_reads_back_however_it_is_typed(number: str) -> None:
    assert re.fullmatch(r"C-\d{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}", number)
    for typed in (
        number,
        number.lower(),
        number.replace("-", " "),
        number.replace("-", "")[1:],
        f" {number} ",
        number.replace("0", "O").replace("1", "l"),
        number.replace("-", "－"),
    ):
        assert parse_number(typed) == number


@given(numbers, st.data())
def test_every_single_wrong_character_is_found(number: str, data: st.DataObject) -> None:
    place = data.draw(st.sampled_from([i for i, letter in enumerate(number) if i > 1 and letter != "-"]))
    letters = "0123456789" if place < 6 else ALPHABET
    wrong = data.draw(st.sampled_from([letter for letter in letters if letter != number[place]]))
    with pytest.raises(Malformed, match="check"):
        parse_number(number[:place] + wrong + number[place + 1 :])


@given(numbers, st.data())
def test_every_swap_of_two_characters_is_found(number: str, data: st.DataObject) -> None:
    places = [i for i, letter in enumerate(number) if i > 6 and letter != "-"]
    one, other = sorted(data.draw(st.lists(st.sampled_from(places), min_size=2, max_size=2, unique=True)))
    swapped = list(number)
    swapped[one], swapped[other] = swapped[other], swapped[one]
    if "".join(swapped) != number:
        with pytest.raises(Malformed, match="check"):
            parse_number("".join(swapped))


@pytest.mark.parametrize(
    "text", ["", "C-2026", "C-2026-AAAA-BBBB", "D-2026-7KQ4-M2XR-9TBD", "C-2026-7KQ4-M2XR-9TBDX", "x" * 5000]
)
def test_what_is_no_number_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(Malformed, match="looks like C-2026") as caught:
        parse_number(text)
    assert caught.value.zh != caught.value.message


@given(st.text(max_size=40))
def test_no_text_breaks_the_reading_of_a_number(text: str) -> None:
    try:
        number = parse_number(text)
    except Malformed:
        return
    assert parse_number(number) == number


def test_different_draws_are_different_numbers() -> None:
    assert len({number_of(2026, drawn) for drawn in range(2000)}) == 2000
    assert number_of(2026, 0) != number_of(2027, 0)


@pytest.mark.parametrize("now", Status)
@pytest.mark.parametrize("wanted", Status)
def test_only_lawful_moves_are_made(now: Status, wanted: Status) -> None:
    lawful = wanted in MOVES[now] or (now is wanted and now is not Status.CLOSED)
    if lawful:
        require_move(now, wanted, answered=True)
        return
    with pytest.raises(Conflict) as caught:
        require_move(now, wanted, answered=True)
    assert wanted.value in caught.value.message
    assert caught.value.zh != caught.value.message


def test_a_closed_complaint_stays_closed_and_every_other_can_be_closed() -> None:
    assert MOVES[Status.CLOSED] == frozenset()
    assert all(Status.CLOSED in follow for now, follow in MOVES.items() if now is not Status.CLOSED)


def test_answered_needs_an_answer() -> None:
    with pytest.raises(Malformed) as caught:
        require_move(Status.LOOKING, Status.ANSWERED, answered=False)
    assert caught.value.faults[0].field == "/answer_zh"


def test_every_status_and_kind_has_words_in_both_languages() -> None:
    assert set(STATUS_WORDS) == set(Status)
    assert set(KIND_WORDS) == set(KINDS)
    for chinese, english in [*STATUS_WORDS.values(), *KIND_WORDS.values()]:
        assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese)
        assert english.isascii()
