"""Serial numbers and drug codes over HTTP."""

import csv
import io
import json

import httpx
import pytest

from service.identifiers.identity import identify
from service.units import listing
from tests.api.registering import TEA, refused, register, register_batch, register_product
from tests.world import capture, pack


@pytest.fixture
async def batch(client: httpx.AsyncClient) -> str:
    """The path of a lot of tea."""
    await register_product(client)
    return f"/v1/batches/{(await register_batch(client))['id']}"


async def test_allotted_serials_are_drawn_and_listed(client: httpx.AsyncClient, batch: str) -> None:
    answer = await client.post(f"{batch}/serials", json={"allot": 3})
    assert answer.status_code == 201, answer.text
    done = answer.json()
    assert (done["registered"], done["kind"], done["problems"]) == (3, "allotted", [])
    assert answer.headers["Location"] == done["serials"]
    page = (await client.get(done["serials"])).json()
    assert len(page["items"]) == 3
    for row in page["items"]:
        assert row["uri"] == f"https://id.gs1.org/01/{TEA}/21/{row['serial']}"
        assert row["digital_link"].endswith(f"/01/{TEA}/10/L1/21/{row['serial']}")
        assert identify(row["digital_link"]).uri == row["uri"]
        assert len(row["serial"]) == 16


async def test_a_list_comes_as_lines_and_goes_out_in_every_form(
    client: httpx.AsyncClient, batch: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "STREAMED_AT_ONCE", 2)
    serials = ["A/1", "=1+2", "100%", "B_2", "+3"]
    text = "\r\n".join([*serials, "", "bad serial"])
    answer = await client.post(
        f"{batch}/serials", content=text, headers={"Content-Type": "text/plain; charset=utf-8"}
    )
    assert answer.status_code == 201, answer.text
    done = answer.json()
    assert (done["registered"], done["refused"]) == (5, 1)
    assert (done["problems"][0]["field"], done["problems"][0]["value"]) == ("line 7", "bad serial")
    plain = await client.get(f"{batch}/serials", headers={"Accept": "text/plain"})
    assert sorted(plain.text.splitlines()) == sorted(serials)
    lines = (await client.get(f"{batch}/serials?format=ndjson")).text.splitlines()
    assert sorted(json.loads(line)["serial"] for line in lines) == sorted(serials)
    table = await client.get(f"{batch}/serials", headers={"Accept": "text/csv"})
    rows = list(csv.reader(io.StringIO(table.text.removeprefix("\ufeff"))))
    assert rows[0] == ["serial", "uri", "digital_link", "registration"]
    assert "'=1+2" in {row[0] for row in rows}
    assert len(rows) == 6


async def test_pages_turn_without_repeating(client: httpx.AsyncClient, batch: str) -> None:
    await client.post(f"{batch}/serials", json={"prefix": "S", "first": "01", "last": "07"})
    seen: list[str] = []
    token = None
    while True:
        query = {"limit": "3"} | ({"page": token} if token else {})
        page = (await client.get(f"{batch}/serials", params=query)).json()
        seen += [row["serial"] for row in page["items"]]
        token = page["next_page"]
        if token is None:
            break
    assert seen == [f"S{number:02d}" for number in range(1, 8)]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "/allot"),
        ({"allot": 0}, "/allot"),
        ({"allot": 1_000_001}, "/allot"),
        ({"allot": 1, "serials": ["A"]}, "/allot"),
        ({"first": "1"}, "/last"),
        ({"first": "1", "last": "10"}, "/last"),
        ({"first": "a", "last": "b"}, "/first"),
        ({"serials": []}, "/serials"),
        ({"serials": ["a b"]}, "line 1"),
        ({"allot": 1, "colour": "red"}, "/colour"),
    ],
)
async def test_bad_orders_are_refused_by_name(
    client: httpx.AsyncClient, batch: str, body: dict[str, object], field: str
) -> None:
    fault = await refused(client, "POST", f"{batch}/serials", json=body)
    assert fault["field"] == field


async def test_what_is_neither_text_nor_json_is_refused(client: httpx.AsyncClient, batch: str) -> None:
    await refused(
        client, "POST", f"{batch}/serials", 415, content=b"<a/>", headers={"Content-Type": "text/xml"}
    )
    await refused(
        client, "POST", f"{batch}/serials", content=b"{", headers={"Content-Type": "application/json"}
    )
    await refused(client, "POST", f"{batch}/serials", content=b"", headers={"Content-Type": "text/plain"})
    await refused(client, "POST", "/v1/batches/4711/serials", 404, json={"allot": 1})
    await refused(client, "GET", "/v1/batches/4711/serials", 404)


