"""`/v1/identify`: every form of a code leads to every other; what is wrong is named; nothing breaks it."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.app import create_app
from service.scan.explained import LINES_MOST
from service.scan.identify import CODES_BYTES_MOST, NDJSON
from tests.api.registering import has_chinese, refused
from tests.rules.identifier_texts import text

#: A service without a database, and callers without a key: nothing here needs either.
APP = create_app()
GTIN = "06901234567892"
BATCH = f"https://id.gs1.org/01/{GTIN}/10/A%2FB"

#: Texts of all kinds of a batch A/B, as people and machines write them.
FORMS = [
    BATCH,
    f"https://trace.example.cn/shop/01/{GTIN}/10/A%2FB?utm_source=x#y",
    f"trace.example.cn/01/{GTIN}/10/A%2fB",
    f"(01){GTIN}(10)A/B",
    f"(01) {GTIN} (10) A/B",
    f"01{GTIN}10A/B",
    f"]C101{GTIN}10A/B",
    f"\x1d01{GTIN}10A/B",
    f"]Q3<GS>01{GTIN}10A/B",
    f"{GTIN} A/B",
    "6901234567892+A/B",
    "urn:epc:class:lgtin:6901234.056789.A%2FB",
]

#: What nobody should ever scan, and somebody does.
MONSTERS = [
    "",
    " ",
    "\x00",
    "\x1d",
    "]",
    "]C1",
    "(",
    "()",
    "(01)",
    "(01)(10)",
    "(99999)x",
    "01",
    "https://",
    "https://x/01/",
    "https://x/01/1/10/%",
    "https://x/01/%00",
    f"https://x/01/{GTIN}/10/%ff%fe",
    "http://[::1/01/x",
    "urn:epc:",
    "urn:epc:id:sgtin:..",
    "urn:epc:id:sgtin:6901234.056789.%ZZ",
    "urn:epc:idpat:sgtin:*.*.*",
    "urn:epc:tag:sgtin-96:9.1.2.3",
    "9" * 9000,
    "(10)" * 3000,
    "01" + GTIN + "\x1d" * 500,
    "💥" * 100,
    "０１２３",
    "\ufeff\u200b",
    "(8110)" + "1" * 70,
    "(00)00000000000000000000",
    "'; DROP TABLE batch; --",
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "javascript:alert(1)",
]


@pytest.fixture
async def anybody() -> AsyncIterator[httpx.AsyncClient]:
    """A caller without a key."""
    transport = httpx.ASGITransport(APP)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        yield client


async def identify(client: httpx.AsyncClient, code: str, **more: Any) -> dict[str, Any]:
    """One explained code."""
    answer = await client.get("/v1/identify", params={"code": code} | more)
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    assert said["valid"] is (said["errors"] == [])
    return said


async def post(client: httpx.AsyncClient, body: str | bytes, kind: str = "text/plain") -> list[Any]:
    """Many explained codes."""
    answer = await client.post("/v1/identify", content=body, headers={"Content-Type": kind})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == NDJSON
    return [json.loads(line) for line in answer.text.removesuffix("\n").split("\n")]


@pytest.mark.parametrize("code", FORMS)
async def test_every_form_of_a_batch_is_the_same_batch(anybody: httpx.AsyncClient, code: str) -> None:
    said = await identify(anybody, code)
    assert said["errors"] == []
    assert (said["kind"], said["uri"], said["batch_uri"]) == ("batch", BATCH, BATCH)
    assert (said["gtin"], said["lot"], said["serial"]) == (GTIN, "A/B", None)
    assert said["key"] == {"ai": "01", "value": GTIN, "title": "GTIN", "title_zh": "全球贸易项目代码"}
    assert [(one["ai"], one["value"]) for one in said["qualifiers"]] == [("10", "A/B")]
    assert said["digital_link"] == BATCH
    assert said["epc_urn"] == "urn:epc:class:lgtin:6901234.056789.A%2FB"
    assert said["element_string"] == f"(01){GTIN}(10)A/B"
    assert said["symbol_data"] == f"01{GTIN}10A/B"
    assert said["hri"] == [f"(01) {GTIN}", "(10) A/B"]


async def test_attributes_are_told_apart_from_qualifiers(anybody: httpx.AsyncClient) -> None:
    said = await identify(anybody, f"]d201{GTIN}1727123110L1\x1d21S1")
    assert [one["ai"] for one in said["qualifiers"]] == ["10", "21"]
    assert [(one["ai"], one["value"]) for one in said["attributes"]] == [("17", "271231")]
    assert said["digital_link"] == f"https://id.gs1.org/01/{GTIN}/10/L1/21/S1?17=271231"
    # A unit is stored without the lot; the lot is kept beside it.
    assert (said["uri"], said["lot"]) == (f"https://id.gs1.org/01/{GTIN}/21/S1", "L1")


@pytest.mark.parametrize(
    ("code", "kind", "uri"),
    [
        ("106141412345678908", "logistic", "https://id.gs1.org/00/106141412345678908"),
        ("https://id.gs1.org/414/6901234567892", "site", "https://id.gs1.org/414/6901234567892"),
        ("https://id.gs1.org/417/6901234567892", "party", "https://id.gs1.org/417/6901234567892"),
        ("(8003)00614141123452AB", "logistic", "https://id.gs1.org/8003/00614141123452AB"),
        ("12345678901234567890", "drug_code", "urn:suyuan:drug:12345678901234567890"),
        ("urn:example:lot:class:x.1", "other", "urn:example:lot:class:x.1"),
        ("https://example.com/anything", "other", "https://example.com/anything"),
    ],
)
async def test_every_kind_of_thing_is_named(
    anybody: httpx.AsyncClient, code: str, kind: str, uri: str
) -> None:
    said = await identify(anybody, code)
    assert (said["errors"], said["kind"], said["uri"]) == ([], kind, uri)


async def test_the_callers_company_prefix_decides_the_urn(anybody: httpx.AsyncClient) -> None:
    said = await identify(anybody, BATCH, prefix_length=9)
    assert said["epc_urn"] == "urn:epc:class:lgtin:690123456.0789.A%2FB"
    (line,) = await post(anybody, json.dumps({"code": BATCH, "prefix_length": 9}), NDJSON)
    assert line["epc_urn"] == said["epc_urn"]


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("06901234567893", "gs1:check-digit"),
        ("(01)06901234567893(10)L1", "gs1:check-digit"),
        ("https://x.cn/01/06901234567893", "gs1:check-digit"),
        (f"https://x.cn/01/{GTIN}/21/1/10/2", "dl:qualifiers"),
        (f"https://x.cn/01/{GTIN}?10=2", "dl:qualifier-in-query"),
        ("(10)L1", "gs1:required-pair"),
        (f"https://x.cn/gtin/{GTIN}/lot/L1", "dl:words"),
        ("3074257BF7194E40000", "epc:binary"),
        ("urn:epc:tag:sgtin-96:9.0614141.812345.6789", "epc:tag"),
        ("javascript:alert(1)", "uri:scheme"),
        ("urn:x:lot%00", "uri:control-character"),
        ("]E06901234567893", "code:ean-upc"),
        (f"(01){GTIN}(17)271331", "gs1:date-or-month"),
        (f"(01){GTIN}(99999)x", "gs1:ai"),
        ("urn:epc:id:sgtin:1.2.3", "epc:sgtin"),
        ("9144030071526726XH", "uscc:check-character"),
        ("N2410102MF00000000", "uscc:check-character"),
        ("106141412345678909", "gs1:check-digit"),
        ("no code at all", "code:unknown"),
        ("9" * 9000, "code:unknown"),
    ],
)
async def test_a_broken_rule_is_named_in_both_languages(
    anybody: httpx.AsyncClient, code: str, rule: str
) -> None:
    said = await identify(anybody, code)
    assert not said["valid"]
    assert rule in [error["rule"] for error in said["errors"]], said["errors"]
    for error in said["errors"]:
        assert error["field"]
        assert has_chinese(error["message_zh"])
        assert not has_chinese(error["message"])


@pytest.mark.parametrize("code", ["9144030071526726XG", "9144030071526726xg", "914403001922038216"])
async def test_a_credit_code_names_a_party(anybody: httpx.AsyncClient, code: str) -> None:
    said = await identify(anybody, code)
    assert (said["valid"], said["form"], said["kind"]) == (True, "number", "party")
    assert (said["uscc"], said["uri"]) == (code.upper(), None)


async def test_eighteen_digits_that_are_an_sscc_are_no_credit_code(anybody: httpx.AsyncClient) -> None:
    said = await identify(anybody, "106141412345678908")
    assert (said["kind"], said["uscc"]) == ("logistic", None)


@pytest.mark.parametrize("code", MONSTERS)
async def test_monsters_are_answered(anybody: httpx.AsyncClient, code: str) -> None:
    said = await identify(anybody, code)
    assert said["errors"] or said["uri"] or said["form"] == "element_string"
    assert len(json.dumps(said)) < 20_000 or len(code) > 5000


async def test_monsters_by_the_dozen_are_answered_one_by_one(anybody: httpx.AsyncClient) -> None:
    lines = [code for code in MONSTERS if "\n" not in code]
    answers = await post(anybody, "\n".join(map(json.dumps, lines)), NDJSON)
    assert [answer["line"] for answer in answers] == list(range(1, len(lines) + 1))


@given(lot=text(20), serial=st.none() | text(20))
@settings(max_examples=60, deadline=None)
def test_each_form_in_the_answer_explains_to_the_same_thing(lot: str, serial: str | None) -> None:
    async def round_trip() -> None:
        transport = httpx.ASGITransport(APP)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            escaped = lot.replace("(", "\\(")
            code = f"(01){GTIN}(10){escaped}"
            if serial is not None:
                code += "(21)" + serial.replace("(", "\\(")
            said = await identify(client, code)
            assert said["errors"] == []
            others = [said["digital_link"], said["element_string"], "]C1" + said["symbol_data"], said["uri"]]
            again = await post(client, "\n".join(map(json.dumps, others)), NDJSON)
            assert {one["uri"] for one in again} == {said["uri"]}
            assert [one["errors"] for one in again] == [[], [], [], []]

    asyncio.run(round_trip())


@given(st.text(max_size=300) | st.text("()0123456789/:%\x1dabc?=&;^]C", max_size=120))
@settings(max_examples=150, deadline=None)
def test_no_text_breaks_it(code: str) -> None:
    async def ask() -> None:
        transport = httpx.ASGITransport(APP)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            await identify(client, code)
            if code.strip():
                await client.post("/v1/identify", content=code, headers={"Content-Type": "text/plain"})

    asyncio.run(ask())


@given(st.binary(max_size=300), st.sampled_from(["text/plain", NDJSON, "application/json", "x"]))
@settings(max_examples=100, deadline=None)
def test_no_body_breaks_it(body: bytes, kind: str) -> None:
    async def ask() -> None:
        transport = httpx.ASGITransport(APP)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            answer = await client.post("/v1/identify", content=body, headers={"Content-Type": kind})
            assert answer.status_code in (200, 400, 415)
            if answer.status_code == 200:
                assert all(json.loads(line)["line"] for line in answer.text.removesuffix("\n").split("\n"))

    asyncio.run(ask())


async def test_ten_thousand_lines_are_answered_in_order(anybody: httpx.AsyncClient) -> None:
    lines = [f"https://trace.example.cn/01/{GTIN}/10/{number}" for number in range(LINES_MOST)]
    answers = await post(anybody, "\n".join(lines) + "\n")
    assert [answer["lot"] for answer in answers] == list(map(str, range(LINES_MOST)))
    fault = await refused(anybody, "POST", "/v1/identify", 413, content="\n".join([*lines, "1"]))
    assert "10000" in fault["detail"]


async def test_a_giant_body_is_refused(anybody: httpx.AsyncClient) -> None:
    await refused(anybody, "POST", "/v1/identify", 413, content=b"1" * (CODES_BYTES_MOST + 1))


async def test_lines_are_cut_at_line_feeds_only_and_empty_ones_are_counted(
    anybody: httpx.AsyncClient,
) -> None:
    body = f"\ufeff{GTIN}\r\n\n]d201{GTIN}10L1\x1d21S1\r\n".encode()
    first, second = await post(anybody, body, "text/plain; charset=utf-8")
    assert (first["line"], first["uri"]) == (1, f"https://id.gs1.org/01/{GTIN}")
    assert (second["line"], second["uri"]) == (3, f"https://id.gs1.org/01/{GTIN}/21/S1")


async def test_a_line_that_is_no_json_spoils_only_itself(anybody: httpx.AsyncClient) -> None:
    lines = ['{"code": 1}', "[]", "{", json.dumps(GTIN), '{"code": "x", "more": 1}', '"\\ud800"']
    lines.append('{"code": "' + GTIN + '", "prefix_length": 13}')
    answers = await post(anybody, "\n".join(lines), NDJSON)
    assert [answer["valid"] for answer in answers] == [False, False, False, True, False, False, False]
    assert {answer["errors"][0]["rule"] for answer in answers if not answer["valid"]} == {"ndjson:line"}


async def test_what_is_no_list_of_codes_is_refused(anybody: httpx.AsyncClient) -> None:
    assert (await refused(anybody, "GET", "/v1/identify"))["field"] == "code"
    assert (await refused(anybody, "GET", "/v1/identify?code=1&prefix_length=5"))["field"] == "prefix_length"
    assert (await refused(anybody, "POST", "/v1/identify", content=" \n\n"))["rule"] == "identify:no-code"
    await refused(anybody, "POST", "/v1/identify", 415, content="x", headers={"Content-Type": "text/csv"})
