"""Recalls for the public and its machines: pages, feeds, the openFDA form."""

from collections.abc import AsyncIterator
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.api.own_service import OwnService, own_service
from tests.api.registering import TEA, refused, register, register_batch, register_party, register_product
from tests.world import capture, commission, gln, receive, ship, thing

Json = dict[str, Any]
ATOM = "{http://www.w3.org/2005/Atom}"
ENGLISH = {"Accept-Language": "en"}
CASES = {
    "salmonella": {
        "title_zh": "茉莉花茶召回",
        "title_en": "Jasmine tea recall",
        "kind": "recall",
        "reason_zh": "检出<沙门氏菌>",
        "reason_en": "Salmonella <was> found",
        "hazard_class": 1,
        "remedy_zh": "全额退款",
        "remedy_en": "Full refund",
        "advice_en": "Do not drink it.",
        "distribution_en": "Shops in Fujian",
        "batch": [f"{TEA} L1", f"{TEA} L2"],
        "contact": {"name": "Lin", "phone": "+86 591 8765 4321", "email": "lin@tea.example"},
    },
    "label": {"kind": "withdrawal", "hazard_class": 3, "batch": [f"{TEA} L3"]},
    "milk": {"kind": "stop_sale", "hazard_class": 2},
    "secret": {"kind": "hold", "hazard_class": 1, "batch": [f"{TEA} L4"]},
    "unsure": {"status": "assessing", "hazard_class": 1, "batch": [f"{TEA} L5"]},
    "mistake": {"hazard_class": 1, "batch": [f"{TEA} L6"]},
}


class Public(OwnService):
    """The service, and the numbers and ids of its cases by name."""

    numbers: dict[str, str]
    ids: dict[str, int]


async def _open_all(client: OwnService) -> dict[str, Json]:
    party = await register_party(client, name_en="Tea Works", region="350100", address="Road 1")
    await register_product(
        client, party_id=party["id"], name_en="Jasmine tea", brand="Dew", specification="50 g"
    )
    for lot in ("L1", "L2", "L3", "L4", "L5", "L6"):
        await register_batch(client, lot, expires_on="2027-03-01")
    await register(client, "sites", gln=gln("shop"), name_en="Shop", region="110105")
    await register(client, "sites", gln=gln("dairy"), name_en="Dairy", region="US-CA")
    await capture(
        client,
        commission("milk/M1=40", at="dairy", on=1),
        ship("milk/M1=30", at="dairy", to="shop", on=2),
        receive("milk/M1=30", at="shop", source="dairy", on=3),
    )
    made = {}
    for name, told in CASES.items():
        words = {f"{what}_{lang}": f"{name} {what}" for what in ("title", "reason") for lang in ("zh", "en")}
        scope = {"batch": [thing("milk/M1").uri]}
        made[name] = await register(client, "recalls", **{**words, **scope, **told})
    for name, to in (("label", "closed"), ("mistake", "cancelled")):
        moved = await client.post(f"/v1/recalls/{made[name]['id']}/moves", json={"to": to, "note": "done"})
        assert moved.is_success, moved.text
    return made


@pytest.fixture(scope="module")
async def public(cluster: str) -> AsyncIterator[Public]:
    """A service with cases of all kinds; the tests of this file only read it."""
    async with own_service(cluster) as client:
        made = await _open_all(client)
        told = Public(transport=client._transport, base_url="http://testserver", headers=dict(client.headers))
        told.numbers = {name: case["number"] for name, case in made.items()}
        told.ids = {name: case["id"] for name, case in made.items()}
        yield told


async def _page(public: Public, path: str, **headers: str) -> str:
    answer = await public.get(path, headers={"Authorization": "", "Accept": "text/html", **headers})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<script" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    return answer.text


def _listed(public: Public, html: str) -> set[str]:
    return {name for name, number in public.numbers.items() if f"/recalls/{number}?" in html}


