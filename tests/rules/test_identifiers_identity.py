"""What identifiers name: every spelling of one thing has one key."""

from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.errors import Malformed
from service.identifiers import minted
from service.identifiers.ai_table import AI_TABLE
from service.identifiers.ai_values import Element
from service.identifiers.digital_link import build
from service.identifiers.element_string import build_bracketed, build_message
from service.identifiers.epc_uri import urn_of_elements
from service.identifiers.identity import Identity, Kind, identify, identify_code
from service.identifiers.key_rules import KEY_RULES, QUALIFIER_RULES
from service.identifiers.uscc import uscc_check_character
from tests.rules.identifier_texts import any_key, gtins, lots, prefix_lengths, serials

GTIN = "06901234567892"
PRODUCT = f"https://id.gs1.org/01/{GTIN}"


def rule_of(text: str) -> str:
    with pytest.raises(Malformed) as caught:
        identify(text)
    return caught.value.faults[0].rule


def test_a_unit_keeps_its_lot_beside_its_key() -> None:
    unit = identify(f"https://trace.example.cn/a/b/01/{GTIN}/10/A%2fB/21/7?17=270101&linkType=all#x")
    assert unit == Identity(
        uri=f"{PRODUCT}/21/7",
        kind=Kind.UNIT,
        gtin=GTIN,
        lot="A/B",
        serial="7",
        product_uri=PRODUCT,
        batch_uri=f"{PRODUCT}/10/A%2FB",
    )


def test_a_variant_is_no_part_of_a_batch_or_a_unit() -> None:
    assert identify(f"{PRODUCT}/22/v").uri == f"{PRODUCT}/22/v"
    assert identify(f"{PRODUCT}/22/v").product_uri == PRODUCT
    assert identify(f"{PRODUCT}/22/v/10/L").uri == f"{PRODUCT}/10/L"
    assert identify(f"{PRODUCT}/22/v/10/L/21/s").uri == f"{PRODUCT}/21/s"


@pytest.mark.parametrize(
    ("text", "kind", "uri"),
    [
        ("urn:epc:idpat:sgtin:6901234.056789.*", Kind.PRODUCT, PRODUCT),
        ("urn:epc:class:lgtin:6901234.056789.L%2F1", Kind.BATCH, f"{PRODUCT}/10/L%2F1"),
        ("urn:epc:id:sgtin:6901234.056789.S", Kind.UNIT, f"{PRODUCT}/21/S"),
        ("urn:epc:id:sgln:6901234.00001.0", Kind.SITE, "https://id.gs1.org/414/6901234000016"),
        ("https://x.cn/414/6901234000016/254/0", Kind.SITE, "https://id.gs1.org/414/6901234000016"),
        ("urn:epc:id:pgln:6901234.00001", Kind.PARTY, "https://id.gs1.org/417/6901234000016"),
        ("urn:epcglobal:cbv:bt:6901234000016:PO1", Kind.DOCUMENT, "urn:epcglobal:cbv:bt:6901234000016:PO1"),
        (
            "https://x.cn/415/6901234000016/8020/R1",
            Kind.DOCUMENT,
            "https://id.gs1.org/415/6901234000016/8020/R1",
        ),
        ("urn:epc:id:gid:95100000.12345.400", Kind.OTHER, "urn:epc:id:gid:95100000.12345.400"),
        ("urn:epc:idpat:sgtin:6901234.*.*", Kind.OTHER, "urn:epc:idpat:sgtin:6901234.*.*"),
        (
            "urn:gdst:example.org:product:lot:class:7.L1",
            Kind.OTHER,
            "urn:gdst:example.org:product:lot:class:7.L1",
        ),
        ("https://example.org/2024/01/15", Kind.OTHER, "https://example.org/2024/01/15"),
    ],
)
def test_kinds_and_keys(text: str, kind: Kind, uri: str) -> None:
    identity = identify(text)
    assert (identity.kind, identity.uri) == (kind, uri)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "uri:absolute"),
        ("6901234567892", "uri:absolute"),
        ("urn:epc:id:sgtin:6901234.05 789.S", "uri:absolute"),
        ("https://x.cn/" + "a" * 3_000, "uri:absolute"),
        ("https://x.cn/01/06901234567893", "gs1:check-digit"),
        ("https://x.cn/01/6901234567892", "gs1:value-format"),
        (f"https://x.cn/01/{GTIN}/10/{'x' * 21}", "gs1:value-format"),
        (f"https://x.cn/01/{GTIN}/10//21/s", "gs1:value-format"),
        (f"https://x.cn/01/{GTIN}/21/a/10/b", "dl:qualifier-order"),
        (f"https://x.cn/01/{GTIN}/10/b/235/a", "dl:qualifier-order"),
        (f"https://x.cn/01/{GTIN}?10=b", "dl:qualifier-in-query"),
        ("https://id.gs1.org/8006/069012345678920201", "gs1:piece-of-total"),
        ("https://id.gs1.org/8013/1987654Ad4X4bL5ttr2310c2J", "gs1:check-pair"),
        ("urn:epc:id:sgtin:6901234.0567890.S", "epc:sgtin"),
        ("urn:epc:id:sgtin:69012.05678900.S", "epc:sgtin"),
        ("urn:epc:id:sgtin:6901234.056789.a/b", "epc:sgtin"),
        ("urn:epc:id:sscc:6901234.123456789", "epc:sscc"),
        ("urn:epc:id:sgtin:6901234.056789." + "x" * 21, "gs1:value-format"),
        ("urn:epc:class:lgtin:6901234.056789", "epc:lgtin"),
    ],
)
def test_recognisable_gs1_identifiers_that_break_a_rule_are_refused(text: str, rule: str) -> None:
    assert rule_of(text) == rule


