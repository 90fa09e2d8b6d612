"""What is passed by at a glance, beside the plain rules and the plain way of reading."""

import json
import re
from decimal import Decimal
from hashlib import sha256
from inspect import unwrap
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.benches import trade
from service.errors import Fault
from service.events import event_hash
from service.events.at_a_glance import is_identifier
from service.events.event_rules import FIELDS, check_event
from service.events.json_document import read_document
from service.events.namespaces import STANDARD
from service.events.value_forms import is_uri
from service.events.value_rules import Rule
from service.identifiers.odd_uris import odd_uri
from service.identifiers.units import REFERENCE, in_reference
from service.ledger import journal
from tests.rules.epcis import EVENTS, event

#: The form of a URI as RFC 3986 and 3987 have it: a scheme, and at least one of what may follow.
URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:(?:[^\x00-\x20\x7f-\x9f\s<>\"{}|\\^`%]|%[0-9A-Fa-f]{2})+")
LOT: Final = "urn:epc:class:lgtin:4012345.011111.4444"
PIECES: Final = (
    "urn",
    ":",
    "a",
    "%",
    "%4F",
    "%0a",
    "4",
    " ",
    "\n",
    "\u3000",
    "\x85",
    "溯",
    "<",
    "\u202e",
    "+",
    "/",
)
uris = st.lists(st.sampled_from(PIECES), max_size=7).map("".join)
values = st.one_of(
    st.sampled_from(
        [LOT, "javascript:x", "urn:x:a b", "", None, True, [], {}, "KGM", "kgm", "X", "po", "location"]
    ),
    st.sampled_from(["https://ref.gs1.org/cbv/SDT-location", "urn:epcglobal:cbv:btt:zz", "A" * 3000]),
    st.sampled_from([0, -1, 10**28 - 1, 10**28, Decimal("0.5"), Decimal("-1"), Decimal("1E+30"), "5"]),
)
names = st.sampled_from(
    ["epcClass", "quantity", "uom", "type", "source", "destination", "bizTransaction", "id", "x:y"]
)
records = st.dictionaries(names, values, max_size=4)
RIGHT: Final[list[Any]] = [
    {"epcClass": LOT, "quantity": 5, "uom": "KGM"},
    {"type": "location", "source": LOT},
    {"type": "location", "destination": LOT},
    {"type": "po", "bizTransaction": LOT},
    {"id": LOT},
    LOT,
]
told = st.one_of(values, records, st.lists(st.one_of(values, records, st.sampled_from(RIGHT)), max_size=3))


def faults_of(rule: Rule, value: Any, name: str) -> list[Fault]:
    faults: list[Fault] = []
    rule(value, "/at", name, faults, STANDARD)
    return faults


@given(told)
def test_what_a_rule_says_is_the_same_with_a_glance_before_it(value: Any) -> None:
    for fields in FIELDS.values():
        for name, rule in fields.items():
            assert faults_of(rule, value, name) == faults_of(unwrap(rule), value, name)


@pytest.mark.parametrize("kind", EVENTS)
def test_a_right_event_is_right_by_the_plain_rules(kind: str) -> None:
    right = event(kind)
    faults: list[Fault] = []
    check_event(right, "", faults, STANDARD)
    assert not faults
    for name, value in right.items():
        assert not faults_of(unwrap(FIELDS[kind][name]), value, name)


@given(uris)
def test_an_identifier_is_told_by_the_plain_form_of_a_uri(text: str) -> None:
    plain = URI.fullmatch(text) is not None
    assert is_uri(text) is plain
    assert is_identifier(text) is (plain and odd_uri("", text) is None)
    assert not is_identifier(text * 3_000)


def test_every_character_is_in_a_uri_or_not_as_it_was() -> None:
    every = [f"a:{chr(code)}" for code in range(0x1_0000)]
    assert [text for text in every if is_uri(text)] == [text for text in every if URI.fullmatch(text)]


json_values = st.recursive(
    st.one_of(st.sampled_from(["a", 1, True, None, Decimal("1.50"), Decimal("1E+2"), Decimal("-0.0")])),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(["recordTime", "@context", "eventTime", "x:a", "x:b"]), json_values))
def test_a_fingerprint_is_made_of_every_value_in_its_one_form(payload: dict[str, Any]) -> None:
    kept = {name: value for name, value in payload.items() if name not in ("recordTime", "@context")}
    plain = msgspec.json.Encoder(order="sorted").encode(event_hash._plain(kept))
    assert event_hash.fingerprint(payload) == sha256(plain).digest()


@pytest.mark.parametrize("uom", [None, "", " kgm", "grm ", "TNE", "XBX", "xbx", *REFERENCE])
def test_an_amount_is_converted_by_its_unit_however_it_is_written(uom: str | None) -> None:
    code = (uom or "EA").strip().upper()
    reference, factor = REFERENCE.get(code, (code, Decimal(1)))
    assert in_reference(Decimal("1.50"), uom) == (Decimal("1.50") * factor, reference)
    assert in_reference(None, uom) == (None, reference)


def test_what_is_remembered_of_classes_and_ends_is_what_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    document = read_document(trade.document(3, 51), max_events=51)
    told = json.loads(trade.document(3, 51))["epcisBody"]["eventList"]
    quick = [journal.read_event(each) for each in document.events]
    monkeypatch.setattr(journal, "_class_of", journal._class_of.__wrapped__)
    monkeypatch.setattr(journal, "_known_side", journal._side)
    assert quick == [journal.read_event(each) for each in document.events]
    assert sum(len(each.get("quantityList", ())) for each in told) > 100
    assert any(each.destination_site for each in quick)
