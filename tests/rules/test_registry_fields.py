"""Values that registry bodies hold, and master data attributes in the registry's words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from service.errors import Malformed
from service.identifiers.plain_text import without_strangers
from service.registry.batch_documents import plain_file_name
from service.registry.fields import Day, Name, parse_email, parse_phone, parse_region, parse_uom
from service.registry.file_kinds import kind_of
from service.registry.master_attributes import read_attributes, region_of, storable
from service.web.refusals import SENTENCES, fault_of

NAME: TypeAdapter[str] = TypeAdapter(Name)


@pytest.mark.parametrize("code", ["350100", "110105", "820000", "US", "US-TX", "GB-ENG", "cn"])
def test_regions_are_division_codes_subdivisions_or_countries(code: str) -> None:
    assert parse_region(code) == code.upper()


@pytest.mark.parametrize("code", ["990000", "35010", "3501000", "USA", "US-", "US-TEXAS", "福建", "010105"])
def test_other_regions_are_refused(code: str) -> None:
    with pytest.raises(Malformed):
        parse_region(code)


@pytest.mark.parametrize("number", ["12315", "0591-8765 4321", "+86 10 6512 3456", "(010)65123456 转 8"])
def test_telephone_numbers_of_many_shapes_pass(number: str) -> None:
    assert parse_phone(number) == number


@pytest.mark.parametrize("number", ["12", "call me", "1" * 31, "010<script>65123456"])
def test_what_is_no_telephone_number_is_refused(number: str) -> None:
    with pytest.raises(Malformed):
        parse_phone(number)


@pytest.mark.parametrize("address", ["a", "a@b", "@b.cn", "a b@c.cn", "a@b..cn", "a@b@c.cn"])
def test_what_is_no_email_is_refused(address: str) -> None:
    with pytest.raises(Malformed):
        parse_email(address)
    assert parse_email("a.b+c@d-e.cn") == "a.b+c@d-e.cn"


def test_units_are_codes_of_two_or_three() -> None:
    assert [parse_uom(code) for code in ("KGM", "EA", "X4G")] == ["KGM", "EA", "X4G"]
    for code in ("kg", "KILO", "K", "千克"):
        with pytest.raises(Malformed):
            parse_uom(code)


@given(st.text(max_size=50))
def test_a_name_has_no_control_character_and_no_blank_ends(text: str) -> None:
    try:
        name = NAME.validate_python(text)
    except ValidationError as error:
        fault = fault_of({**error.errors()[0], "loc": ("body", "name")})
        assert fault.field == "/name"
        assert fault.message_zh != fault.message
        return
    assert name == name.strip() != ""
    assert "\0" not in name
    assert "\n" not in name


@given(st.dates())
def test_a_day_is_read_as_it_is_written(day: object) -> None:
    adapter: TypeAdapter[object] = TypeAdapter(Day)
    text = str(day)
    if "1900" <= text[:4] <= "2199":
        assert str(adapter.validate_python(text)) == text
    else:
        with pytest.raises(ValidationError):
            adapter.validate_python(text)


def test_every_sentence_has_both_languages_and_the_same_blanks() -> None:
    for english, chinese in SENTENCES.values():
        assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese)
        assert english.count("{") == chinese.count("{")


@given(st.text())
def test_a_stored_file_name_is_safe_in_headers_and_folders(name: str) -> None:
    plain = plain_file_name(name)
    assert plain
    assert plain not in (".", "..")
    assert not set(plain) & set('/\\"\r\n\0\u202e\u200f\x9b')


@pytest.mark.parametrize(
    "text", ["a\x1b[31m", "a\u202eb", "\u2066a", "a\x9b", "a\tb", "a\nb", "a\u2028b", "\0"]
)
def test_a_name_that_reads_otherwise_than_it_is_stored_is_refused_by_its_character(text: str) -> None:
    with pytest.raises(ValidationError, match=r"U\+[0-9A-F]{4}"):
        NAME.validate_python(f"x{text}y")


@pytest.mark.parametrize("name", ["شركة الشاي", "חברת התה", "می‌خواهم", "茶👨‍👩‍👧", "Ché Guévara"])
def test_a_name_in_any_script_stays_as_it_is(name: str) -> None:
    assert NAME.validate_python(name) == without_strangers(name) == name


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"%PDF-1.7\n/OpenAction /JavaScript", "application/pdf"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\0\0\0\0WAVE", None),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", None),
        (b"<!doctype html><script>alert(1)</script>", None),
        (b" %PDF-1.7", None),
        (b"PK\x03\x04", None),
        (b"MZ", None),
        (b"", None),
    ],
)
def test_a_file_is_what_it_holds(content: bytes, media_type: str | None) -> None:
    kind = kind_of(content)
    assert (kind.media_type if kind else None) == media_type


@pytest.mark.parametrize(
    ("country", "state", "region"),
    [
        ("US", "TX", "US-TX"),
        ("US", "US-TX", "US-TX"),
        ("us", "tx", "US-TX"),
        ("US", "Texas", "US"),
        ("CN", "350100", "350100"),
        (None, "350100", "350100"),
        (None, "TX", None),
        ("Brazil", None, None),
    ],
)
def test_country_and_state_become_a_region(
    country: str | None, state: str | None, region: str | None
) -> None:
    assert region_of(country, state) == region


def test_attributes_go_to_their_columns_in_any_spelling() -> None:
    for prefix in ("", "urn:epcglobal:cbv:mda#", "cbvmda:", "https://ref.gs1.org/cbv/"):
        fields = read_attributes("site", {prefix + "name": "Plant", prefix + "city": "Austin"})
        assert (fields.name_en, fields.address, fields.attributes) == ("Plant", "Austin", {})
    kept = read_attributes("site", {"urn:gdst:kde#imoNumber": "IMO1", "name": {"odd": 1}})
    assert kept.attributes == {"urn:gdst:kde#imoNumber": "IMO1", "name": {"odd": 1}}


def test_a_chinese_address_goes_from_large_to_small() -> None:
    told = {"name": "一号库", "state": "福建省", "city": "福州市", "streetAddressOne": "五四路 1 号"}
    fields = read_attributes("site", told)
    assert (fields.name_zh, fields.name_en) == ("一号库", None)
    assert fields.address == "福建省福州市五四路 1 号"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(JSON)
def test_what_is_stored_holds_no_nul(value: object) -> None:
    assert "\\x00" not in repr(storable(value)).replace("\\\\", "")