async def test_a_huge_list_is_cut_off_at_the_limit(
    client: httpx.AsyncClient, batch: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.units.serial_routes.LINES_MOST", 1000)
    for path in ("serials", "drug-codes"):
        await refused(
            client,
            "POST",
            f"{batch}/{path}",
            413,
            content=b"x\n" * 600,
            headers={"Content-Type": "text/plain"},
        )


async def test_serials_need_a_key(client: httpx.AsyncClient, batch: str) -> None:
    del client.headers["Authorization"]
    await refused(client, "GET", f"{batch}/serials", 401)
    await refused(client, "POST", f"{batch}/serials", 401, json={"allot": 1})


async def test_a_growers_units_have_serials_below_the_minted_product(client: httpx.AsyncClient) -> None:
    product = await register(client, "products", name_zh="高山野菜", category="agricultural")
    made = await register(client, "batches", product_id=product["id"], lot="A/1", made_on="2026-03-01")
    done = (await client.post(f"/v1/batches/{made['id']}/serials", json={"serials": ["S/1"]})).json()
    (row,) = (await client.get(done["serials"])).json()["items"]
    assert row["uri"] == f"{product['uri']}/unit/S%2F1"
    assert row["digital_link"] == f"{made['digital_link']}/unit/S%2F1"
    assert identify(row["digital_link"]).uri == row["uri"]


async def test_a_package_around_packs_is_told_from_a_pack(client: httpx.AsyncClient, batch: str) -> None:
    packs = [f"8123456789012345670{digit}" for digit in range(3)]
    medium, large = "81234567890123457001", "81234567890123457002"
    await client.post(f"{batch}/drug-codes", json={"codes": [{"code": packs[0], "serial": "S1"}]})
    await client.post(f"{batch}/drug-codes", json={"codes": [{"code": code} for code in packs[1:]]})
    for level, code in ((2, medium), (3, large)):
        answer = await client.post(f"{batch}/drug-codes", json={"level": level, "codes": [{"code": code}]})
        assert answer.status_code == 201, answer.text
    untold = (await client.get("/v1/units/package", params={"code": large})).json()
    assert (untold["level"], untold["lot"], untold["packs"], untold["inside"]) == (3, "L1", None, [])

    for code in (packs[0], large):
        traced = await client.get("/v1/trace/forward", params={"batch": code})
        assert traced.status_code == 200, traced.text

    uri = "urn:suyuan:drug:"
    packed = pack(uri + medium, *(uri + code for code in packs), on=0)
    await capture(client, packed, pack(uri + large, uri + medium, on=1))
    told = (await client.get("/v1/units/package", params={"code": large})).json()
    assert (told["packs"], told["packages"], told["recalled"]) == (3, 1, False)
    assert (await client.get("/v1/units/package", params={"code": medium})).json()["packs"] == 3
    for path in ("/v1/units", "/v1/units/package"):
        assert (await client.get(path, params={"unit": "8" * 20, "code": "8" * 20})).status_code == 404
    fault = await refused(client, "POST", "/v1/units/verify", json={"unit": medium})
    assert fault["rule"] == "unit:package"
    assert "level 2 of lot L1" in fault["message"]
    fault = await refused(client, "GET", f"/v1/units/package?code={TEA}")
    assert fault["rule"] == "package:code"


async def test_drug_codes_resolve_to_their_units(client: httpx.AsyncClient, batch: str) -> None:
    code = "81234567890123456789"
    body = {"codes": [{"code": code, "serial": "S1"}, {"code": "81234567890123456780"}, {"code": "8"}]}
    answer = await client.post(f"{batch}/drug-codes", json=body)
    assert answer.status_code == 201, answer.text
    assert (answer.json()["registered"], answer.json()["refused"]) == (2, 1)
    unit = (await client.get("/v1/units", params={"unit": code})).json()
    assert (unit["serial"], unit["lot"], unit["drug_codes"]) == ("S1", "L1", [code])
    alone = (await client.get("/v1/units", params={"unit": "81234567890123456780"})).json()
    assert (alone["serial"], alone["lot"]) == (None, "L1")
    # A unit that has a drug code alone has no serial to list.
    rows = (await client.get(f"{batch}/serials")).json()["items"]
    assert [row["serial"] for row in rows] == ["S1"]
    lines = f"{code},S1\n81234567890123456781\n"
    again = await client.post(f"{batch}/drug-codes", content=lines, headers={"Content-Type": "text/plain"})
    assert (again.json()["registered"], again.json()["repeated"]) == (1, 1)
