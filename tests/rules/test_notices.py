"""What notices go by: when to remind, whom to tell of it, where an answer and the events differ; words."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import Malformed
from service.notices.authorities import Authority, authority_for
from service.notices.channel_addresses import default_channels, language_for, read_address
from service.notices.content import goods_by_reader, notice_content
from service.notices.differences import Booked, Said, find_differences
from service.notices.mail import compose, read_server
from service.notices.messages import render
from service.notices.notice_words import CASES, NOTICES, STEPS, WORDS
from service.notices.proofs import read_proof
from service.notices.reminding import AFTER_MOST, first_reminder, next_reminder, step_at
from tests.api.registering import has_chinese

NOW = datetime(2026, 3, 10, 8, tzinfo=UTC)
AMOUNTS = st.integers(0, 1000).map(Decimal)


def test_one_reminder_comes_before_the_time_is_up_then_one_a_day_and_then_none() -> None:
    answer_by = NOW + timedelta(hours=24)
    at: datetime | None = first_reminder(NOW, answer_by)
    seen = []
    while at is not None:
        seen.append((at, *step_at(at, answer_by)))
        at = next_reminder(at, answer_by)
    assert seen[0] == (NOW + timedelta(hours=12), "before", 0)
    assert [step for _, step, _ in seen[1:]] == ["after"] * AFTER_MOST
    assert [number for _, _, number in seen[1:]] == list(range(AFTER_MOST))
    assert [when for when, _, _ in seen[1:3]] == [answer_by, answer_by + timedelta(days=1)]


@given(st.integers(-100_000, 4_000_000), st.integers(0, 500_000))
def test_a_next_reminder_is_always_later(late_seconds: int, given_seconds: int) -> None:
    answer_by = NOW + timedelta(seconds=given_seconds)
    now = answer_by + timedelta(seconds=late_seconds)
    following = next_reminder(now, answer_by)
    assert following is None or following > now


@pytest.mark.parametrize(
    ("region", "told"),
    [
        ("350102", 3),  # the district's own
        ("350103", 2),  # its city's
        ("350200", 1),  # the province's
        ("110105", 5),  # nobody's: the country's
        ("US-TX", 4),
        ("DE", None),
        (None, None),
    ],
)
def test_the_authority_with_the_smallest_area_is_told(region: str | None, told: int | None) -> None:
    areas = {1: "350000", 2: "350100", 3: "350102", 4: "US", 5: "CN"}
    found = authority_for(region, [Authority(party, area) for party, area in areas.items()])
    assert (found and found.party_id) == told


def test_an_authority_without_a_region_is_everywheres() -> None:
    everywhere = Authority(9, None)
    assert authority_for(None, [everywhere]) == everywhere
    assert authority_for("350102", [everywhere, Authority(1, "350000")]) == Authority(1, "350000")


@given(AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS)
def test_who_accounts_for_all_they_received_differs_in_nothing(
    sold: Decimal, on_hand: Decimal, quarantined: Decimal, returned: Decimal, destroyed: Decimal
) -> None:
    received = sold + on_hand + quarantined + returned + destroyed
    said = Said(received, sold, on_hand, quarantined, returned, destroyed)
    assert find_differences(said, Booked(received, on_hand=on_hand + quarantined), "KGM") == []
    # The return was captured, too: it is not missed on that account.
    booked = Booked(received, shipped=returned, on_hand=on_hand + quarantined + sold)
    assert find_differences(said, booked, "KGM") == []


@given(AMOUNTS, AMOUNTS, AMOUNTS)
def test_what_is_missing_or_too_much_is_always_shown(got: Decimal, there: Decimal, booked: Decimal) -> None:
    found = {one["field"] for one in find_differences(Said(got, on_hand=there), Booked(booked), "EA")}
    assert ("received" in found) == (got != booked)
    assert ("accounted" in found) == (got != there)


def test_more_in_the_store_than_the_events_know_of_is_shown_in_words() -> None:
    said = Said(Decimal(5), on_hand=Decimal(3), quarantined=Decimal(2))
    (found,) = find_differences(said, Booked(Decimal(5), on_hand=Decimal(1)), "EA")
    assert (found["field"], found["said"], found["ledger"]) == ("on_hand", "5", "1")
    assert found["message"] == "They have 5 EA there; the events know of 1 EA."
    assert found["message_zh"] == "回复现存（含封存）5 EA，追溯记录结存为 1 EA。"


def party(**more: Any) -> dict[str, Any]:
    """A party of which little is known."""
    nobody: dict[str, Any] = {"contacts": [], "quality_manager": {}, "legal_representative": {}}
    return nobody | {"region": "350100", "name_zh": "厂"} | more


def test_a_party_is_told_by_its_contact_for_recalls_else_by_whoever_answers_for_quality() -> None:
    recall = {"email": "r@a.test", "purpose": "Recall"}
    orders = {"email": "o@a.test", "purpose": "orders"}
    manager = {"email": "q@a.test"}

    def told(**of: Any) -> list[str]:
        return [channel.address for channel in default_channels(party(**of))]

    assert told(contacts=[orders, recall, recall], quality_manager=manager) == ["r@a.test"]
    assert told(contacts=[orders], quality_manager=manager) == ["q@a.test"]
    assert told(contacts=[orders], legal_representative={"email": "l@a.test"}) == ["l@a.test"]
    assert told(contacts=[orders, {"email": None}]) == ["o@a.test"]
    assert told(contacts=[{"phone": "110"}]) == []


def test_the_language_follows_the_place() -> None:
    spoken = [language_for(*of) for of in (("350100", None), ("US-TX", "美国厂"), (None, "厂"), ("HK", "厂"))]
    assert spoken == ["zh", "en", "both", "zh"]


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ("email", "a@b.test, c@d.test"),
        ("email", "a b@c.test"),
        ("email", "<a@b.test>"),
        ("webhook", "ftp://a.test/"),
        ("webhook", "http://user:pass@a.test/"),
        ("webhook", "http://127.0.0.1/"),
        ("apprise", "json://10.0.0.1/"),
        ("apprise", "file:///etc/passwd"),
        ("apprise", "feishu://token?verify=no"),
        ("apprise", "dingtalk://token/../x"),
        ("apprise", "mailto://user:pass@host"),
        ("apprise", "token"),
    ],
)
def test_only_addresses_that_lead_where_they_say_are_taken(kind: Any, address: str) -> None:
    with pytest.raises(Malformed) as refused:
        read_address(kind, address, private=False)
    assert refused.value.faults[0].field == "/address"
    assert has_chinese(refused.value.zh)
    assert "pass" not in str(refused.value.faults[0].value)


def test_secrets_of_an_address_are_not_shown() -> None:
    assert read_address("apprise", "dingtalk://S3cr3t@abcdef123456", private=False) == (
        "dingtalk://S3cr3t@abcdef123456/",
        "dingtalk://…3456",
    )
    hook = "https://hooks.a.test/T000/secret?key=1"
    assert read_address("webhook", hook, private=False) == (hook, "https://hooks.a.test/…")


def row(party_id: int | None, batch: int, site: int, **more: Any) -> dict[str, Any]:
    """A row of holdings."""
    named = {
        "batch_uri": f"b{batch}",
        "lot": f"L{batch}",
        "gtin": None,
        "product_zh": "面",
        "product_en": None,
    }
    place = {"site_zh": f"店{site}", "site_en": None, "site_uri": f"s{site}", "region": None}
    amounts = dict.fromkeys(("produced", "received", "shipped", "sold", "on_hand", "coming"), Decimal(0))
    told = {"party_id": party_id, "batch_id": batch, "site_id": site, "uom": "EA", "units_only": False}
    told |= named | place
    return told | amounts | more


def test_each_reader_is_told_of_its_own_goods_and_of_nobody_elses() -> None:
    rows = [
        row(1, 10, 100, received=Decimal(5), on_hand=Decimal(5)),
        row(1, 10, 101, received=Decimal("2.50"), on_hand=Decimal(0)),
        row(2, 10, 102, uom=None),
        row(None, 10, 103, on_hand=Decimal(1)),
        row(1, 11, 100, coming=Decimal(7)),
    ]
    place, first, second = goods_by_reader(rows)
    assert (place.reader.site_id, first.reader.party_id, second.reader.party_id) == (103, 1, 2)
    assert first.lines[10]["quantities"] == [{"uom": "EA", "received": "7.5", "on_hand": "5"}]
    assert [site["site_id"] for site in first.lines[10]["sites"]] == [100, 101]
    assert first.lines[11]["quantities"] == [{"uom": "EA", "on_hand": "0", "coming": "7"}]
    assert second.lines[10]["quantities"] == []


CASE = {
    "id": 1,
    "number": "2026-000001",
    "kind": "recall",
    "hazard_class": 1,
    "title_zh": "面粉召回\r\nBcc: x@y.test",
    "title_en": "Flour recall",
    "reason_zh": "检出沙门氏菌",
    "reason_en": "Salmonella",
    "contact": {"name": "王", "phone": "110"},
}


@pytest.mark.parametrize("kind", sorted(NOTICES))
@pytest.mark.parametrize("case", sorted(CASES))
def test_every_notice_can_be_told_in_both_languages(kind: str, case: str) -> None:
    (goods,) = goods_by_reader([row(1, 10, 100, received=Decimal(5), on_hand=Decimal(5))])
    more: dict[str, Any] = {"step": "after", "ended": {"status": "closed", "note": None}}
    content = notice_content({**CASE, "kind": case}, list(goods.lines.values()), answer_by=NOW, **more)
    both = render(kind, content, "both", names=("甲", "A"), link="https://a.test/r/x")
    zh = render(kind, content, "zh", names=("甲", "A"), link="https://a.test/r/x")
    assert zh.text.strip() in both.text
    assert "2026-03-10 16:00 (UTC+8)" in zh.text
    assert both.text.count("https://a.test/r/x") == 2
    assert "\n" not in both.subject


def test_a_notice_names_the_units_where_not_every_pack_is_meant() -> None:
    (goods,) = goods_by_reader([row(1, 10, 100, on_hand=Decimal(5), units_only=True)])
    case = {**CASE, "units": [["https://id.gs1.org/01/1/21/A1", "https://id.gs1.org/01/1/21/A9"]]}
    content = notice_content(case, list(goods.lines.values()), answer_by=None)
    text = render("first", content, "zh", names=("甲", "A"), link=None).text
    assert "仅限下列单件" in text
    assert "- https://id.gs1.org/01/1/21/A1 – https://id.gs1.org/01/1/21/A9" in text


def test_no_word_of_a_notice_softens() -> None:
    soft = ("自愿", "预防性", "可能存在", "voluntary", "precaution", "abundance of caution", "may ")
    texts = [text for pair in (*WORDS.values(), *NOTICES.values()) for text in pair]
    texts += [text for steps in STEPS.values() for pair in steps for text in pair]
    assert [text for text in texts if any(word in text.lower() for word in soft)] == []


def test_a_mail_is_one_mail_whatever_stands_in_its_title() -> None:
    content = notice_content(CASE, [], answer_by=None)
    message = render("first", content, "zh", names=("甲\r\nCc: z@y.test", "A"), link="https://a.test/r/x")
    mail = compose(
        message,
        sender="召回办公室 <recall@maker.test>",
        to="q@a.test",
        name="甲\r\nCc: z@y.test",
        key="11111111-2222",
        language="zh",
        written_at=NOW,
    )
    octets = mail.as_bytes()
    assert mail["Message-ID"] == "<11111111-2222@maker.test>"
    assert mail["Bcc"] is None
    assert mail["Cc"] is None
    assert b"\r\nBcc:" not in octets
    assert b"\r\nCc:" not in octets
    assert mail["Auto-Submitted"] == "auto-generated"


def test_a_password_goes_only_over_tls_or_to_this_machine() -> None:
    assert read_server("smtp://u:p@mail.test:587").start_tls is True
    assert read_server("smtp://u:p%40@127.0.0.1").start_tls is None
    assert read_server("smtp://u:p%40@127.0.0.1").password == "p@"
    secure = read_server("smtps://u:p@mail.test")
    assert (secure.tls, secure.port) == (True, 465)
    for wrong in ("http://a.test", "smtp://", "smtp://a.test/path", "smtp://a.test:99999", "mail.test"):
        with pytest.raises(Malformed):
            read_server(wrong)


def test_a_proof_is_what_its_content_says() -> None:
    assert read_proof("x.exe", b"%PDF-1.7").name == "x.exe.pdf"
    assert read_proof("a.JPEG", b"\xff\xd8\xff\xe0").name == "a.JPEG"
    assert read_proof("a", b"RIFF\x00\x00\x00\x00WEBPVP8 ").media_type == "image/webp"
    for wrong in (b"", b"<html>", b"GIF89a", b"PK\x03\x04", b"RIFF\x00\x00\x00\x00WAVE"):
        with pytest.raises(Malformed):
            read_proof("a.pdf", wrong)
