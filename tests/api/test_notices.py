"""Notices of a case: who gets which, in what words, by which ways; none is lost, none goes twice unseen."""

import re
from email.message import EmailMessage

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.api.mailing import Mailbox, receiving
from tests.api.noticing import GROCER, MAKER, MILLER, NOODLES, found_chain, notices, open_case, recipients
from tests.api.sink import until_told
from tests.api.subscribing import delivering, impatient
from tests.world import capture, place, receive, ship

LINK = re.compile(r"http://127\.0\.0\.1:8000/r/[\w-]{43}")


def by_mail(monkeypatch: pytest.MonkeyPatch, box: Mailbox, **more: str) -> None:
    """Settings under which notices go to this mailbox."""
    impatient(
        monkeypatch,
        SMTP_URL=box.url,
        MAIL_FROM="Recalls <recall@maker.test>",
        NOTICES_PER_SECOND="1000",
        **more,
    )


def text_of(mail: EmailMessage) -> str:
    """The text of a mail."""
    return str(mail.get_content())


async def test_each_holder_gets_one_notice_with_its_own_goods_in_its_language(
    engine: AsyncEngine, admin_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with receiving() as box:
        by_mail(monkeypatch, box)
        async with delivering(engine, admin_key) as client:
            await found_chain(client)
            case = await open_case(client)
            told = await until_told(
                lambda: recipients(client, case),
                lambda all: sum(bool(row["notified_at"]) for row in all.values()) == 3,
            )
        assert sorted(mail["X-RcptTo"] for mail in box.taken) == [MAKER, MILLER, GROCER]
        (grocer,) = box.to(GROCER)
        text = text_of(grocer)
        assert grocer["From"] == "Recalls <recall@maker.test>"
        assert "百货超市" in str(grocer["To"])
        assert "【召回通知】面粉召回" in grocer["Subject"]
        # Both shops in one notice, with what each has; nothing of anybody else's.
        assert "检出呕吐毒素超标" in text
        assert "N1" in text
        assert "F1" not in text
        assert "收货 20 EA，结存 20 EA，在途（发往贵处） 10 EA" in text
        assert place("shop-a") in text
        assert place("shop-b") in text
        assert "小卖部" not in text
        assert len(LINK.findall(text)) == 1
        (maker,) = box.to(MAKER)
        assert "[Recall, notice] Flour recall" in maker["Subject"]
        assert "made 90 EA" in text_of(maker)
        assert "磨坊" not in text_of(maker)
        # Nobody is dropped: who cannot be told is to be seen.
        assert {name: row["reachable"] for name, row in told.items()} == {
            "一号磨坊": True,
            "Noodle Works": True,
            "百货超市": True,
            "小卖部": False,
            place("shop-e"): False,
        }
        assert told["百货超市"]["how"] == ["email"]


async def test_who_is_reached_later_is_told_of_it_and_who_knows_already_of_the_rest(
    client: httpx.AsyncClient,
) -> None:
    await found_chain(client)
    case = await open_case(client)
    await capture(client, ship("noodles/N1=5", at="plant", to="mill", on=9))
    await capture(client, receive("noodles/N1=5", at="mill", source="plant", on=10))
    made = await notices(client, recall=case["id"])
    assert [(one["kind"], one["occasion"]) for one in made] == [("first", "goods:1")] * 5 + [
        ("widened", "goods:2")
    ]
    assert [line["batch_uri"] for line in made[-1]["content"]["lines"]] == [NOODLES]
    assert "在途" in made[-1]["text_zh"]
    # A case that was opened in error: what has not gone out stays here, and everybody hears of the end.
    moved = await client.post(
        f"/v1/recalls/{case['id']}/moves", json={"to": "cancelled", "note": "opened in error"}
    )
    assert moved.status_code in (200, 201), moved.text
    made = await notices(client, recall=case["id"])
    states = {(one["kind"], way["state"]) for one in made for way in one["deliveries"]}
    assert states == {("first", "cancelled"), ("widened", "cancelled"), ("closing", "waiting")}
    assert "本案已撤销" in made[-1]["text_zh"]
