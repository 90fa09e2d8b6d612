"""Cases of published test vectors that once went wrong here, and representatives of those that never did.

Facts of the GS1 Syntax Engine and Syntax Dictionary, the GS1 Digital Link URI Syntax, the EPC Tag Data
Standard and the General Specifications, retyped.
"""

import pytest

from service.errors import Malformed
from service.identifiers.ai_values import value_faults
from service.identifiers.digital_link import parse
from service.identifiers.element_string import parse_bracketed, parse_message
from service.identifiers.epc_uri import urn_of_elements
from service.identifiers.explanation import explain
from service.identifiers.identity import Kind, identify, identify_code
from service.identifiers.minted import mint_id

GTIN = "09521234543213"


def rules_of(code: str) -> list[str]:
    return [fault.rule for fault in explain(code).faults]


@pytest.mark.parametrize(
    ("code", "uri"),
    [
        ("]E09521234543213", "https://id.gs1.org/01/09521234543213"),
        ("]E0952123454321312345", None),
        ("]E3952123454321312345", "https://id.gs1.org/01/09521234543213"),
        ("]E395212345432131", None),
        ("]E402345673", "https://id.gs1.org/01/00000002345673"),
        ("]E409521234543213", None),
        ("]E09521234543214", None),
        ("]C101095212345432131012345", f"https://id.gs1.org/01/{GTIN}/10/12345"),
        ("]e001095212345432131012345", f"https://id.gs1.org/01/{GTIN}/10/12345"),
        ("]d201095212345432131012345", f"https://id.gs1.org/01/{GTIN}/10/12345"),
        ("]Q301095212345432131012345", f"https://id.gs1.org/01/{GTIN}/10/12345"),
        ("]J101095212345432131012345", f"https://id.gs1.org/01/{GTIN}/10/12345"),
        ("]Q1https://example.com/01/09521234543213", f"https://id.gs1.org/01/{GTIN}"),
        ("]Q3https://example.com/01/09521234543213", f"https://id.gs1.org/01/{GTIN}"),
        ("17271231010952123454321310A", f"https://id.gs1.org/01/{GTIN}/10/A"),
        ("4149521141123454254X1", "https://id.gs1.org/414/9521141123454/254/X1"),
        ("800300614141123452AB", "https://id.gs1.org/8003/00614141123452AB"),
        ("4179521141123454", "https://id.gs1.org/417/9521141123454"),
        ("]E09521234543213|]e010ABC\x1d21XYZ", f"https://id.gs1.org/01/{GTIN}/21/XYZ"),
        (f"(01){GTIN}|(10)ABC", f"https://id.gs1.org/01/{GTIN}/10/ABC"),
        (f"^01{GTIN}|^10ABC", f"https://id.gs1.org/01/{GTIN}/10/ABC"),
    ],
)
def test_what_scanners_put_in_front_is_understood(code: str, uri: str | None) -> None:
    if uri is None:
        assert rules_of(code) == ["code:ean-upc"]
    else:
        assert identify_code(code).uri == uri


@pytest.mark.parametrize(
    ("bracketed", "rule"),
    [
        (f"(03){GTIN}(240)X", None),
        (f"(03){GTIN}(21)X", None),
        (f"(01){GTIN}(03){GTIN}", "gs1:excluded-pair"),
        ("(7022)A", "gs1:required-pair"),
        (f"(01){GTIN}(7021)B(7022)A", None),
        ("(400)A", None),
        ("(90)A", None),
        ("(99)A(98)B", None),
        (f"(01){GTIN}(8200)http://example.com", None),
        ("(8200)http://example.com", "gs1:required-pair"),
    ],
)
def test_pairs_of_identifiers_follow_the_dictionary(bracketed: str, rule: str | None) -> None:
    assert rules_of(bracketed) == ([] if rule is None else [rule])


