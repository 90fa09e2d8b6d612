"""EPCs of RFID tags: the examples of the standard, laws of reading and writing, and what is refused."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import Malformed
from service.identifiers.element_string import build_bracketed, split_bracketed
from service.identifiers.epc_binary import (
    elements_to_hex,
    is_hexadecimal_epc,
    read_hexadecimal,
    read_tag_uri,
    tag_uri_to_hex,
)
from service.identifiers.epc_tag import LAYOUTS
from service.identifiers.explanation import explain
from service.identifiers.identity import Kind, identify, identify_code

#: GS1 EPC Tag Data Standard 2.3, E.3, and examples of its sections: EPC memory and tag URI.
FIXED = [
    ("3066C4409047E140075BCD15", "sgtin-96:3.95060001343.05.123456789"),
    ("3666C4409047E159B2C2BF1000000000000000000000000000000000", "sgtin-198:3.95060001343.05.32a%2Fb"),
    ("311BA1B300CE0A6A83000000", "sscc-96:0.952012.03456789123"),
    ("3276451FD46072000000162E", "sgln-96:3.9521141.12345.5678"),
    ("3976451FD46072CD9615F8800000000000000000000000000000", "sgln-195:3.9521141.12345.32a%2Fb"),
    ("3376451FD40C0E400000162E", "grai-96:3.9521141.12345.5678"),
    ("3776451FD40C0E59B2C2BF1000000000000000000000", "grai-170:3.9521141.12345.32a%2Fb"),
    ("3476451FD40000000000162E", "giai-96:3.9521141.5678"),
    ("3876451FD59B2C2BF10000000000000000000000000000000000", "giai-202:3.9521141.32a%2Fb"),
    ("2D76451FD4499602D2000000", "gsrn-96:3.9521141.1234567890"),
    ("2E76451FD4499602D2000000", "gsrnp-96:3.9521141.1234567890"),
    ("2C76451FD46072000000162E", "gdti-96:3.9521141.12345.5678"),
    ("3E76451FD7039B061438997367D0C18B266D1AB66EE0", "gdti-174:3.9521141.98765.ABCDefgh012345678"),
    ("3C76451FD400C0E680003039", "cpi-96:3.9521141.98765.12345"),
    ("3D76451FD75411DEF6B4CC00000003039000", "cpi-var:3.9521141.5PQ7%2FZ43.12345"),
    ("3F76451FD612640000019907", "sgcn-96:3.9521141.67890.04711"),
    ("3500E86F8000A9E000000586", "gid-96:952056.2718.1414"),
    ("2F320434147455900000162E", "usdod-96:3.CAGEY.5678"),
    ("3B0E0CF5E76C9047759AD00373DC7602E7200000", "adi-var:3.35962.PQ7VZ4.M37GXB92"),
    ("4076451FD40C0E40820000000F54", "itip-110:3.9521141.012345.01.02.981"),
    ("4176451FD40C0E4082DBDD8B36600000000000000000000000000000", "itip-212:3.9521141.012345.01.02.mw133"),
    ("3074257BF7194E4000001A85", "sgtin-96:3.0614141.812345.6789"),
    ("30C579D5D4ADB60000000000", "sgtin-96:6.50712192365.88.0"),
]
#: The schemes with a plus: EPC memory, scheme, filter, elements.
PLUS = [
    ("F73795211411234538566CB0AFC4", "sgtin+", 3, "(01)79521141123453(21)32a/b"),
    ("FB342CDE795211411234538566CB0AFC4", "dsgtin+", 3, "(01)79521141123453(21)32a/b(17)220630"),
    ("F90095201234567891235", "sscc+", 0, "(00)095201234567891235"),
    ("F2395211411234548566CB0AFC4", "sgln+", 3, "(414)9521141123454(254)32a/b"),
    ("F13095211411234548566CB0AFC4", "grai+", 3, "(8003)0952114112345432a/b"),
    ("FA3952114132E83C2BF10", "giai+", 3, "(8004)952114132a/b"),
    ("F43952114112345678906", "gsrn+", 3, "(8018)952114112345678906"),
    ("F53952114112345678906", "gsrnp+", 3, "(8017)952114112345678906"),
    ("F6395211411234540458B8", "gdti+", 3, "(253)95211411234545678"),
    ("F0395211415E87A145BAFB4D19A8C0E4", "cpi+", 3, "(8010)95211415PQ7/Z43(8011)12345"),
    ("F839521141678909509338", "sgcn+", 3, "(255)952114167890904711"),
    ("F3309521141123454010266AE27FDF35", "itip+", 3, "(8006)095211411234540102(21)rif981"),
]
#: Those with two pluses have a host name behind.
PLUS_PLUS = [
    ("FD3795211411234538566CB0AFC525065F1876F0D996D800", "sgtin++", "(01)79521141123453(21)32a/b"),
    ("EF009520123456789123592832F8C3B786CCB6C0", "sscc++", "(00)095201234567891235"),
    ("E6395211415E87A145BAFB4D19A8C0E64A0CBE30EDE1B32DB000", "cpi++", "(8010)95211415PQ7/Z43(8011)12345"),
    ("EC3952114167890950933C94197C61DBC3665B60", "sgcn++", "(255)952114167890904711"),
]


def rule_of(call: object, *arguments: object) -> str:
    assert callable(call)
    with pytest.raises(Malformed) as caught:
        call(*arguments)
    return caught.value.faults[0].rule


def rules_of(call: Callable[[str], object], text: str) -> set[str]:
    """The rules that a text breaks."""
    try:
        call(text)
    except Malformed as malformed:
        return {fault.rule for fault in malformed.faults}
    return set()


@pytest.mark.parametrize(("digits", "body"), FIXED)
def test_the_examples_of_the_standard_are_read_and_written(digits: str, body: str) -> None:
    tag = read_hexadecimal(digits)
    assert tag.tag_uri == f"urn:epc:tag:{body}"
    assert tag_uri_to_hex(tag.tag_uri).rstrip("0") == digits.rstrip("0")
    assert read_tag_uri(f"urn:epc:raw:{4 * len(digits)}.x{digits}").tag_uri == tag.tag_uri
    assert read_tag_uri(f"urn:epc:raw:{4 * len(digits)}.{int(digits, 16)}").tag_uri == tag.tag_uri


@pytest.mark.parametrize(("digits", "scheme", "value", "bracketed"), PLUS)
def test_the_schemes_with_a_plus_are_read_and_written(
    digits: str, scheme: str, value: int, bracketed: str
) -> None:
    tag = read_hexadecimal(digits)
    assert (tag.scheme, tag.filter_value, tag.more) == (scheme, value, False)
    assert build_bracketed(tag.elements) == bracketed
    assert elements_to_hex(split_bracketed(bracketed), scheme, value).rstrip("0") == digits.rstrip("0")


@pytest.mark.parametrize(("digits", "scheme", "bracketed"), PLUS_PLUS)
def test_of_the_schemes_with_two_the_key_is_read(digits: str, scheme: str, bracketed: str) -> None:
    tag = read_hexadecimal(digits)
    assert (tag.scheme, tag.more, build_bracketed(tag.elements)) == (scheme, True, bracketed)


@pytest.mark.parametrize(
    ("code", "uri"),
    [
        ("3074257BF7194E4000001A85", "https://id.gs1.org/01/80614141123458/21/6789"),
        (" 0x3074257bf7194e4000001a85", "https://id.gs1.org/01/80614141123458/21/6789"),
        ("3074 257B F719 4E40 0000 1A85", "https://id.gs1.org/01/80614141123458/21/6789"),
        ("urn:epc:tag:sgtin-96:3.0614141.812345.6789", "https://id.gs1.org/01/80614141123458/21/6789"),
        (
            "urn:epc:tag:[umi=1]:sgtin-96:3.0614141.812345.6789",
            "https://id.gs1.org/01/80614141123458/21/6789",
        ),
        ("urn:epc:raw:96.x3074257BF7194E4000001A85", "https://id.gs1.org/01/80614141123458/21/6789"),
        ("311BA1B300CE0A6A83000000", "https://id.gs1.org/00/095201234567891235"),
        ("F90095201234567891235", "https://id.gs1.org/00/095201234567891235"),
        ("3500E86F8000A9E000000586", "urn:epc:id:gid:952056.2718.1414"),
        # Raw data that are no EPC known here are a URI like any other.
        ("urn:epc:raw:64.x0123456789ABCDEF", "urn:epc:raw:64.x0123456789ABCDEF"),
    ],
)
def test_a_tag_names_what_its_pure_identity_names(code: str, uri: str) -> None:
    assert identify_code(code).uri == uri
    said = explain(code)
    assert (said.faults, said.identity and said.identity.uri) == ((), uri)


def test_an_explanation_of_a_tag_keeps_the_filter_value() -> None:
    said = explain("3074257BF7194E4000001A85")
    assert (said.form, said.epc_urn) == ("epc_binary", "urn:epc:id:sgtin:0614141.812345.6789")
    assert said.element_string == "(01)80614141123458(21)6789"
    assert said.tag is not None
    assert (said.tag.scheme, said.tag.filter_value) == ("sgtin-96", 3)
    assert said.tag.tag_uri == "urn:epc:tag:sgtin-96:3.0614141.812345.6789"
    assert explain(said.tag.tag_uri).tag == said.tag
    assert explain("3500E86F8000A9E000000586").epc_urn == "urn:epc:id:gid:952056.2718.1414"


@pytest.mark.parametrize(
    "digits",
    [
        "3074257BF7194E40000",  # 76 bits of 96
        "307C257BF7194E4000001A85",  # partition 7
        "3074257BF7194E4000001A85000000000001",  # something behind
        "311BA1B300CE0A6A83000001",  # reserved bits
        "3F76451FD612640000000000",  # a serial that does not begin with the digit 1
        "3077FFFFF7194E4000001A85",  # a company prefix of eight digits in the bits of seven
        "F73A95211411234538566CB0AFC4",  # a digit beyond 9
        "3666C4409047E140000000000000000000000000000000000000",  # no serial at all
    ],
)
def test_bits_that_are_no_epc_are_refused(digits: str) -> None:
    assert is_hexadecimal_epc(digits)
    assert rule_of(read_hexadecimal, digits) == "epc:binary"
    assert rule_of(identify_code, digits) == "epc:binary"


@pytest.mark.parametrize(
    "body",
    [
        "sgtin-96:8.0614141.812345.6789",
        "sgtin-96:3.0614141.812345.06789",
        "sgtin-96:3.0614141.812345.274877906944",
        "sgtin-96:3.0614141.81234.6789",
        "sgtin-96:3.061414.812345.6789",
        "sgtin-96:3.06141.81234567.1",
        "sgtin-97:3.0614141.812345.6789",
        "sgtin-198:3.0614141.712345.%2",
        "sscc-96:0.0614141.123456789",
        "usdod-96:3.CAGIY.5678",
        "gid-96:3.1.2.3",
        "sgtin-96:",
    ],
)
def test_tag_uris_that_no_layout_can_hold_are_refused(body: str) -> None:
    assert rule_of(identify, f"urn:epc:tag:{body}") == "epc:tag"


@given(st.sampled_from(LAYOUTS), st.binary(min_size=61, max_size=61))
def test_bits_that_can_be_read_are_written_again(layout: object, rest: bytes) -> None:
    header = getattr(layout, "header", 0)
    size = getattr(layout, "bits", 0) or 200
    bits = int.from_bytes(bytes([header]) + rest) >> (496 - size)
    padding = -size % 4
    digits = f"{bits << padding:0{(size + padding) // 4}X}"
    try:
        tag = read_hexadecimal(digits)
    except Malformed:
        return
    assert tag.tag_uri is not None
    assert read_hexadecimal(tag_uri_to_hex(tag.tag_uri)).tag_uri == tag.tag_uri


@st.composite
def tag_uris(draw: st.DrawFn) -> str:
    """Tag URIs of trade items with any prefix length, filter and serial."""
    length = draw(st.integers(6, 12))
    prefix = draw(st.text("0123456789", min_size=length, max_size=length))
    item = draw(st.text("0123456789", min_size=13 - length, max_size=13 - length))
    value = draw(st.integers(0, 7))
    if draw(st.booleans()):
        return f"urn:epc:tag:sgtin-96:{value}.{prefix}.{item}.{draw(st.integers(0, 2**38 - 1))}"
    serial = draw(st.text("!'()*+,-.0123456789:;=ABCXYZ_abcxyz", min_size=1, max_size=20))
    return f"urn:epc:tag:sgtin-198:{value}.{prefix}.{item}.{serial}"


@given(tag_uris())
def test_a_tag_uri_that_is_written_is_read_back(uri: str) -> None:
    assert read_hexadecimal(tag_uri_to_hex(uri)).tag_uri == uri
    assert identify(uri).kind is Kind.UNIT


@given(st.sampled_from(PLUS), st.data())
def test_a_key_written_with_a_plus_is_read_back(
    example: tuple[str, str, int, str], data: st.DataObject
) -> None:
    _, scheme, value, bracketed = example
    elements = split_bracketed(bracketed)
    assert tuple(elements) == read_hexadecimal(elements_to_hex(elements, scheme, value)).elements
    value = data.draw(st.integers(0, 7))
    assert read_hexadecimal(elements_to_hex(elements, scheme, value)).filter_value == value


@given(
    st.text("0123456789ABCDEF", min_size=16, max_size=124),
    st.sampled_from(["30", "36", "3D", "F7", "FB", "E6"]),
)
def test_no_bits_break_the_reader(digits: str, header: str) -> None:
    assert rules_of(read_hexadecimal, header + digits[2:]) <= {"epc:binary"}


@given(
    st.text(max_size=60),
    st.sampled_from(["", "sgtin-96:3.", "giai-202:1.0614141.", "adi-var:3.35962.", "[att=x01]:"]),
)
def test_no_text_breaks_the_reader_of_tag_uris(body: str, start: str) -> None:
    assert rules_of(read_tag_uri, f"urn:epc:tag:{start}{body}") <= {"epc:tag"}
