"""Answers to notices: by the link in them, without an account; checked against the events; buyers told."""

import re
from typing import Any

import httpx
import pytest

from tests.api.complaining import nonce, picture
from tests.api.noticing import FLOUR, NOODLES, found_chain, notices, open_case, recipients
from tests.api.registering import refused
from tests.world import capture, sell

Json = dict[str, Any]
PDF = b"%PDF-1.7\n1 0 obj\nendobj\n"
WANTS_JSON = {"Accept": "application/json"}


async def link_of(client: httpx.AsyncClient, case: Json, name: str) -> str:
    """The path of a link for a recipient, as whoever runs the case hands it over."""
    recipient = (await recipients(client, case))[name]
    answer = await client.post(f"/v1/recalls/{case['id']}/recipients/{recipient['id']}/links")
    assert answer.status_code == 201, answer.text
    return str(answer.json()["url"]).removeprefix("http://127.0.0.1:8000")


async def lines(client: httpx.AsyncClient, case: Json, **filters: Any) -> list[Json]:
    """What was answered last."""
    found: list[Json] = (await client.get(f"/v1/recalls/{case['id']}/answers", params=filters)).json()[
        "items"
    ]
    return found


@pytest.fixture
async def case(client: httpx.AsyncClient) -> Json:
    """The case of the flour."""
    await found_chain(client)
    return await open_case(client)


