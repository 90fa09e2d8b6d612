"""Registering links: what may be added, and what is refused, by name."""

import re
from typing import Any

import httpx
import pytest

from service.registry.links import public_url
from service.scan.link_store import LINKS_MOST
from tests.api.registering import PLACE_GLN, TEA, refused, register, register_batch, register_product

BODY: dict[str, Any] = {
    "thing": f"{TEA} L1",
    "link_type": "gs1:allergenInfo",
    "href": "https://maker.example/allergens?lot=1",
    "title": "过敏原信息",
}


async def test_a_link_is_added_listed_and_deleted(client: httpx.AsyncClient) -> None:
    await register_product(client)
    made = await register(client, "links", **BODY, hreflang=["zh"], media_type="Text/HTML", context=["CN"])
    assert made["thing"] == f"https://id.gs1.org/01/{TEA}/10/L1"
    assert (made["media_type"], made["hreflang"], made["context"]) == ("text/html", ["zh"], ["CN"])
    other = await register(client, "links", **BODY | {"thing": TEA, "link_type": "gs1:epil"})
    assert (await client.get(f"/v1/links/{made['id']}")).json() == made
    listed = (await client.get("/v1/links")).json()
    assert [row["id"] for row in listed["items"]] == [made["id"], other["id"]]
    for query in (f"thing=(01){TEA}(10)L1", "link_type=https://gs1.org/voc/allergenInfo"):
        assert [row["id"] for row in (await client.get(f"/v1/links?{query}")).json()["items"]] == [made["id"]]
    first = (await client.get("/v1/links?limit=1")).json()
    second = (await client.get("/v1/links", params={"limit": 1, "page": first["next_page"]})).json()
    assert [row["id"] for row in second["items"]] == [other["id"]]
    assert (await client.delete(f"/v1/links/{made['id']}")).status_code == 204
    await refused(client, "GET", f"/v1/links/{made['id']}", 404)
    await refused(client, "DELETE", f"/v1/links/{made['id']}", 404)


async def test_links_belong_to_those_who_have_a_key(client: httpx.AsyncClient) -> None:
    del client.headers["Authorization"]
    for method, path in (("GET", "/v1/links"), ("POST", "/v1/links"), ("DELETE", "/v1/links/1")):
        await refused(client, method, path, 401)


async def test_the_same_link_twice_is_a_conflict_and_another_target_is_not(client: httpx.AsyncClient) -> None:
    await register_product(client)
    made = await register(client, "links", **BODY)
    fault = await refused(client, "POST", "/v1/links", 409, json=BODY | {"title": "Other words"})
    assert str(made["id"]) in fault["detail"]
    await register(client, "links", **BODY | {"href": "https://maker.example/other"})
    await register(client, "links", **BODY | {"hreflang": ["en"]})


async def test_what_a_link_is_about_must_be_on_record(client: httpx.AsyncClient) -> None:
    for thing in (f"{TEA} L1", TEA, f"https://x.cn/01/{TEA}/21/S", f"https://id.gs1.org/414/{PLACE_GLN}"):
        fault = await refused(client, "POST", "/v1/links", json=BODY | {"thing": thing})
        assert (fault["field"], fault["rule"]) == ("/thing", "registry:reference")
    # Nobody registers pallets: their link makes them known.
    await register(client, "links", **BODY | {"thing": "106141412345678908", "link_type": "gs1:epcis"})
    answer = await client.get("/00/106141412345678908")
    assert answer.status_code == 307


@pytest.mark.parametrize(
    ("change", "field", "rule"),
    [
        ({"thing": "06901234567893"}, "/thing", "gs1:check-digit"),
        ({"thing": f"https://x.cn/01/{TEA}/21/1/10/2"}, "/thing", "dl:qualifiers"),
        ({"thing": "https://id.gs1.org/253/4012345000115A"}, "/thing", "link:key"),
        ({"thing": "https://example.com/x"}, "/thing", "link:key"),
        ({"thing": "12345678901234567890"}, "/thing", "link:key"),
        ({"thing": "what?"}, "/thing", "code:unknown"),
        ({"link_type": "gs1:defaultLink"}, "/link_type", "link:default"),
        ({"link_type": "gs1:instruction"}, "/link_type", "link:type"),
        ({"link_type": "instructions"}, "/link_type", "link:type"),
        ({"link_type": "https://example.com/a#b"}, "/link_type", "link:type"),
        ({"href": "ftp://maker.example/x"}, "/href", "link:href"),
        ({"href": "javascript:alert(1)"}, "/href", "link:href"),
        ({"href": "//maker.example/x"}, "/href", "link:href"),
        ({"href": "https:///x"}, "/href", "link:href"),
        ({"href": "https://maker.example/ä"}, "/href", "link:href"),
        ({"href": "https://maker.example/a b"}, "/href", "link:href"),
        ({"href": "https://maker.example/\r\nSet-Cookie: a=b"}, "/href", "link:href"),
        ({"href": "https://[::1/x"}, "/href", "link:href"),
        ({"href": f"{public_url()}/01/{TEA}"}, "/href", "link:circle"),
        ({"href": f"{public_url().upper()}/product/x"}, "/href", "link:circle"),
        ({"hreflang": ["zh-Hans"]}, "/hreflang/0", "link:language"),
        ({"media_type": "html"}, "/media_type", "link:media-type"),
        ({"media_type": "text/html; charset=utf-8"}, "/media_type", "link:media-type"),
        ({"context": ["two words"]}, "/context/0", "link:context"),
        ({"title": " "}, "/title", None),
        ({"hreflang": ["zh"] * 21}, "/hreflang", None),
        ({"more": 1}, "/more", None),
        ({"href": None}, "/href", None),
    ],
)
async def test_what_is_no_link_is_refused_by_name(
    client: httpx.AsyncClient, change: dict[str, Any], field: str, rule: str | None
) -> None:
    await register_product(client)
    fault = await refused(client, "POST", "/v1/links", json=BODY | change)
    assert (fault["field"], fault.get("rule")) == (field, rule)


async def test_the_consumers_page_shows_what_the_producer_adds(client: httpx.AsyncClient) -> None:
    await register_product(client)
    await register_batch(client)
    for number, (thing, link_type) in enumerate(
        [(TEA, "gs1:instructions"), (f"{TEA} L1", "gs1:epil"), (TEA, "gs1:epcis"), (f"{TEA} L2", "gs1:faqs")]
    ):
        href = f"https://maker.example/{number}?a=1&b=2"
        await register(client, "links", **BODY | {"thing": thing, "link_type": link_type, "href": href})
    html = (await client.get(f"/p/01/{TEA}/10/L1")).text
    assert re.findall(r'href="https://maker.example/(\d)\?a=1&amp;b=2"', html) == ["1", "0"]
    assert "maker.example" not in (await client.get("/p/01/04006381333931/10/L1")).text


async def test_the_links_of_one_thing_are_bounded(client: httpx.AsyncClient) -> None:
    await register_product(client)
    await register_batch(client)
    for number in range(LINKS_MOST):
        await register(client, "links", **BODY | {"href": f"https://maker.example/{number}"})
    fault = await refused(client, "POST", "/v1/links", 409, json=BODY)
    assert str(LINKS_MOST) in fault["detail"]
    await register(client, "links", **BODY | {"thing": TEA})
