"""Parties over HTTP."""

import httpx
import pytest

from tests.api.registering import FIRM_GLN, FIRM_USCC, refused, register, register_party


async def test_a_party_is_registered_under_its_credit_code(client: httpx.AsyncClient) -> None:
    party = await register_party(
        client,
        roles=["producer", "processor"],
        region="350100",
        legal_representative={"name": "张三", "phone": "0591-12345678"},
        contacts=[{"phone": "400-820-1234", "purpose": "recall", "email": "a@b.cn"}],
        licences=[{"kind": "食品生产许可证", "number": "SC10635010000001", "valid_until": "2030-01-01"}],
    )
    assert party["uri"].endswith(f"/party/{FIRM_USCC}")
    assert party["source"] == "registered"
    assert party["licences"][0]["valid_until"] == "2030-01-01"
    assert (await client.get(f"/v1/parties/{party['id']}")).json() == party


async def test_a_party_with_a_gln_is_known_by_it(client: httpx.AsyncClient) -> None:
    party = await register_party(client, gln=FIRM_GLN)
    assert party["uri"] == f"https://id.gs1.org/417/{FIRM_GLN}"
    assert party["uscc"] == FIRM_USCC


async def test_parties_without_any_number_get_uris_of_their_own(client: httpx.AsyncClient) -> None:
    first = await register(client, "parties", name_zh="张三家的茶园")
    second = await register(client, "parties", name_zh="李四家的茶园")
    assert first["uri"] != second["uri"]


async def test_a_party_has_its_unspecified_site(client: httpx.AsyncClient) -> None:
    party = await register_party(client)
    sites = (await client.get("/v1/sites", params={"party_id": party["id"]})).json()["items"]
    assert [(site["uri"], site["unspecified"]) for site in sites] == [(party["uri"], True)]


async def test_registering_twice_names_the_party_that_is_there(client: httpx.AsyncClient) -> None:
    party = await register_party(client)
    problem = await refused(client, "POST", "/v1/parties", 409, json={"name_zh": "别名", "uscc": FIRM_USCC})
    assert f"id {party['id']}" in problem["detail"]


async def test_a_number_of_another_party_is_refused_and_named(client: httpx.AsyncClient) -> None:
    party = await register_party(client)
    other = await register(client, "parties", name_zh="另一家", gln=FIRM_GLN)
    problem = await refused(client, "PATCH", f"/v1/parties/{party['id']}", 409, json={"gln": FIRM_GLN})
    assert f"id {other['id']}" in problem["detail"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name_zh": "甲", "uscc": "91350100M000100Y44"}, "/uscc"),
        ({"name_zh": "甲", "gln": "6901234500005"}, "/gln"),
        ({"name_zh": "甲", "gln": 6901234500004}, "/gln"),
        ({"name_zh": "甲", "region": "990000"}, "/region"),
        ({"name_zh": "甲", "region": "China"}, "/region"),
        ({"name_zh": "甲", "roles": ["king"]}, "/roles/0"),
        ({"name_zh": "甲", "roles": "producer"}, "/roles"),
        ({"name_zh": "甲", "colour": "red"}, "/colour"),
        ({"name_zh": "甲", "contacts": [{"phone": "call me"}]}, "/contacts/0/phone"),
        ({"name_zh": "甲", "contacts": [{"email": "nobody"}]}, "/contacts/0/email"),
        ({"name_zh": "甲", "quality_manager": {"age": 3}}, "/quality_manager/age"),
        (
            {
                "name_zh": "甲",
                "licences": [
                    {"kind": "a", "number": "1", "valid_from": "2026-02-01", "valid_until": "2026-01-01"}
                ],
            },
            "/licences/0/valid_until",
        ),
        ({"name_zh": "a\x00b"}, "/name_zh"),
        ({"name_zh": "甲\n乙"}, "/name_zh"),
        ({"name_zh": "  "}, "/name_zh"),
        ({"name_zh": "名" * 201}, "/name_zh"),
        ({"roles": ["producer"]}, "/name_zh"),
        ({"name_zh": "甲", "uri": "https://id.gs1.org/01/06901234567892"}, "/uri"),
        ([1, 2], "/"),
        (None, "/"),
    ],
)
async def test_a_bad_party_is_refused_by_field(client: httpx.AsyncClient, body: object, field: str) -> None:
    fault = await refused(client, "POST", "/v1/parties", json=body)
    assert fault["field"] in (field, "body")