@pytest.fixture
def stranger(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """Somebody without a key."""
    return httpx.AsyncClient(transport=client._transport, base_url="http://testserver")


async def test_a_holder_answers_by_the_link_and_what_differs_from_the_events_is_shown(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, case: Json
) -> None:
    link = await link_of(client, case, "百货超市")
    told = (await stranger.get(link, headers=WANTS_JSON)).json()
    assert [line["batch_uri"] for line in told["lines"]] == [NOODLES]
    assert told["lines"][0]["quantities"] == [
        {"uom": "EA", "received": "20", "on_hand": "20", "coming": "10"}
    ]
    answer = {
        "by": "陈经理",
        "lines": [{"batch": NOODLES, "received": 25, "sold": 5, "on_hand": 2, "quarantined": "10"}],
    }
    taken = await stranger.post(link, json=answer)
    assert taken.status_code == 201, taken.text
    assert taken.json()["complete"] is True
    found = {one["field"]: (one["said"], one["ledger"]) for one in taken.json()["differences"]}
    assert found == {"received": ("25", "20"), "accounted": ("17", "25")}
    (line,) = await lines(client, case, differing=True)
    assert (line["sold"], line["quarantined"], line["returned"]) == ("5", "10", None)
    assert line["ledger"] == {"received": "20", "shipped": "0", "on_hand": "20"}
    # A later answer counts instead, and the same sent twice is one.
    right = {"by": "陈经理", "nonce": nonce(), "lines": [{"batch": NOODLES, "received": 20, "on_hand": 20}]}
    assert (await stranger.post(link, json=right)).json()["repeated"] is False
    assert (await stranger.post(link, json=right)).json()["repeated"] is True
    assert await lines(client, case, differing=True) == []
    row = (await recipients(client, case))["百货超市"]
    assert row["answered_at"] is not None
    assert row["acknowledged_by"] == "陈经理"
    assert row["opened_at"] is not None


async def test_buyers_whom_nobody_knew_are_told_and_answer_themselves(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, case: Json
) -> None:
    link = await link_of(client, case, "小卖部")
    buyer = {"batch": NOODLES, "name": "食堂", "email": "canteen@school.test", "quantity": 8}
    caller = {"batch": NOODLES, "name": "老张", "phone": "13800000000", "quantity": 2}
    answer = {
        "by": "老板",
        "lines": [{"batch": NOODLES, "received": 20, "on_hand": 10}],
        "passed_on": [buyer, caller],
    }
    taken = (await stranger.post(link, json=answer)).json()
    assert (taken["told"], taken["differences"]) == (["食堂", "老张"], [])
    told = await recipients(client, case)
    assert (told["食堂"]["role"], told["食堂"]["reachable"]) == ("buyer", True)
    assert (told["老张"]["reachable"], told["老张"]["phone"]) == (False, "13800000000")
    made = [one for one in await notices(client, recall=case["id"]) if one["contact_id"]]
    assert [one["content"]["supplier"]["name_zh"] for one in made] == ["小卖部", "小卖部"]
    assert "收货 8 EA" in made[0]["text_zh"]
    assert "Supplied by, as they say: 小卖部" in made[0]["text_en"]
    # Named again, nobody is told again; a buyer answers and names the next.
    again = (await stranger.post(link, json=answer)).json()
    assert again["told"] == []
    next_link = await link_of(client, case, "食堂")
    after = {"batch": NOODLES, "name": "学生", "phone": "13900000000", "quantity": 8}
    further = (await stranger.post(next_link, json={"by": "厨师", "passed_on": [after]})).json()
    assert further["told"] == ["学生"]
    whole = {"by": "厨师", "lines": [{"batch": NOODLES, "received": 8, "on_hand": 0}]}
    done = (await stranger.post(next_link, json=whole)).json()
    assert (done["complete"], done["differences"]) == (True, [])
    (line,) = [one for one in await lines(client, case) if one["role"] == "buyer"]
    assert (line["passed_on"], line["ledger"]) == ("8", {"received": "8", "shipped": "0"})


async def test_the_page_is_answered_with_a_form_and_files(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, case: Json
) -> None:
    link = await link_of(client, case, "百货超市")
    page = await stranger.get(link, headers={"Accept-Language": "en"})
    assert page.status_code == 200
    assert "script" not in page.headers["content-security-policy"]
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    assert "Flour recall" in page.text
    assert NOODLES not in FLOUR
    field = re.search(r'name="received-(\d+)-EA"', page.text)
    assert field is not None
    batch = field[1]
    form = {
        f"received-{batch}-EA": "２０",
        f"on_hand-{batch}-EA": "abc",
        "to_name-1": "Canteen",
        "to_goods-1": f"{batch}-EA",
    }
    files = [("proof", ("seal.jpg", picture(), "image/jpeg")), ("proof", ("../x.pdf", PDF, "text/html"))]
    wrong = await stranger.post(f"{link}?lang=en", data=form, files=files)
    assert wrong.status_code == 400
    assert f'id="on_hand-{batch}-EA-wrong"' in wrong.text
    assert 'id="by-wrong"' in wrong.text
    assert 'id="to_email-1-wrong"' in wrong.text
    # Each line of the summary names its field and leads to it.
    summary = dict(re.findall(r'<a class="link" href="#([^"]+)">(.+?)</a>', wrong.text))
    assert summary.keys() == {"by", f"on_hand-{batch}-EA", "to_email-1"}
    assert summary["by"].startswith("Who answers: ")
    assert " · EA · On hand, not set apart: " in summary[f"on_hand-{batch}-EA"]
    assert summary["to_email-1"].startswith("Buyer 1 · E-mail: ")
    assert all(f'id="{target}"' in wrong.text for target in summary)
    assert 'value="２０"' in wrong.text
    assert "choose them again" in wrong.text
    form |= {f"on_hand-{batch}-EA": "1,0", "to_email-1": "canteen@school.test", "by": "Chen <b>"}
    form |= {"note": "line one\r\nline two", "to_quantity-1": "10"}
    sent = await stranger.post(f"{link}?lang=en", data=form, files=files)
    assert sent.status_code == 303, sent.text
    page = await stranger.get(sent.headers["location"])
    assert "Your answer was taken" in page.text
    assert "Chen &lt;b&gt;" in page.text
    assert "canteen@school.test" in page.text
    (line,) = await lines(client, case)
    assert (line["received"], line["on_hand"], line["passed_on"], line["proofs"]) == ("20", "10", "10", 2)
    assert line["note"] == "line one\nline two"
    proofs = (await client.get(f"/v1/recalls/{case['id']}/proofs")).json()["items"]
    assert [(one["name"], one["media_type"]) for one in proofs] == [
        ("seal.jpg", "image/jpeg"),
        ("x.pdf", "application/pdf"),
    ]
    file = await client.get(proofs[1]["file"])
    assert file.content == PDF
    assert file.headers["content-type"] == "application/pdf"
    assert file.headers["content-disposition"].startswith("attachment")


async def test_an_empty_form_is_told_where_to_begin(answering: tuple[httpx.AsyncClient, str]) -> None:
    stranger, link = answering
    empty = await stranger.post(link, data={"by": "陈", "nonce": "A" * 22}, headers={"Accept-Language": "zh"})
    assert empty.status_code == 400
    assert '<a class="link" href="#lines">您的回复：回复为空' in empty.text
    assert 'id="lines"' in empty.text
    nameless = await stranger.post(link, data={"note": "x"}, headers={"Accept-Language": "zh"})
    assert '<a class="link" href="#by">填写人：缺少必填项。</a>' in nameless.text


async def test_a_link_opens_only_its_own_notice_and_not_for_ever(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, case: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = await link_of(client, case, "百货超市")
    flour = (await client.get("/v1/notices", params={"recall": case["id"]})).json()["items"][0]
    other = flour["content"]["lines"][0]["batch_id"]
    wrong = await refused(
        stranger, "POST", link, json={"by": "x", "lines": [{"batch_id": other, "received": 1}]}
    )
    assert wrong["field"] == "/lines/0/batch_id"
    for bad in (f"{link[:-1]}x"[:43], link + "A", "/r/" + "A" * 43, "/r/%00"):
        assert (await stranger.get(bad, headers=WANTS_JSON)).status_code == 404, bad
        assert (await stranger.post(bad, json={"by": "x", "note": "y"})).status_code == 404, bad
    gone = await stranger.get("/r/" + "A" * 43)
    assert (gone.status_code, "链接无效" in gone.text) == (404, True)
    closed = await client.post(f"/v1/recalls/{case['id']}/close", json={"note": "all is back"})
    assert closed.status_code == 200, closed.text
    await refused(stranger, "POST", link, 409, json={"by": "x", "note": "late"})
    assert (await stranger.get(link, headers=WANTS_JSON)).json()["ended"] is True
    assert "不再接受回复" in (await stranger.get(link)).text
    endings = [one for one in await notices(client, recall=case["id"]) if one["kind"] == "closing"]
    assert len(endings) == 5
    assert "all is back" in endings[0]["text_en"]


WRONG = [
    ({}, "/by"),
    ({"by": "x"}, "/lines"),
    ({"by": "x", "lines": [{"received": 1}]}, "/lines/0/batch_id"),
    ({"by": "x", "lines": [{"batch": NOODLES}]}, "/lines/0/received"),
    ({"by": "x", "lines": [{"batch": NOODLES, "received": -1}]}, "/lines/0/received"),
    ({"by": "x", "lines": [{"batch": NOODLES, "received": "NaN"}]}, "/lines/0/received"),
    ({"by": "x", "lines": [{"batch": NOODLES, "sold": 1}] * 2}, "/lines/1/batch_id"),
    ({"by": "x", "lines": [{"batch": "https://x.test/b", "sold": 1}]}, "/lines/0/batch"),
    ({"by": "x", "passed_on": [{"batch": NOODLES, "name": "y"}]}, "/passed_on/0/email"),
    ({"by": "x", "passed_on": [{"batch": NOODLES, "name": "y", "email": "z"}]}, "/passed_on/0/email"),
    ({"by": "x", "note": "y", "nonce": "short"}, "/nonce"),
    ({"by": "x", "note": "y\x00"}, "/note"),
]


async def test_what_is_no_answer_is_refused_by_field(answering: tuple[httpx.AsyncClient, str]) -> None:
    stranger, link = answering
    for body, field in WRONG:
        assert (await refused(stranger, "POST", link, json=body))["field"] == field, body


@pytest.fixture
async def answering(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, case: Json
) -> tuple[httpx.AsyncClient, str]:
    """Somebody with a link."""
    return stranger, await link_of(client, case, "百货超市")


async def test_a_file_is_known_by_its_content(
    answering: tuple[httpx.AsyncClient, str],
) -> None:
    stranger, link = answering
    form = {"answer": '{"by": "x", "note": "y"}'}
    wrong = await refused(
        stranger, "POST", link, data=form, files={"proof": ("a.pdf", b"<script>", "application/pdf")}
    )
    assert wrong["field"] == "/proof"
    many = [("proof", (f"{i}.pdf", PDF, "application/pdf")) for i in range(6)]
    assert (await refused(stranger, "POST", link, data=form, files=many))["field"] == "/proof"
    large = {"proof": ("a.pdf", PDF + bytes(11 * 1024 * 1024), "application/pdf")}
    await refused(stranger, "POST", link, 413, data=form, files=large)
    taken = await stranger.post(link, data=form, files={"proof": ("scan", PDF, "text/plain")})
    assert taken.status_code == 201, taken.text


async def test_sales_that_events_tell_later_do_not_make_an_old_answer_wrong(
    client: httpx.AsyncClient, answering: tuple[httpx.AsyncClient, str], case: Json
) -> None:
    stranger, link = answering
    await stranger.post(link, json={"by": "x", "lines": [{"batch": NOODLES, "received": 20, "on_hand": 20}]})
    await capture(client, sell("noodles/N1=5", at="shop-a", on=20))
    (line,) = await lines(client, case)
    assert line["differences"] == []
    assert line["ledger"]["on_hand"] == "20"