@given(any_key, prefix_lengths, st.sampled_from(["https://id.gs1.org", "http://t.example.cn:8080/stem/00/x"]))
def test_every_spelling_of_one_identifier_has_one_key(
    elements: list[Element], length: int, stem: str
) -> None:
    urn = urn_of_elements(elements, length)
    spellings = {
        identify(urn),
        identify(build(elements, stem)),
        identify_code(build_bracketed(elements)),
        identify_code("]C1" + build_message(elements)),
    }
    assert len(spellings) == 1
    (identity,) = spellings
    assert identify(identity.uri) == identity


@given(gtins, lots, serials)
def test_minted_and_gs1_uris_are_read_back(gtin: str, lot: str, serial: str) -> None:
    host = "https://t.example.cn"
    batch = identify(minted.gs1_batch_uri(gtin, lot, host))
    assert (batch.kind, batch.gtin, batch.lot) == (Kind.BATCH, gtin, lot)
    unit = identify(minted.gs1_unit_uri(gtin, serial, host, lot))
    assert (unit.kind, unit.lot, unit.serial, unit.batch_uri) == (Kind.UNIT, lot, serial, batch.uri)
    product = minted.product_uri(host, minted.mint_id(b"suyuan!!"))
    assert identify(product) == Identity(product, Kind.PRODUCT, product_uri=product)
    own = identify(minted.batch_uri(product, lot))
    assert (own.kind, own.lot, own.product_uri, own.batch_uri) == (Kind.BATCH, lot, product, own.uri)
    own_unit = identify(minted.unit_uri(own.uri, serial))
    assert own_unit.uri == minted.unit_uri(product, serial)
    assert (own_unit.kind, own_unit.lot, own_unit.batch_uri) == (Kind.UNIT, lot, own.uri)


def test_minted_sites_and_parties() -> None:
    host, identifier = "https://t.example.cn/suyuan", minted.mint_id(b"suyuan!!")
    uscc = "91350100M000100Y4" + uscc_check_character("91350100M000100Y4")
    assert identify(minted.site_uri(host, identifier)).kind is Kind.SITE
    assert identify(minted.party_uri(host, identifier)).kind is Kind.PARTY
    assert identify(minted.party_uri(host, uscc.lower())).uri == f"{host}/party/{uscc}"
    assert identify(f"{host}/site/0000000000001").kind is Kind.OTHER
    assert identify(minted.product_uri(host, identifier) + "/reviews/1").kind is Kind.OTHER