@pytest.mark.parametrize(
    ("ai", "value", "right"),
    [
        ("3910", "396100", True),  # an accounting unit that ISO 4217 still lists
        ("3910", "191100", False),  # the kuna, withdrawn
        ("3910", "694100", False),
        ("3910", "931100", False),
        ("3910", "978100", True),
        ("8030", "12=", True),
        ("8030", "1==", True),
        ("8030", "===", False),
        ("8030", "123=", False),
        ("8030", "12=3", False),
        ("17", "260230", False),
        ("17", "260200", True),
        ("17", "261300", False),
        ("11", "000100", True),
        ("3950", "123456", True),
        ("7007", "211225211225", True),
        ("7007", "2112252112", False),
        ("8007", "GB29NWBK60161331926819", True),
        ("8007", "GB29NWBK60161331926818", False),
        ("8007", "NO9386011117947", True),
        ("4309", "02790858483015297971", True),
        ("4309", "18000000010000000000", False),
        ("4309", "00000000003600000001", False),
        ("8006", "095212345432130001", False),
        ("8006", "095212345432130102", True),
        ("8006", "095212345432130302", False),
        ("8110", "106141416543213150110120", True),
        ("8110", "10614141654321415011012", False),
        ("8112", "01123456012345610123456", True),
        ("8112", "31123456012345610123456", False),
        ("8013", "12345678901234567890123NT", True),
        ("8013", "12345678901234567890123NU", False),
        ("4326", "260229", False),
        ("7258", "1/9", True),
        ("7258", "0/9", False),
    ],
)
def test_values_are_judged_as_published(ai: str, value: str, right: bool) -> None:
    assert (value_faults(ai, value) == []) is right


@pytest.mark.parametrize(
    ("message", "bracketed"),
    [
        ("^011231231231233310ABC123^99TESTING", "(01)12312312312333(10)ABC123(99)TESTING"),
        ("]C1011231231231233310ABC123\x1d99TESTING", "(01)12312312312333(10)ABC123(99)TESTING"),
        ("^011231231231233399TEST^10ABC^21DEF", "(01)12312312312333(99)TEST(10)ABC(21)DEF"),
        ("^0112312312312333310300123410A", "(01)12312312312333(3103)001234(10)A"),
        ("^01123123123123338001003910000112310A", None),
    ],
)
def test_plain_element_strings_are_cut_as_published(message: str, bracketed: str | None) -> None:
    if bracketed is None:
        with pytest.raises(Malformed):
            parse_message(message)
    else:
        assert explain(message).faults == ()
        assert parse_message(message) == parse_bracketed(bracketed)


@pytest.mark.parametrize(
    ("bracketed", "length", "urn"),
    [
        # A GTIN-8: three digits of the prefix behind five zeros (TDS 7.3.4).
        ("(01)00000095010939(21)1", None, "urn:epc:id:sgtin:00000950.01093.1"),
        # Company prefixes of four and five digits count as six (TDS 7.1).
        ("(01)80614141123458(21)6789", 7, "urn:epc:id:sgtin:0614141.812345.6789"),
        ("(00)106141412345678908", 7, "urn:epc:id:sscc:0614141.1234567890"),
        ("(414)9521141123454(254)5678", None, "urn:epc:id:sgln:9521141.12345.5678"),
        ("(01)00614141999996(235)51qIgY", 7, "urn:epc:id:upui:0614141.099999.51qIgY"),
        ("(8006)040123451234560102(21)mw133", 7, "urn:epc:id:itip:4012345.012345.01.02.mw133"),
        ("(8010)061414198765(8011)12345", 7, "urn:epc:id:cpi:0614141.98765.12345"),
        ("(255)401234567890104711", 7, "urn:epc:id:sgcn:4012345.67890.04711"),
        ("(253)06141411234525678", 7, "urn:epc:id:gdti:0614141.12345.5678"),
    ],
)
def test_urns_are_written_as_the_tag_data_standard_has_them(
    bracketed: str, length: int | None, urn: str
) -> None:
    assert urn_of_elements(parse_bracketed(bracketed, associations=False), length) == urn
    assert explain(urn).faults == ()


