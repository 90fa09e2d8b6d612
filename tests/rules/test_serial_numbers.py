"""Serial numbers: drawn, counted, read from lines."""

import random
import re
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import Conflict, Malformed, TooLarge
from service.identifiers.identity import Kind, identify
from service.units import intake as intake_module
from service.units.intake import PROBLEMS_MOST, Intake, numbered_lines
from service.units.serial_numbers import (
    ALLOTTED_OCTETS,
    LINE_MOST,
    Lines,
    allotted,
    check_range,
    in_order,
    is_new_serial,
    parse_new_serial,
    serials_between,
    start_of_units,
    unit_uri,
)

CSET82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
GTIN = "06901234567892"
START = f"https://id.gs1.org/01/{GTIN}/21/"
SERIALS = st.text(CSET82, min_size=1, max_size=20).filter(lambda text: text not in (".", ".."))


@given(st.binary(min_size=ALLOTTED_OCTETS, max_size=ALLOTTED_OCTETS))
def test_every_random_bit_shows_in_an_allotted_serial(drawn: bytes) -> None:
    (serial,) = allotted(drawn)
    assert re.fullmatch("[0-9A-HJKMNP-TV-Z]{16}", serial)
    flipped = bytearray(drawn)
    flipped[random.Random(serial).randrange(ALLOTTED_OCTETS)] ^= 1 << 3
    assert allotted(bytes(flipped)) != [serial]
    # All of its 80 bits: the number can be read back.
    number = 0
    for character in serial:
        number = number << 5 | "0123456789ABCDEFGHJKMNPQRSTVWXYZ".index(character)
    assert number == int.from_bytes(drawn, "big")


def test_allotted_serials_are_cut_from_whole_octets() -> None:
    assert len(allotted(bytes(30))) == 3
    with pytest.raises(ValueError, match="multiple"):
        allotted(bytes(11))


@given(st.lists(st.binary(min_size=ALLOTTED_OCTETS, max_size=ALLOTTED_OCTETS), max_size=9))
def test_drawn_serials_are_arranged_and_stay_what_they_are(drawn: list[bytes]) -> None:
    assert allotted(in_order(b"".join(drawn))) == sorted(allotted(b"".join(drawn)))


@pytest.mark.parametrize(
    ("prefix", "first", "last", "expected"),
    [
        ("", "0098", "0101", ["0098", "0099", "0100", "0101"]),
        ("A-", "1", "3", ["A-1", "A-2", "A-3"]),
        ("", "00000000000000000001", "00000000000000000001", ["00000000000000000001"]),
    ],
)
def test_a_range_counts_at_a_fixed_width(prefix: str, first: str, last: str, expected: list[str]) -> None:
    assert check_range(prefix, first, last) == len(expected)
    assert list(serials_between(prefix, first, last)) == expected


@pytest.mark.parametrize(
    ("prefix", "first", "last", "field"),
    [
        ("", "1", "10", "/last"),
        ("", "10", "09", "/last"),
        ("A-", "0" * 19, "1" * 19, "/prefix"),
        ("é", "1", "2", "/prefix"),
    ],
)
def test_a_bad_range_is_refused_by_name(prefix: str, first: str, last: str, field: str) -> None:
    with pytest.raises(Malformed) as refused:
        check_range(prefix, first, last)
    assert refused.value.faults[0].field == field


@given(SERIALS)
def test_a_units_uri_is_the_canonical_one_and_says_the_serial(serial: str) -> None:
    assert is_new_serial(serial)
    identity = identify(unit_uri(START, serial))
    assert (identity.kind, identity.serial, identity.uri) == (Kind.UNIT, serial, unit_uri(START, serial))


@pytest.mark.parametrize("text", ["", ".", "..", "a b", "é", "x" * 21, "a\tb", "a\\b", "a#b"])
def test_what_is_no_serial_is_refused(text: str) -> None:
    assert not is_new_serial(text)
    with pytest.raises(Malformed):
        parse_new_serial(text)


def test_units_of_a_foreign_product_have_no_serials() -> None:
    minted = "https://a.cn/product/0123456789abc"
    assert start_of_units(GTIN, "urn:x", 1, minted_here=False) == START
    assert start_of_units(None, minted, 1, minted_here=True) == f"{minted}/unit/"
    with pytest.raises(Conflict):
        start_of_units(None, "urn:x:product", 1, minted_here=False)


@given(st.lists(SERIALS, max_size=30), st.sampled_from(["\n", "\r\n"]), st.booleans(), st.integers(1, 40))
async def test_lines_are_the_same_however_they_are_cut(
    serials: list[str], ending: str, ended: bool, size: int
) -> None:
    text = "\ufeff" + ending.join(serials) + (ending if ended and serials else "")
    body = text.encode()

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(body), size):
            yield body[at : at + size]

    taken = Intake(START)
    rows = [row async for some in numbered_lines(pieces()) for row in taken.serial_rows(some)]
    assert rows == [f"{n}\t{unit_uri(START, s)}\t\\N\n" for n, s in enumerate(serials, 1)]
    assert (taken.good, taken.refused) == (len(serials), 0)


def test_an_endless_line_is_refused_before_it_fills_the_memory() -> None:
    lines = Lines()
    with pytest.raises(Malformed):
        lines.feed(b"x" * (LINE_MOST + 1))


def test_bad_lines_are_told_by_their_numbers_and_counted_beyond_the_first() -> None:
    taken = Intake(START)
    texts = ["A1", "", "a b", "A2", "x" * 21, *["é"] * PROBLEMS_MOST]
    rows = list(taken.serial_rows(enumerate(texts, 1)))
    assert [row.split("\t")[0] for row in rows] == ["1", "4"]
    assert (taken.good, taken.refused) == (2, 2 + PROBLEMS_MOST)
    assert len(taken.problems) == PROBLEMS_MOST
    assert [fault.field for fault in taken.problems[:2]] == ["line 3", "line 5"]


def test_drug_codes_come_alone_or_beside_a_serial() -> None:
    taken = Intake(START)
    code = "81234567890123456789"
    texts = [code, f"{code},S/1", f"{code}\tS2", "8123", f"{code},a b", ""]
    assert list(taken.code_rows(enumerate(texts, 1))) == [
        f"1\turn:suyuan:drug:{code}\t{code}\n",
        f"2\t{START}S%2F1\t{code}\n",
        f"2\turn:suyuan:drug:{code}\t\\N\n",
        f"3\t{START}S2\t{code}\n",
        f"3\turn:suyuan:drug:{code}\t\\N\n",
    ]
    assert (taken.good, taken.rows) == (3, 5)
    assert [fault.field for fault in taken.problems] == ["line 4", "line 5"]


def test_more_than_a_million_entries_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake_module, "SERIALS_MOST", 3)
    with pytest.raises(TooLarge):
        list(Intake(START).serial_rows(enumerate("ABCD", 1)))
