"""Digital Links, element strings, EPC URNs, explanations: the rules one by one, and the laws between them."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import Malformed
from service.identifiers.ai_table import AI_TABLE, ai_at
from service.identifiers.ai_values import Element, association_faults, value_faults
from service.identifiers.content_checks import CHECKS
from service.identifiers.digital_link import build, parse
from service.identifiers.element_string import (
    build_bracketed,
    build_message,
    human_readable,
    parse_bracketed,
    parse_message,
)
from service.identifiers.epc_uri import elements_of_urn, urn_of_elements
from service.identifiers.explanation import explain
from service.identifiers.gs1_dates import full_year, read_dates
from tests.rules.identifier_texts import any_key, gmns, gtins, lots, prefix_lengths, serials, text

GTIN = "06901234567892"
LINK = f"https://t.example.cn/01/{GTIN}"


def rule_of(call: object, *arguments: object) -> str:
    assert callable(call)
    with pytest.raises(Malformed) as caught:
        call(*arguments)
    return caught.value.faults[0].rule


def elements(bracketed: str) -> list[Element]:
    return parse_bracketed(bracketed, associations=False)


def test_a_link_is_taken_apart() -> None:
    link = parse(
        f"HTTPS://t.example.cn:8443/00/stem/01/{GTIN}/10/A%2fB/21/7?17=261200&linkType=gs1:pip&x&#part"
    )
    assert link.stem == "HTTPS://t.example.cn:8443/00/stem"
    assert link.key == Element("01", GTIN)
    assert link.qualifiers == (Element("10", "A/B"), Element("21", "7"))
    assert link.attributes == (Element("17", "261200"),)
    assert link.others == ("linkType=gs1:pip", "x")
    assert link.fragment == "part"
    assert link.canonical == f"https://id.gs1.org/01/{GTIN}/10/A%2FB/21/7?17=261200"


@pytest.mark.parametrize(
    ("uri", "rule"),
    [
        (f"Https://a/01/{GTIN}", "dl:scheme"),
        (f"ftp://a/01/{GTIN}", "dl:scheme"),
        (f"https:///01/{GTIN}", "dl:host"),
        ("https://a", "dl:host"),
        (f"https://a_b/01/{GTIN}", "dl:host"),
        (f"https://user@a/01/{GTIN}", "dl:host"),
        (f"https://[fe80::1%25eth0]/01/{GTIN}", "dl:host"),
        (f"https://a/01/{GTIN}/10/<", "dl:characters"),
        (f"https://a/01/{GTIN}/10/批", "dl:characters"),
        (f"https://a/01/{GTIN}/", "dl:slash-at-end"),
        ("https://a/b", "dl:no-key"),
        ("https://a/10/L", "dl:no-key"),
        (f"https://a/01/{GTIN}/foo", "dl:no-key"),
        (f"https://a/01/{GTIN}/foo/bar", "dl:no-key"),
        (f"https://a/410/{GTIN[1:]}", "dl:no-key"),
        (f"https://a/01/{GTIN}//10", "dl:no-key"),
        ("https://a/01//10/L", "dl:empty-value"),
        (f"https://a/01/{GTIN}/21/s/10/L", "dl:qualifiers"),
        (f"https://a/01/{GTIN}/10/L/10/L", "dl:qualifiers"),
        (f"https://a/01/{GTIN}/235/s/21/t", "dl:qualifiers"),
        (f"https://a/01/{GTIN}/17/261200", "dl:qualifiers"),
        (f"{LINK}?10=L", "dl:qualifier-in-query"),
        (f"{LINK}/21/s?22=v", "dl:qualifier-in-query"),
        (f"{LINK}?01={GTIN}", "dl:repeated"),
        (f"{LINK}?17=261200&17=261200", "dl:repeated"),
        (f"{LINK}?17=", "dl:empty-value"),
        (f"{LINK}?4=5", "dl:unknown-number"),
        (f"{LINK}?9999=5", "dl:unknown-number"),
        (f"{LINK}?8200=x", "dl:no-attribute"),
        (f"{LINK}?99=a+b", "gs1:characters"),
        (f"{LINK}?99=a%00b", "gs1:characters"),
        (f"{LINK}/10/%00", "gs1:characters"),
        ("https://a/01/6901234567892", "gs1:length"),
        ("https://a/01/06901234567893", "gs1:check-digit"),
        (f"{LINK}?17=261301", "gs1:date-or-month"),
        (f"{LINK}?37=5", "gs1:excluded-pair"),
        (f"{LINK}?3920=12", "gs1:required-pair"),
    ],
)
def test_links_that_break_a_rule_are_refused_by_its_name(uri: str, rule: str) -> None:
    assert rule_of(parse, uri) == rule


def test_a_plus_is_a_plus_in_the_path_and_a_semicolon_parts_parameters() -> None:
    assert parse(f"{LINK}/10/a+b").qualifiers == (Element("10", "a+b"),)
    assert parse(f"{LINK}?392012").others == ("392012",)
    link = parse(f"{LINK}?98=a;99=b;c")
    assert link.attributes == (Element("98", "a"), Element("99", "b;c"))


def test_a_serial_of_a_third_party_lets_the_lot_into_the_query() -> None:
    assert parse(f"{LINK}/235/s?10=L").attributes == (Element("10", "L"),)


def test_a_component_may_carry_a_variant_in_a_link_though_not_in_an_element_string() -> None:
    assert parse(f"https://a/8006/{GTIN}0102/22/v").qualifiers == (Element("22", "v"),)
    assert rule_of(parse_bracketed, f"(8006){GTIN}0102(22)v") == "gs1:required-pair"


def test_the_lenient_way_takes_what_a_resolver_tolerates() -> None:
    link = parse("HttpS://a/gtin/6901234567892/lot/L/", lenient=True)
    assert link.canonical == f"https://id.gs1.org/01/{GTIN}/10/L"
    assert rule_of(parse, "https://a/gtin/6901234567893", True) == "gs1:check-digit"


def test_building_puts_qualifiers_in_the_path_and_fixed_lengths_first() -> None:
    some = elements(f"(99)x(10)L(01){GTIN}(17)261200(21)s(11)260101")
    assert build(some, "https://t.cn/d/") == f"https://t.cn/d/01/{GTIN}/10/L/21/s?17=261200&11=260101&99=x"
    assert build(some, canonical=True) == f"https://id.gs1.org/01/{GTIN}/10/L/21/s?11=260101&17=261200&99=x"
    assert rule_of(build, [Element("10", "L")]) == "dl:no-key"
    assert rule_of(build, elements(f"(01){GTIN}(8200)x")) == "dl:no-attribute"
    assert rule_of(build, [Element("01", GTIN), Element("01", "00000096385074")]) == "dl:repeated"


@given(any_key, st.booleans(), st.dictionaries(st.sampled_from(["98", "99", "400"]), text(20), max_size=3))
def test_a_built_link_is_read_back(key: list[Element], canonical: bool, more: dict[str, str]) -> None:
    given_elements = [*key, *(Element(ai, value) for ai, value in sorted(more.items(), reverse=canonical))]
    link = parse(build(given_elements, "http://a.cn/s", canonical=canonical))
    assert set(link.elements) == set(given_elements)
    assert link.elements[: len(key)] == tuple(key)
    assert parse(link.canonical).canonical == link.canonical


@given(any_key, prefix_lengths)
def test_a_urn_that_is_written_is_read_back(key: list[Element], length: int) -> None:
    urn = urn_of_elements(key, length)
    assert elements_of_urn(urn) == key
    assert urn_of_elements(elements_of_urn(urn), length) == urn


@given(gtins, lots, serials, text(30))
def test_element_strings_are_read_back(gtin: str, lot: str, serial: str, more: str) -> None:
    some = [Element("01", gtin), Element("10", lot), Element("21", serial), Element("240", more)]
    assert parse_message(build_message(some)) == some
    assert parse_message(build_message(some, separator="^", leading=True)) == some
    if not any(element.value.endswith("\\") for element in some):
        assert parse_bracketed(build_bracketed(some)) == some


def test_element_strings_say_where_they_break() -> None:
    assert rule_of(parse_bracketed, "") == "gs1:message-length"
    assert rule_of(parse_bracketed, "01)1") == "gs1:ai"
    assert rule_of(parse_bracketed, "(05)1") == "gs1:ai"
    assert rule_of(parse_bracketed, "(01)") == "gs1:length"
    assert rule_of(parse_message, "9") == "gs1:ai"
    assert rule_of(parse_message, "\x1d") == "gs1:message-length"
    assert rule_of(parse_message, f"01{GTIN}37{'1' * 9}") == "gs1:length"
    assert rule_of(parse_bracketed, f"(01){GTIN}" * 65) == "gs1:too-many-elements"
    assert rule_of(parse_bracketed, f"(01){GTIN}(01)00000096385074") == "gs1:repeated"


def test_a_needless_separator_after_a_fixed_length_is_passed_over() -> None:
    assert parse_message(f"01{GTIN}\x1d10L\x1d17261231\x1d") == elements(f"(01){GTIN}(10)L(17)261231")
    assert human_readable(elements(f"(01){GTIN}(10)L")) == [f"(01) {GTIN}", "(10) L"]


@pytest.mark.parametrize(
    ("ai", "right", "wrong"),
    [
        ("00", "106141412345678908", "106141412345678909"),
        ("11", "260200", "260230"),
        ("17", "240229", "250229"),
        ("253", "4012345678901X", "4012345678902X"),
        ("3910", "156100", "000100"),
        ("421", "156100080", "157100080"),
        ("423", "156392840", "15639"),
        ("425", "156", "156156156156156156"),
        ("4307", "CN", "XX"),
        ("4309", "09000000001800000000", "18000000011800000000"),
        ("4300", "A%2B", "A%2"),
        ("4321", "1", "2"),
        ("4324", "2602012359", "2602012400"),
        ("4330", "000123-", "000123+"),
        ("7003", "2602011530", "2602001530"),
        ("7007", "260101260131", "2601012601"),
        ("7030", "999abc", "998abc"),
        ("7040", "1AB_", "1AB/"),
        ("7041", "PX", "P?"),
        ("7230", "EM123", "E"),
        ("7241", "80", "11"),
        ("7250", "19000228", "19000229"),
        ("7252", "9", "3"),
        ("7258", "1/3", "3/1"),
        ("8001", "12345678901214", "00005678901214"),
        ("8003", "04012345678901x", "14012345678901x"),
        ("8006", f"{GTIN}0102", f"{GTIN}0201"),
        ("8007", "GB29NWBK60161331926819", "GB28NWBK60161331926819"),
        ("8008", "2602011530", "260201156"),
        ("8010", "4012345#/-A", "4012345a"),
        ("8011", "12", "012"),
        ("8013", "1987654Ad4X4bL5ttr2310c2K", "1987654Ad4X4bL5ttr2310c2L"),
        ("8030", "abc_-A", "abc$"),
        ("8030", "abc_A=", "abc_-A=="),
        ("8110", "012345612345611110123", "9"),
        ("8112", "001234566543210123456", "3"),
    ],
)
def test_values_of_identifiers(ai: str, right: str, wrong: str) -> None:
    assert value_faults(ai, right) == []
    faults = value_faults(ai, wrong)
    assert faults
    assert faults[0].message_zh


@given(gmns)
def test_a_model_number_with_its_check_pair_is_right(gmn: str) -> None:
    assert value_faults("8013", gmn) == []


@given(st.sampled_from(sorted(AI_TABLE)), st.text(max_size=40))
def test_no_value_breaks_a_check(ai: str, value: str) -> None:
    value_faults(ai, value)


@given(st.sampled_from(sorted(AI_TABLE)), st.text("0123456789", max_size=90))
def test_no_digits_break_a_check(ai: str, value: str) -> None:
    value_faults(ai, value)


def test_the_table_is_whole() -> None:
    assert all(
        check in CHECKS for entry in AI_TABLE.values() for part in entry.components for check in part.checks
    )
    for ai in AI_TABLE:
        entry = ai_at(f"{ai}0000")
        assert entry is not None
        assert entry.ai == ai


@pytest.mark.parametrize(
    ("bracketed", "rules"),
    [
        (f"(01){GTIN}(10)L(21)s", []),
        ("(10)L", ["gs1:required-pair"]),
        (f"(01){GTIN}(235)t(21)s", ["gs1:excluded-pair"]),
        (f"(01){GTIN}(3100)000001(3101)000001", ["gs1:excluded-pair", "gs1:excluded-pair"]),
        (f"(00)106141412345678908(02){GTIN}(37)5", []),
        (f"(01){GTIN}(8030)abcd", ["gs1:required-pair"]),
        (f"(01){GTIN}(21)s(8030)abcd", []),
        ("(253)4012345678901(8030)abcd", ["gs1:signature-serial"]),
        (f"(01){GTIN}(3920)100(3100)000500", []),
        (f"(01){GTIN}(427)AB(422)156", []),
    ],
)
def test_identifiers_need_and_exclude_each_other(bracketed: str, rules: list[str]) -> None:
    assert [fault.rule for fault in association_faults(elements(bracketed))] == rules


def test_years_of_two_digits_are_those_nearest_to_today() -> None:
    today = date(2026, 6, 1)
    assert [full_year(two, today) for two in (26, 76, 77, 99, 0)] == [2026, 2076, 1977, 1999, 2000]
    assert full_year(5, date(2060, 1, 1)) == 2105
    assert read_dates(Element("17", "240200"), today) == [date(2024, 2, 29)]
    assert read_dates(Element("7007", "260101260131"), today) == [date(2026, 1, 1), date(2026, 1, 31)]
    assert read_dates(Element("8008", "26010115"), today) == [
        datetime.combine(date(2026, 1, 1), datetime.min.time().replace(hour=15))
    ]
    assert read_dates(Element("10", "L"), today) == []


def test_a_urn_needs_the_length_of_the_company_prefix() -> None:
    assert urn_of_elements([Element("01", GTIN)]) == "urn:epc:idpat:sgtin:6901234.056789.*"
    unknown = elements("(01)02012345678903")
    assert rule_of(urn_of_elements, unknown) == "epc:company-prefix"
    assert rule_of(urn_of_elements, [Element("01", GTIN)], 13) == "epc:company-prefix"
    assert rule_of(urn_of_elements, [Element("8013", "1987654Ad4X4bL5ttr2310c2K")]) == "epc:no-key"
    assert rule_of(elements_of_urn, "urn:epc:id:gid:1.2.3") == "epc:urn"


def test_a_tag_uri_is_read_as_what_it_identifies() -> None:
    assert elements_of_urn("urn:epc:tag:sgtin-96:3.6901234.056789.7") == elements(f"(01){GTIN}(21)7")
    assert rule_of(elements_of_urn, "urn:epc:tag:sgtin-96:6901234") == "epc:tag"


def test_an_explanation_says_everything_about_a_link() -> None:
    said = explain(f"{LINK}/10/L?17=261200")
    assert said.form == "digital_link"
    assert said.faults == ()
    assert said.key is not None
    assert (said.key.ai, said.key.title) == ("01", "GTIN")
    assert [one.value for one in said.qualifiers] == ["L"]
    assert [one.title_zh for one in said.attributes] == ["有效期至"]
    assert said.canonical_uri == f"https://id.gs1.org/01/{GTIN}/10/L?17=261200"
    assert said.epc_urn == "urn:epc:class:lgtin:6901234.056789.L"
    assert said.element_string == f"(01){GTIN}(10)L(17)261200"
    assert said.message == f"01{GTIN}10L\x1d17261200"
    assert said.human_readable == (f"(01) {GTIN}", "(10) L", "(17) 261200")


def test_an_explanation_of_a_broken_code_names_every_rule() -> None:
    said = explain("(01)06901234567893(17)261301")
    assert [fault.rule for fault in said.faults] == ["gs1:check-digit", "gs1:date-or-month"]
    assert said.canonical_uri is None
    assert explain(f"{LINK}/").faults[0].rule == "dl:slash-at-end"
    assert explain("rubbish").form == "unknown"
    assert explain("https://example.org/about").form == "uri"
    assert explain("https://example.org/about").faults == ()


@given(st.text(max_size=60))
def test_an_explanation_never_fails(code: str) -> None:
    said = explain(code)
    assert said.faults or said.identity is not None or said.form == "element_string"


@given(
    st.sampled_from(
        ["", "urn:epc:id:sgtin:", "urn:epc:idpat:", "https://a/01/", "(01)", "]C1", "^", "https://a/"]
    ),
    st.text("0123456789()/:.*%?=&;urnepcidsgtlh \x1d^]C1", max_size=80),
)
def test_an_explanation_of_what_looks_like_a_code_never_fails(start: str, rest: str) -> None:
    said = explain(start + rest)
    assert said.faults or said.identity is not None or said.form == "element_string"


@given(any_key, prefix_lengths)
def test_an_explanation_of_a_urn_gives_that_urn(key: list[Element], length: int) -> None:
    urn = urn_of_elements(key, length)
    said = explain(urn)
    assert said.faults == ()
    assert said.epc_urn == urn
    assert said.canonical_uri == build(key, canonical=True)
