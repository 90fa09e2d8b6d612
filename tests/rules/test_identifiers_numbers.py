"""GS1 numbers, company codes, drug codes and minted ids: the check digits and what errors say."""

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from service.errors import Malformed
from service.identifiers import minted
from service.identifiers.content_checks import check_pair
from service.identifiers.drug_code import drug_code_uri, drug_identification_code, parse_drug_code
from service.identifiers.gs1 import Gln, Gtin, Sscc, check_digit, parse_lot, parse_serial
from service.identifiers.identity import Kind, identify
from service.identifiers.uscc import is_uscc, parse_uscc, uscc_check_character
from tests.rules.identifier_texts import checked, digits

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
uscc_bodies = st.text(USCC_ALPHABET, min_size=17, max_size=17)


def fault_of(call: object, *arguments: object) -> str:
    assert callable(call)
    with pytest.raises(Malformed) as caught:
        call(*arguments)
    assert caught.value.faults
    assert all(one.message and one.message_zh and one.rule for one in caught.value.faults)
    assert re.search("[\u4e00-\u9fff]", caught.value.zh)
    return caught.value.message


def test_a_gtin_of_any_length_becomes_fourteen_digits() -> None:
    assert Gtin.parse("6901234567892").value == "06901234567892"
    assert Gtin.parse(" 96385074 ").value == "00000096385074"
    assert Gtin.parse("036000291452").value == "00036000291452"


def test_the_shortest_form_of_a_gtin_is_what_is_printed() -> None:
    assert Gtin.parse("06901234567892").shortest == "6901234567892"
    assert Gtin.parse("00000096385074").shortest == "96385074"
    assert Gtin.parse("00036000291452").shortest == "036000291452"


def test_a_wrong_check_digit_names_the_right_one() -> None:
    assert "the check digit should be 2" in fault_of(Gtin.parse, "6901234567893")
    assert "the check digit should be 8" in fault_of(Sscc.parse, "106141412345678900")
    assert "the check digit should be 2" in fault_of(Gln.parse, "0614141123450")


@pytest.mark.parametrize(
    "text", ["", "690123456789", "69012345678921", "690123456789X", "٦٩٠١٢٣٤٥٦٧٨٩٢", "1" * 500]
)
def test_what_is_no_gtin_is_refused(text: str) -> None:
    fault_of(Gtin.parse, text)


@given(st.sampled_from([8, 12, 13, 14, 17, 18]).flatmap(checked), st.data())
def test_any_single_wrong_digit_is_caught(number: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(number) - 1))
    wrong = data.draw(st.sampled_from("0123456789"))
    assume(wrong != number[at])
    changed = number[:at] + wrong + number[at + 1 :]
    assert str(check_digit(changed[:-1])) != changed[-1]


@given(checked(14), st.integers(0, 12))
def test_exchanged_neighbours_are_caught_unless_they_differ_by_five(number: str, at: int) -> None:
    first, second = number[at], number[at + 1]
    changed = number[:at] + second + first + number[at + 2 :]
    caught = str(check_digit(changed[:-1])) != changed[-1]
    assert caught == (first != second and abs(int(first) - int(second)) != 5)


@given(digits(13))
def test_a_gtin_made_with_its_check_digit_is_read_back(body: str) -> None:
    gtin = f"{body}{check_digit(body)}"
    assert Gtin.parse(gtin).value == gtin
    assert Gtin.parse(Gtin.parse(gtin).shortest).value == gtin


def test_lots_and_serials_take_what_gs1_allows_and_nothing_else() -> None:
    assert parse_lot(" L-2026/06 ") == "L-2026/06"
    assert parse_serial("!\"%&'()*+,-./:;<=>?_") == "!\"%&'()*+,-./:;<=>?_"
    assert "1 to 20" in fault_of(parse_lot, "")
    assert "1 to 20" in fault_of(parse_lot, "x" * 21)
    assert "'批'" in fault_of(parse_lot, "批1")
    assert "'#'" in fault_of(parse_serial, "a#b")
    assert "' '" in fault_of(parse_lot, "a b")


@given(uscc_bodies)
def test_a_uscc_with_its_check_character_is_read_in_any_case(body: str) -> None:
    code = body + uscc_check_character(body)
    assert is_uscc(code)
    assert parse_uscc(f" {code.lower()} ") == code


@given(uscc_bodies, st.integers(0, 17), st.sampled_from(USCC_ALPHABET))
def test_any_single_wrong_character_of_a_uscc_is_caught(body: str, at: int, wrong: str) -> None:
    code = body + uscc_check_character(body)
    assume(code[at] != wrong)
    fault_of(parse_uscc, code[:at] + wrong + code[at + 1 :])


def test_a_village_collective_whose_code_begins_with_n_is_taken() -> None:
    body = "N2320106MF1234567"
    assert parse_uscc(body + uscc_check_character(body)).startswith("N2")


def test_a_wrong_uscc_names_the_right_character() -> None:
    body = "91350100M000100Y4"
    assert parse_uscc(body + "3") == body + "3"
    assert "should be 3" in fault_of(parse_uscc, body + "4")
    assert "18 characters" in fault_of(parse_uscc, body)
    assert "'O'" in fault_of(parse_uscc, "O" + body)


@given(digits(20))
def test_a_drug_code_is_any_twenty_digits(code: str) -> None:
    assert parse_drug_code(code) == code
    assert drug_identification_code(code) == code[:7]
    assert identify(drug_code_uri(code)).kind is Kind.DRUG_CODE
    fault_of(parse_drug_code, code[:-1])
    fault_of(parse_drug_code, code[:-1] + "X")


@given(st.binary(min_size=8, max_size=8))
def test_a_minted_id_is_recognised_and_no_change_of_one_character_is(random: bytes) -> None:
    identifier = minted.mint_id(random)
    assert len(identifier) == minted.MINTED_LENGTH
    assert minted.is_minted_id(identifier)
    assert not minted.is_minted_id(identifier.upper()) or identifier.isdigit()
    for at in range(minted.MINTED_LENGTH):
        other = "0" if identifier[at] != "0" else "1"
        assert not minted.is_minted_id(identifier[:at] + other + identifier[at + 1 :])


@given(st.binary(min_size=8, max_size=8), st.data())
def test_two_exchanged_characters_of_a_minted_id_are_caught(random: bytes, data: st.DataObject) -> None:
    identifier = list(minted.mint_id(random))
    one, two = data.draw(st.lists(st.integers(0, 12), min_size=2, max_size=2, unique=True))
    assume(identifier[one] != identifier[two])
    identifier[one], identifier[two] = identifier[two], identifier[one]
    assert not minted.is_minted_id("".join(identifier))


def test_minting_needs_eight_random_bytes() -> None:
    with pytest.raises(ValueError, match="8 random bytes"):
        minted.mint_id(b"1234567")


def test_builders_refuse_what_is_not_minted() -> None:
    fault_of(minted.product_uri, "https://t.cn", "0000000000001")
    fault_of(minted.site_uri, "https://t.cn", "x")
    fault_of(minted.party_uri, "https://t.cn", "x")


def test_the_check_pair_of_the_general_specifications_is_right() -> None:
    assert check_pair("1987654Ad4X4bL5ttr2310c") == "2K"