async def test_the_list_has_what_was_decided_on_and_nothing_that_is_not_public(public: Public) -> None:
    html = await _page(public, "/recalls", **ENGLISH)
    assert _listed(public, html) == {"salmonella", "label", "milk"}
    assert "Jasmine tea recall" in html
    assert "Salmonella &lt;was&gt; found" in html
    assert "茉莉花茶召回" in await _page(public, "/recalls?lang=zh", **ENGLISH)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=jasmine", {"salmonella", "label"}),
        ("q=沙门氏菌", {"salmonella"}),
        ("q=l2", {"salmonella"}),
        ("q=DEW", {"salmonella", "label"}),
        ("q=nothing+of+it", set()),
        (f"gtin={TEA}", {"salmonella", "label"}),
        ("status=over", {"label"}),
        ("status=going_on", {"salmonella", "milk"}),
        (f"status=going_on&gtin={TEA}&q=tea", {"salmonella"}),
    ],
)
async def test_the_list_is_searched_by_words_code_and_state(
    public: Public, query: str, found: set[str]
) -> None:
    assert _listed(public, await _page(public, f"/recalls?lang=en&{query}")) == found


async def test_the_list_goes_on_from_page_to_page(public: Public, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.publishing.routes.SHOWN", 1)
    seen: list[set[str]] = []
    path = "/recalls?lang=en&status=going_on"
    while path:
        html = await _page(public, path)
        seen.append(_listed(public, html))
        path = html.partition('" rel="next"')[0].rpartition('href="')[2] if 'rel="next"' in html else ""
        path = path.replace("&amp;", "&")
    assert seen == [{"milk"}, {"salmonella"}]


async def test_what_cannot_be_searched_for_is_said_on_the_page(public: Public) -> None:
    for query, told in (("gtin=123", "GTIN"), ("page=wrong", "page token")):
        answer = await public.get(f"/recalls?lang=en&{query}", headers={"Accept": "text/html"})
        assert answer.status_code == 400
        assert told in answer.text


async def test_a_notice_tells_what_which_why_and_what_to_do_in_both_languages(public: Public) -> None:
    path = f"/recalls/{public.numbers['salmonella']}"
    english = await _page(public, path, **ENGLISH)
    for told in (
        *("Food recall notice", "Jasmine tea recall", "L1", "L2", "Salmonella &lt;was&gt; found"),
        *("Do not drink it.", "Full refund", "Shops in Fujian", "Tea Works", "tel:+8659187654321"),
        *("lin@tea.example", public.numbers["salmonella"], "Class 1", "Going on"),
    ):
        assert told in english, told
    chinese = await _page(public, f"{path}?lang=zh")
    for told in ("食品召回公告", "检出&lt;沙门氏菌&gt;", "全额退款", "停止食用", "一级"):
        assert told in chinese, told
    assert 'lang="zh-CN"' in chinese.partition("<head")[0]
    over = await _page(public, f"/recalls/{public.numbers['label']}?lang=en")
    assert "Closed; goods that were not returned are still recalled" in over


@pytest.mark.parametrize("name", ["secret", "unsure", "mistake"])
async def test_what_is_not_public_has_no_page(public: Public, name: str) -> None:
    answer = await public.get(f"/recalls/{public.numbers[name]}", headers={"Accept": "text/html", **ENGLISH})
    assert answer.status_code == 404
    assert "No such notice" in answer.text


async def test_a_notice_is_json_for_programs_that_ask(public: Public) -> None:
    path = f"/recalls/{public.numbers['salmonella']}"
    told = (await public.get(path, headers={"Accept": "application/json"})).json()
    assert told["why"] == {"zh": "检出<沙门氏菌>", "en": "Salmonella <was> found"}
    assert told["products"][0]["lots"] == ["L1", "L2"]
    assert told["contact"]["phone"] == "+86 591 8765 4321"


async def test_feeds_have_stable_ids_times_and_an_etag(public: Public) -> None:
    answer = await public.get("/recalls/feed.atom?lang=en")
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    feed = ET.fromstring(answer.content)
    entries = feed.findall(f"{ATOM}entry")
    ids = [entry.findtext(f"{ATOM}id") for entry in entries]
    wanted = [public.numbers[name] for name in ("milk", "label", "salmonella")]
    assert [str(each).rpartition("/")[2] for each in ids] == wanted
    assert entries[2].findtext(f"{ATOM}title") == "Jasmine tea recall"
    assert str(entries[2].findtext(f"{ATOM}summary")).endswith("Salmonella <was> found")
    updated = [str(entry.findtext(f"{ATOM}updated")) for entry in entries]
    assert feed.findtext(f"{ATOM}updated") == max(updated)
    assert all(
        str(entry.findtext(f"{ATOM}published")) <= when for entry, when in zip(entries, updated, strict=True)
    )

    as_json = (await public.get("/recalls/feed.json", headers={"Accept-Language": "zh"})).json()
    assert as_json["version"] == "https://jsonfeed.org/version/1.1"
    assert [item["id"] for item in as_json["items"]] == ids
    assert [item["date_modified"] for item in as_json["items"]] == updated
    assert as_json["items"][2]["title"] == "茉莉花茶召回"

    tag = answer.headers["etag"]
    same = await public.get("/recalls/feed.atom?lang=en", headers={"If-None-Match": f'"x", W/{tag}'})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    other = await public.get("/recalls/feed.atom?lang=zh", headers={"If-None-Match": tag})
    assert other.status_code == 200
    head = await public.head("/recalls/feed.atom?lang=en")
    assert (head.status_code, head.headers["etag"]) == (200, tag)


async def test_a_recalled_packs_page_leads_to_the_notice_and_a_held_ones_to_none(public: Public) -> None:
    number = public.numbers["salmonella"]
    page = await _page(public, f"/p/01/{TEA}/10/L1", **ENGLISH)
    assert f'href="/recalls/{number}?lang=en"' in page
    status = (await public.get(f"/v1/recall-status/01/{TEA}/10/L1")).json()
    assert status["recalls"][0]["notice"].endswith(f"/recalls/{number}")
    held = (await public.get(f"/v1/recall-status/01/{TEA}/10/L4")).json()
    assert (held["status"], held["recalls"]) == ("stopped", [])
    link = thing("milk/M1").uri.removeprefix("https://id.gs1.org")
    stopped = (await public.get(f"/v1/recall-status{link}")).json()
    assert (stopped["status"], stopped["recalls"][0]["number"]) == ("stopped", public.numbers["milk"])


async def test_the_linkset_tells_where_the_recall_status_is(public: Public) -> None:
    answer = await public.get(f"/01/{TEA}/10/L1", headers={"Accept": "application/linkset+json"})
    targets = answer.json()["linkset"][0]["https://ref.gs1.org/voc/recallStatus"]
    hrefs = {target["type"]: target["href"] for target in targets}
    assert hrefs["application/json"].endswith(f"/v1/recall-status/01/{TEA}/10/L1")
    assert hrefs["text/html"].endswith(f"/p/01/{TEA}/10/L1")


async def test_a_case_in_the_form_of_openfda(public: Public) -> None:
    told = (await public.get(f"/v1/recalls/{public.ids['salmonella']}/openfda")).json()
    (record,) = told["results"]
    opened = record["recall_initiation_date"]
    assert opened.isdigit()
    assert len(opened) == len("20260310")
    assert record == {
        "status": "Ongoing",
        "classification": "Class I",
        "product_type": "Food",
        "event_id": public.numbers["salmonella"],
        "recall_number": f"{public.numbers['salmonella']}-1",
        "recalling_firm": "Tea Works",
        "address_1": "Road 1",
        "address_2": "",
        "postal_code": "",
        "city": "Fuzhou",
        "state": "Fujian",
        "country": "China",
        "voluntary_mandated": "Voluntary: Firm initiated",
        "initial_firm_notification": "",
        "distribution_pattern": "",
        "product_quantity": "",
        "product_description": f"Jasmine tea, Dew, 50 g, GTIN {TEA}",
        "reason_for_recall": "Salmonella <was> found",
        "code_info": "Lot: L1 (exp. 2027-03-01), L2 (exp. 2027-03-01)",
        "more_code_info": "",
        "center_classification_date": "",
        "openfda": {},
        "report_date": opened,
        "recall_initiation_date": opened,
        "termination_date": "",
    }
    (milk,) = (await public.get(f"/v1/recalls/{public.ids['milk']}/openfda")).json()["results"]
    assert milk["distribution_pattern"] == "China: Beijing; US-CA"
    assert milk["product_quantity"] == "40 EA"
    assert milk["classification"] == "Class II"
    (label,) = (await public.get(f"/v1/recalls/{public.ids['label']}/openfda")).json()["results"]
    assert (label["status"], len(label["termination_date"])) == ("Terminated", 8)
    await refused(public, "GET", "/v1/recalls/987654/openfda", 404)