async def test_all_faults_of_a_body_are_told_at_once(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/parties", json={"name_zh": "甲", "gln": "1", "region": "x", "y": 1})
    assert {fault["field"] for fault in answer.json()["errors"]} == {"/gln", "/region", "/y"}


async def test_text_that_is_no_json_is_refused(client: httpx.AsyncClient) -> None:
    for text in (b'{"name_zh": ', b"\xff\xfe", b'{"name_en": "\\ud800"}', b"[" * 10_000):
        await refused(
            client, "POST", "/v1/parties", content=text, headers={"Content-Type": "application/json"}
        )


async def test_a_patch_changes_what_it_holds_and_keeps_the_rest(client: httpx.AsyncClient) -> None:
    party = await register_party(client, legal_representative={"name": "张三", "phone": "0591-1234567"})
    answer = await client.patch(
        f"/v1/parties/{party['id']}",
        json={"name_en": "Fuzhou Tea", "legal_representative": {"phone": None, "email": "z@b.cn"}},
    )
    changed = answer.json()
    assert changed["name_zh"] == "福州茶厂"
    assert changed["name_en"] == "Fuzhou Tea"
    assert changed["legal_representative"] == {"name": "张三", "email": "z@b.cn"}


async def test_a_patch_fills_a_missing_gln_and_never_changes_one(client: httpx.AsyncClient) -> None:
    party = await register_party(client)
    path = f"/v1/parties/{party['id']}"
    assert (await client.patch(path, json={"gln": FIRM_GLN})).json()["gln"] == FIRM_GLN
    assert (await refused(client, "PATCH", path, json={"gln": "6901234567892"}))["field"] == "/gln"
    assert (await refused(client, "PATCH", path, json={"gln": None}))["field"] == "/gln"
    assert (await refused(client, "PATCH", path, json={"uri": "urn:x:y"}))["field"] == "/uri"
    found = (await client.get("/v1/parties", params={"gln": FIRM_GLN})).json()["items"]
    assert [row["id"] for row in found] == [party["id"]]


async def test_a_patch_may_not_take_the_last_name(client: httpx.AsyncClient) -> None:
    party = await register_party(client)
    await refused(client, "PATCH", f"/v1/parties/{party['id']}", json={"name_zh": None})


async def test_filters_narrow_the_list(client: httpx.AsyncClient) -> None:
    tea = await register_party(client, roles=["producer"], region="350100")
    shop = await register(client, "parties", name_en="Corner Shop", roles=["retailer"], region="US-TX")
    for query, expected in (
        ({"q": "茶"}, tea),
        ({"q": "corner"}, shop),
        ({"q": "%"}, None),
        ({"uscc": FIRM_USCC}, tea),
        ({"role": "retailer"}, shop),
        ({"region": "35"}, tea),
        ({"region": "us"}, shop),
        ({"uri": tea["uri"]}, tea),
        ({"uri": "urn:nobody:1"}, None),
    ):
        items = (await client.get("/v1/parties", params=query)).json()["items"]
        assert [row["id"] for row in items] == ([expected["id"]] if expected else []), query


async def test_pages_hold_every_row_once(client: httpx.AsyncClient) -> None:
    ids = [(await register(client, "parties", name_en=f"P{number}"))["id"] for number in range(5)]
    seen, page = [], None
    while True:
        query = {"limit": 2} | ({"page": page} if page else {})
        answer = (await client.get("/v1/parties", params=query)).json()
        seen += [row["id"] for row in answer["items"]]
        page = answer["next_page"]
        if page is None:
            break
    assert seen == ids


BAD_FILTERS = [
    {"limit": "0"},
    {"limit": "501"},
    {"page": "zzz"},
    {"q": "\x00"},
    {"gln": "1"},
    {"role": "king"},
]


@pytest.mark.parametrize("query", BAD_FILTERS)
async def test_a_bad_filter_is_refused(client: httpx.AsyncClient, query: dict[str, str]) -> None:
    assert (await refused(client, "GET", "/v1/parties", params=query))["field"] in query


async def test_unknown_and_impossible_ids_are_told_apart_from_defects(client: httpx.AsyncClient) -> None:
    await refused(client, "GET", "/v1/parties/77", 404)
    await refused(client, "PATCH", "/v1/parties/77", 404, json={"name_en": "x"})
    await refused(client, "GET", "/v1/parties/99999999999999999999", 400)
    await refused(client, "GET", "/v1/parties/one", 400)


async def test_the_registry_is_closed_without_a_key(client: httpx.AsyncClient) -> None:
    del client.headers["Authorization"]
    for path in ("/v1/parties", "/v1/sites", "/v1/products", "/v1/batches", "/v1/batches/1/documents"):
        await refused(client, "GET", path, 401)
        await refused(client, "POST", path, 401, json={})


async def test_a_party_says_what_of_it_is_public_and_takes_it_back(client: httpx.AsyncClient) -> None:
    party = await register_party(client)
    assert party["disclosure"] == "region"
    path = f"/v1/parties/{party['id']}"
    for sent, kept in (("name", "name"), ("hidden", "hidden"), (None, "region")):
        assert (await client.patch(path, json={"disclosure": sent})).json()["disclosure"] == kept
    assert (await refused(client, "PATCH", path, json={"disclosure": "all"}))["field"] == "/disclosure"
    other = await register(client, "parties", name_zh="公开的公司", disclosure="name")
    assert other["disclosure"] == "name"
