"""XML made to hurt is refused with a sentence, soon, and without filling the memory."""

import tracemalloc
from unittest.mock import patch

import pytest

from service.errors import Malformed, TooLarge
from service.events import xml_parsing
from service.events.xml_document import read_xml_document, read_xml_event
from tests.rules.epcis_xml import OBJECT_EVENT, WHEN, read, refused, too_large, xml

MIB = 1024 * 1024
HEAD = xml().partition(b"<EPCISBody>")[0]
LAUGHS = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))


@pytest.mark.parametrize(
    "start",
    [
        f'<!DOCTYPE e [<!ENTITY l0 "ha">{LAUGHS}]>',
        f'<!DOCTYPE e [<!ENTITY a "{"x" * 100_000}">]>',
        '<!DOCTYPE e [<!ENTITY file SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE e [<!ENTITY % more SYSTEM "http://127.0.0.1:9/more.dtd"> %more;]>',
        '<!DOCTYPE e SYSTEM "http://127.0.0.1:9/epcis.dtd">',
        '<!DOCTYPE e PUBLIC "-//x//y" "file:///etc/passwd">',
        "<!DOCTYPE e []>",
    ],
)
def test_a_dtd_is_refused_before_it_is_read(start: str) -> None:
    (sentence,) = refused(xml(OBJECT_EVENT, start=start)).values()
    assert "DTD" in sentence


def test_a_doctype_that_declares_nothing_is_harmless() -> None:
    assert len(read(xml(OBJECT_EVENT, start="<!DOCTYPE project>")).events) == 1


def test_comments_and_processing_instructions_do_nothing() -> None:
    start = '<?xml version="1.0"?><?xml-stylesheet href="http://127.0.0.1:9/a.xsl"?><!-- hello -->'
    assert len(read(xml(OBJECT_EVENT, start=start)).events) == 1


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "no element found"),
        (b'{"type": "EPCISDocument"}', "not well-formed"),
        (HEAD, "no element found"),
        (xml(OBJECT_EVENT) + b"<a/>", "junk after document element"),
        (xml("&lol;"), "undefined entity"),
        (xml("&#0;"), "invalid character number"),
        (xml(OBJECT_EVENT).replace(b"OBSERVE", b"OB\x00SERVE"), "not well-formed"),
        (xml(OBJECT_EVENT).replace(b"OBSERVE", b"OB\x1fSERVE"), "not well-formed"),
        (xml('<e a="1" a="2"/>'), "duplicate attribute"),
        (xml('<e xmlns:x="https://example.com/epcis/" x:a="1" example:a="2"/>'), "duplicate attribute"),
        (xml("<who:e/>"), "unbound prefix"),
        (xml('<e xmlns:xml="https://example.com/"/>'), "reserved prefix"),
        (xml('<e xmlns:a=""/>'), "must not undeclare prefix"),
        (xml('<e xmlns:a="https://example.com/&#31;/"/>'), "invalid character number"),
    ],
)
def test_what_is_not_well_formed_is_refused_with_the_reason_and_the_place(body: bytes, reason: str) -> None:
    (sentence,) = refused(body).values()
    assert reason in sentence
    assert "at line 1, column" in sentence


@pytest.mark.parametrize("body", [b"<EPCISMasterDataDocument/>", b"<html/>", b"<ObjectEvent/>"])
def test_another_root_is_refused_by_name(body: bytes) -> None:
    (sentence,) = refused(body).values()
    assert "EPCISDocument or EPCISQueryDocument" in sentence


def test_the_wrong_root_is_refused_before_anything_is_read() -> None:
    body = b"<a>" + b"<b/>" * (16 * MIB)
    assert "root element" in next(iter(refused(body).values()))


@pytest.mark.parametrize(
    ("encoding", "codec"),
    [
        ("UTF-8", "utf-8-sig"),
        ("UTF-16", "utf-16"),
        ("GB18030", "gb18030"),
        ("gbk", "gbk"),
        ("GB2312", "gb2312"),
        ("Big5", "big5"),
    ],
)
def test_documents_in_the_encodings_of_chinese_systems_are_read(encoding: str, codec: str) -> None:
    event = OBJECT_EVENT.replace("</ObjectEvent>", "<example:city>北京</example:city></ObjectEvent>")
    body = xml(event, start=f'<?xml version="1.0" encoding="{encoding}"?>').decode().encode(codec)
    assert read(body).events[0].payload["example:city"] == "北京"


@pytest.mark.parametrize("codec", ["utf-32", "utf-32-le", "utf-32-be"])
def test_utf_32_is_refused_by_name(codec: str) -> None:
    assert "UTF-32 is not read" in next(iter(refused(xml(OBJECT_EVENT).decode().encode(codec)).values()))


@pytest.mark.parametrize("encoding", ["UTF-7", "EBCDIC-CP-US", "UCS-4", "x-unknown", "idna", "zlib", "hex"])
def test_other_encodings_are_refused_by_name(encoding: str) -> None:
    body = xml(OBJECT_EVENT, start=f'<?xml version="1.0" encoding="{encoding}"?>')
    (sentence,) = refused(body).values()
    assert f"the encoding {encoding} is not read here; send UTF-8" in sentence