def test_numbers_without_a_company_prefix_have_no_urn() -> None:
    for gtin in ("02012345678903", "00200000000004", "09800000000007"):
        said = explain(f"(01){gtin}(21)1")
        assert (said.faults, said.epc_urn) == ((), None), gtin


def test_a_gtin_beside_another_key_may_be_short() -> None:
    link = parse("https://id.gs1.org/8004/9520614141234567?01=9520123456788")
    assert [(one.ai, one.value) for one in link.attributes] == [("01", "09520123456788")]


def test_a_lot_beside_a_third_party_serial_is_an_attribute_and_the_thing_is_the_unit() -> None:
    unit = f"https://id.gs1.org/01/{GTIN}/235/ABC"
    for code in (f"(01){GTIN}(10)L(235)ABC", f"https://a.cn/01/{GTIN}/235/ABC?10=L"):
        said = explain(code)
        assert (said.canonical_uri, said.faults) == (f"{unit}?10=L", ())
        assert said.identity is not None
        assert said.identity.uri == unit
    both = explain(f"(01){GTIN}(10)L(22)V(235)ABC").identity
    assert both is not None
    assert both.uri == unit


def test_a_uri_minted_here_is_a_uri_without_fault() -> None:
    for rest in ("", "/lot/A%2F1", "/lot/A%2F1/unit/7"):
        said = explain(f"https://a.cn/product/{mint_id(bytes(8))}{rest}")
        assert (said.form, said.faults) == ("uri", ())


@pytest.mark.parametrize("host", ["example.com", "id.gs1.org"])
def test_the_words_of_older_releases_are_read_and_named(host: str) -> None:
    said = explain(f"https://{host}/gtin/{GTIN}/lot/ABC")
    assert [fault.rule for fault in said.faults] == ["dl:words"]
    assert said.canonical_uri == f"https://id.gs1.org/01/{GTIN}/10/ABC"
    assert said.identity is not None
    assert said.identity.kind is Kind.OTHER


@pytest.mark.parametrize(
    ("uri", "rule"),
    [
        ("javascript:alert(1)", "uri:scheme"),
        ("JavaScript:alert(1)//lot", "uri:scheme"),
        ("data:text/html,x", "uri:scheme"),
        ("vbscript:x", "uri:scheme"),
        ("file:///etc/passwd", "uri:scheme"),
        ("urn:private:lot:A%00", "uri:control-character"),
        ("https://example.com/lot/%0d%0a", "uri:control-character"),
        ("urn:private:lot:\u202eA", "uri:control-character"),
        ("urn:private:lot:%E2%80%AEA", "uri:control-character"),
        ("urn:private:lot:\ud800", "uri:control-character"),
    ],
)
def test_what_no_batch_can_be_called_is_refused(uri: str, rule: str) -> None:
    with pytest.raises(Malformed) as caught:
        identify(uri)
    assert [fault.rule for fault in caught.value.faults] == [rule]


@pytest.mark.parametrize(
    "uri",
    [
        "urn:private:lot:A%20B",
        "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "https://example.com/lot/%E6%89%B9",
        "http://example.com/a",
        "tag:example.com,2026:lot-1",
        "ni:///sha-256;5f?ver=CBV2.0",
        "did:web:example.com",
        "geo:1,2",
        "urn:private:批:1",
        "x-own:lot",
    ],
)
def test_private_identifiers_are_kept(uri: str) -> None:
    assert identify(uri).uri == uri


@pytest.mark.parametrize("code", ["0123456789⁰¹²⁸", "10ABC123", "4179521141123455", "9512345678", "①2345670"])
def test_what_only_looks_like_a_code_is_refused(code: str) -> None:
    with pytest.raises(Malformed):
        identify_code(code)


def test_full_width_characters_are_taken_as_plain_ones() -> None:
    assert (
        identify_code("（０１）０９５２１２３４５４３２１３（10）Ａ").uri
        == f"https://id.gs1.org/01/{GTIN}/10/A"
    )