@pytest.mark.parametrize(
    ("code", "uri"),
    [
        ("6901234567892", PRODUCT),
        ("６９０１２３４５６７８９２", PRODUCT),
        ("]E06901234567892", PRODUCT),
        ("6901234567892 L1", f"{PRODUCT}/10/L1"),
        ("06901234567892+L1", f"{PRODUCT}/10/L1"),
        ("6901234567892/L/1", f"{PRODUCT}/10/L%2F1"),
        ("(01)06901234567892(10)L1", f"{PRODUCT}/10/L1"),
        ("（01）06901234567892（10）L1", f"{PRODUCT}/10/L1"),
        ("(01) 06901234567892 (17) 261200 (10) L1", f"{PRODUCT}/10/L1"),
        ("( 01 ) 06901234567892 (10) L1\x1d(21) s", f"{PRODUCT}/21/s"),
        ("(01)06901234567892(10)L1\x1d", f"{PRODUCT}/10/L1"),
        ("(01) 0 690123 456789 2 (10) L1", f"{PRODUCT}/10/L1"),
        ("010690123456789210L1\x1d17261231", f"{PRODUCT}/10/L1"),
        ("01069012345678921726123110L1", f"{PRODUCT}/10/L1"),
        ("]C1010690123456789210L1", f"{PRODUCT}/10/L1"),
        ("^010690123456789210L1^21s", f"{PRODUCT}/21/s"),
        ("]Q1https://t.cn/01/06901234567892/10/L1", f"{PRODUCT}/10/L1"),
        ("t.example.cn/01/06901234567892/10/L1", f"{PRODUCT}/10/L1"),
        ("106141412345678908", "https://id.gs1.org/00/106141412345678908"),
        ("00106141412345678908", "https://id.gs1.org/00/106141412345678908"),
        ("(00)106141412345678908(02)06901234567892(37)24", "https://id.gs1.org/00/106141412345678908"),
        ("81234567890123456789", "urn:suyuan:drug:81234567890123456789"),
    ],
)
def test_what_people_type_and_scan_is_understood(code: str, uri: str) -> None:
    assert identify_code(code).uri == uri


@pytest.mark.parametrize(
    "code", ["", " ", "hello", "6901234567893", "(10)L1", "(01)1", "]C1", "(", "1" * 9_000, "]"]
)
def test_what_is_no_code_is_refused_with_what_would_be_right(code: str) -> None:
    with pytest.raises(Malformed) as caught:
        identify_code(code)
    assert caught.value.faults[0].message_zh


@pytest.mark.parametrize("code", ["(01)06901234567892(10)A B", "(01)06901234567892(10)A\x1dB"])
def test_a_lot_is_not_put_together_from_two_pieces(code: str) -> None:
    with pytest.raises(Malformed):
        identify_code(code)


def reads_or_refuses(read: Callable[[str], Identity], text: str) -> bool:
    """Whether the text is understood, or refused with a reason in both languages."""
    try:
        return bool(read(text).uri)
    except Malformed as malformed:
        return all(fault.message and fault.message_zh for fault in malformed.faults)


@given(st.text(max_size=60))
@example("urn:epc:id:sgtin:")
@example("urn:epc:")
@example("https:///01/06901234567892")
@example("urn:epc:idpat:sgtin:*")
@example("urn:epc:idpat:itip:*.*.*.*.*")
@example("https://a/8006/" + "0" * 18)
def test_no_text_breaks_the_reader(text: str) -> None:
    assert reads_or_refuses(identify, text)
    assert reads_or_refuses(identify_code, text)


@given(st.text("0123456789()/:.*%?=&;urnepcidsgtlh \x1d^]C1", max_size=80))
def test_no_text_that_looks_like_a_code_breaks_the_reader(text: str) -> None:
    for candidate in (text, f"urn:epc:id:sgtin:{text}", f"https://a/01/{text}", f"(01){text}", f"]C1{text}"):
        assert reads_or_refuses(identify, candidate)
        assert reads_or_refuses(identify_code, candidate)


def test_the_fast_rules_of_keys_agree_with_the_table() -> None:
    for ai, rule in (*((ai, one.value) for ai, one in KEY_RULES.items()), *QUALIFIER_RULES.items()):
        entry = AI_TABLE[ai]
        longest, shortest = "1" * entry.longest, "1" * entry.shortest
        if ai != "8003":
            assert rule.pattern.fullmatch(longest) or entry.longest > 30, ai
            assert rule.pattern.fullmatch(longest + "1") is None, ai
        assert bool(rule.checked) == any("check-digit" in part.checks for part in entry.components), ai
        if shortest[:-1]:
            assert rule.pattern.fullmatch(shortest[:-1]) is None, ai
