"""The public notice: what it says, what it lists as missing, which words it must not hold."""

from datetime import UTC, datetime
from typing import Any

import pytest

from service.errors import Malformed
from service.reports.public_notice import STANDING_ADVICE, public_notice
from service.reports.softening import refuse_softening, softening_words

CASE: dict[str, Any] = {
    "number": "2026-000007",
    "status": "open",
    "kind": "recall",
    "profile": "CN_FOOD",
    "hazard_class": 1,
    "opened_at": datetime(2026, 3, 10, 8, tzinfo=UTC),
    "title_zh": "茉莉花茶召回",
    "title_en": "Jasmine tea recall",
    "reason_zh": "检出沙门氏菌，食用可致严重腹泻",
    "reason_en": "Salmonella was found; it can cause severe diarrhoea",
}


def lot(text: str | None, product: str = "tea", **more: Any) -> dict[str, Any]:
    return {
        "uri": f"urn:{product}:{text}",
        "lot": text,
        "product_uri": f"urn:{product}",
        "gtin": None,
        "product_name_zh": "茶",
        "product_name_en": None,
        **more,
    }


def test_a_notice_says_what_and_which_lots_product_by_product() -> None:
    told = public_notice(CASE, [lot("L2"), lot("L1"), lot("L1"), lot("M1", "milk"), lot(None, "milk")])
    assert [(each.lots, each.lots_total, each.uris) for each in told.products] == [
        (["L1", "L2"], 2, []),
        (["M1"], 1, ["urn:milk:None"]),
    ]
    assert told.heading.zh == "食品召回公告"
    assert told.why.en == "Salmonella was found; it can cause severe diarrhoea"


def test_what_the_case_does_not_say_is_listed_as_missing_and_not_made_up() -> None:
    told = public_notice(CASE, [lot("L1")])
    assert told.missing == ["advice", "remedy", "distribution", "responsible", "contact"]
    assert not told.remedy
    assert told.contact == {}
    # Nobody is left without a word on what to do.
    assert (told.what_to_do.zh, told.what_to_do.en) == STANDING_ADVICE
    assert not told.advice_stated


def test_a_notice_is_whole_once_everything_is_said() -> None:
    case = CASE | {
        "advice_zh": "不要食用",
        "remedy_en": "Money back",
        "distribution_zh": "福建",
        "contact": {"phone": "0591-12345"},
    }
    told = public_notice(case, [lot("L1")], {"name_zh": "福州茶厂"})
    assert told.missing == []
    assert told.what_to_do.zh == "不要食用"
    assert told.what_to_do.en == STANDING_ADVICE[1]


def test_the_contact_of_the_responsible_party_stands_in_for_the_cases_own() -> None:
    party = {"name_zh": "福州茶厂", "contacts": [{"name": "门卫"}], "quality_manager": {"email": "q@tea.cn"}}
    assert public_notice(CASE, [], party).contact == {"email": "q@tea.cn"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Out of an abundance of caution we recall it", ["abundance of caution"]),
        ("A Voluntary, precautionary recall", ["Voluntary", "precautionary"]),
        (
            "In rare cases it breaks; no injuries have been reported",
            ["In rare cases", "no injuries have been reported"],
        ),
        ("出于谨慎，我公司自愿召回", ["出于谨慎", "自愿"]),
        ("本次为预防性召回，尚未收到消费者伤害报告", ["预防性", "尚未收到消费者伤害"]),
        ("检出沙门氏菌，可致严重腹泻；责令召回", []),
        ("The cap can burst and injure eyes. Involuntary movement of the lid.", []),
    ],
)
def test_softening_words_are_found(text: str, words: list[str]) -> None:
    assert [found.word for found in softening_words({"reason_en": text})] == words


def test_a_refusal_names_the_field_and_each_word() -> None:
    case = CASE | {"reason_zh": "预防性召回", "advice_en": "A voluntary return"}
    with pytest.raises(Malformed) as caught:
        refuse_softening(public_notice(case, [lot("L1")]).softening)
    assert [(fault.field, fault.value) for fault in caught.value.faults] == [
        ("reason_zh", "预防性"),
        ("advice_en", "voluntary"),
    ]
    assert all("危险" in fault.message_zh for fault in caught.value.faults)
