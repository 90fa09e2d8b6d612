"""A body in JSON says one thing: no name twice in one object, at any depth, however it is written."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import Malformed
from service.events.json_decoding import decode
from service.events.json_document import read_document, read_event
from tests.rules.epcis import document, event

TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6
) | st.sampled_from(["", ":", '"', "\\", "a:b", '":', "\\u003a", "a/b~c"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-10, 10) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=12,
)


@given(VALUES, st.booleans(), st.sampled_from([None, 1]))
def test_any_value_without_a_name_twice_is_read(value: Any, ascii_only: bool, indent: int | None) -> None:
    assert decode(json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()) == value


@given(st.dictionaries(TEXTS, VALUES, min_size=1, max_size=3), st.data())
def test_a_name_twice_is_refused_at_its_place_whatever_it_holds(
    held: dict[str, Any], data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(held)))
    members = [*held.items(), (name, data.draw(VALUES))]
    written = ",".join(f"{json.dumps(key)}:{json.dumps(value)}" for key, value in members)
    with pytest.raises(Malformed) as refusal:
        decode(f'{{"a:b": [{{{written}}}]}}'.encode())
    assert {fault.rule for fault in refusal.value.faults} == {"RFC 8259"}
    escaped = name.replace("~", "~0").replace("/", "~1")
    assert f"/a:b/0/{escaped}" in {fault.field for fault in refusal.value.faults}


def test_a_name_is_the_same_however_it_is_escaped() -> None:
    for body in (b'{"a":1,"\\u0061":2}', b'{"a:":1,"a\\u003a":2}', b'{"x":"\\u003A","a":1,"a":1}'):
        with pytest.raises(Malformed, match="twice in one object"):
            decode(body)
    assert decode(b'{"a":"\\u003a","b":"\\u003A\\u003a"}') == {"a": ":", "b": "::"}


def test_an_event_whose_action_is_told_twice_is_refused_as_a_document_and_alone() -> None:
    twice = (
        json.dumps(document(event())).encode().replace(b'"action": ', b'"action": "DELETE", "action": ', 1)
    )
    with pytest.raises(Malformed) as refusal:
        read_document(twice, max_events=1)
    (fault,) = refusal.value.faults
    assert (fault.field, fault.value) == ("/epcisBody/eventList/0/action", "action")
    alone = json.dumps(event()).encode().replace(b'"action": ', b'"action": "DELETE", "action": ', 1)
    with pytest.raises(Malformed) as refusal:
        read_event(alone)
    assert refusal.value.faults[0].field == "/action"