def test_a_body_in_another_encoding_than_it_says_is_refused() -> None:
    event = OBJECT_EVENT.replace("</ObjectEvent>", "<example:city>北京</example:city></ObjectEvent>")
    assert "not well-formed" in next(iter(refused(xml(event).decode().encode("gbk")).values()))
    body = xml(event, start='<?xml version="1.0" encoding="GBK"?>').replace("北京".encode(), b"\xff\xff")
    assert "says it is GBK and is not" in next(iter(refused(body).values()))


def test_deep_nesting_is_refused() -> None:
    assert "at most 100 levels" in next(iter(refused(HEAD + b"<a>" * MIB).values()))


def test_nesting_deeper_than_json_may_be_is_the_rules_matter() -> None:
    deep = "<example:a>" * 70 + "</example:a>" * 70
    event = OBJECT_EVENT.replace("</ObjectEvent>", f"{deep}</ObjectEvent>")
    assert "60 levels deep" in next(iter(refused(xml(event)).values()))


@pytest.mark.parametrize(
    "monster",
    [
        b"<a " + b'b="' + b"x" * (16 * MIB) + b'"/>',
        b"<a " + b" ".join(b'a%d=""' % n for n in range(2_000_000)) + b"/>",
        b"<" + b"a" * (16 * MIB) + b"/>",
        b"<!--" + b"x" * (16 * MIB) + b"-->",
        b"<?a " + b"x" * (16 * MIB) + b"?>",
    ],
    ids=["value", "attributes", "name", "comment", "instruction"],
)
def test_one_endless_tag_is_refused_after_its_first_mebibyte(monster: bytes) -> None:
    assert "one tag, comment or instruction is over" in too_large(HEAD + monster)


def test_too_many_elements_in_one_event_are_refused() -> None:
    body = HEAD + b"<EPCISBody><EventList><ObjectEvent>" + b"<a/>" * (xml_parsing.MAX_EVENT_NODES + 1)
    assert "one event, or the header, has over" in too_large(body)
    assert "one event, or the header, has over" in too_large(
        HEAD + b"<a/>" * (xml_parsing.MAX_EVENT_NODES + 1)
    )


def test_too_many_elements_in_one_document_are_refused() -> None:
    with patch.object(xml_parsing, "MAX_NODES", 100):
        assert "the document has over 100 elements" in too_large(xml(*[OBJECT_EVENT] * 30))


def test_events_over_the_limit_are_refused_before_they_are_read() -> None:
    body = HEAD + b"<EPCISBody><EventList>" + b"<ObjectEvent/>" * (4 * MIB)
    with pytest.raises(TooLarge, match="more than 10 events"):
        read_xml_document(body, max_events=10)


def test_events_do_not_all_stand_in_memory_as_elements() -> None:
    """What is kept grows with the events' content, not with the white space and the tags around it."""
    event = OBJECT_EVENT.replace("<epc>", "<epc>" + " " * 20_000)
    body = xml(*[event] * 400)
    assert len(body) > 7 * MIB
    tracemalloc.start()
    try:
        assert len(read(body).events) == 400
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 3 * MIB


def test_a_text_of_many_mebibytes_is_one_value() -> None:
    long = "x" * (8 * MIB)
    event = OBJECT_EVENT.replace("</ObjectEvent>", f"<example:a>{long}</example:a></ObjectEvent>")
    assert read(xml(event)).events[0].payload["example:a"] == long


def test_an_event_at_fault_that_is_too_big_to_be_placed_is_told_by_its_own_place() -> None:
    big = f"<ObjectEvent>{WHEN}{'<example:a/>' * 60}</ObjectEvent>"
    with patch.object(xml_parsing, "MAX_PLACES", 50):
        fields = set(refused(xml(big, big)))
    there = "/epcis:EPCISDocument/EPCISBody/EventList/ObjectEvent"
    assert {f"{there}[1]/action", f"{there}[2]/action"} <= fields


def test_numbers_of_any_length_are_the_rules_matter() -> None:
    for told in ("9" * 100_000, "1e99999", "1e" + "9" * 5000, "NaN", "INF", "0x10", "1_000", "١"):
        event = OBJECT_EVENT.replace(
            "</ObjectEvent>",
            "<quantityList><quantityElement><epcClass>urn:epc:class:lgtin:4012345.011111.4</epcClass>"
            f"<quantity>{told}</quantity></quantityElement></quantityList></ObjectEvent>",
        )
        (field,) = refused(xml(event))
        assert field.endswith("/quantityElement/quantity")


def test_names_that_hold_what_cannot_be_kept_stay_as_they_are() -> None:
    event = OBJECT_EVENT.replace("</ObjectEvent>", "<example:a_x0000_b>1</example:a_x0000_b></ObjectEvent>")
    assert read(xml(event)).events[0].payload["example:a_x0000_b"] == "1"


def test_more_prefixes_than_a_context_may_define_are_refused() -> None:
    declared = "".join(f' xmlns:p{n}="https://example.com/{n}/"' for n in range(300))
    assert "at most 200 prefixes" in next(iter(refused(xml(OBJECT_EVENT, declared=declared)).values()))


def test_a_bare_event_has_the_same_bounds() -> None:
    with pytest.raises(Malformed, match="DTD"):
        read_xml_event(b'<!DOCTYPE e SYSTEM "x"><ObjectEvent/>')
    with pytest.raises(Malformed, match="levels deep"):
        read_xml_event(b"<ObjectEvent>" * MIB)
    with pytest.raises(Malformed, match="well-formed"):
        read_xml_event(b"")
