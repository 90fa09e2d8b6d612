"""Complaints over HTTP: taken from everybody, answered by who has a key."""

import asyncio
import io
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from PIL import Image
from sqlalchemy.ext.asyncio import AsyncEngine

from service import clock
from service.db.transaction import create_engine, transaction
from service.settings import Settings, settings
from service.signals import allowance, complaint_bodies
from tests.api.complaining import CODE, PHONE, complain, complaint, nonce, only_complaint, picture
from tests.api.registering import TEA, refused, register_batch, register_product
from tests.application import application

FORM = "/p/complain"
HTML = {"Accept": "text/html", "Accept-Language": "en"}
MIB = 1024 * 1024


@pytest.fixture
async def tea(client: httpx.AsyncClient) -> dict[str, Any]:
    """The lot L1 of a tea, with one serial."""
    await register_product(client, name_en="Jasmine tea")
    batch = await register_batch(client)
    done = await client.post(f"/v1/batches/{batch['id']}/serials", json={"serials": ["S1"]})
    assert done.status_code == 201, done.text
    return batch


@pytest.fixture
def generous(monkeypatch: pytest.MonkeyPatch) -> None:
    """No bound on how many complaints an hour takes."""
    set_bounds(monkeypatch, complaints_per_address=10_000, complaints_per_code=10_000)


def set_bounds(monkeypatch: pytest.MonkeyPatch, **bounds: Any) -> None:
    changed = Settings(**(settings().model_dump() | bounds))
    for module in (allowance, complaint_bodies):
        monkeypatch.setattr(module, "settings", lambda: changed)


async def test_a_complaint_is_answered_with_a_number_that_tells_its_status(
    client: httpx.AsyncClient, tea: dict[str, Any]
) -> None:
    key = client.headers.pop("Authorization")
    told = await complain(client, language="en")
    assert re.fullmatch(r"C-\d{4}(-[0-9A-Z]{4}){3}", told["number"])
    assert (told["status"], told["repeated"]) == ("received", False)
    public = (await client.get(told["page"], headers={"Accept": "application/json"})).json()
    assert public["status"] == "received"
    assert "petrol" not in str(public)
    client.headers["Authorization"] = key
    found = await only_complaint(client)
    assert (found["number"], found["batch_id"], found["lot"]) == (told["number"], tea["id"], "L1")
    assert (found["product_name_en"], found["kind"], found["code"]) == ("Jasmine tea", "spoiled", CODE)
    assert [step["status"] for step in found["history"]] == ["received"]


@pytest.mark.parametrize(
    ("code", "named"),
    [
        (f"/01/{TEA}/10/L1", ("product", "batch")),
        (f"https://example.cn/01/{TEA}/10/L1", ("product", "batch")),
        (f"{TEA} L1", ("product", "batch")),
        (f"(01){TEA}(21)S1", ("product", "batch", "unit")),
        (f"/01/{TEA}/10/L1/21/S1", ("product", "batch", "unit")),
        (f"/01/{TEA}/10/L1/21/NEVER-SEEN", ("product", "batch")),
        (TEA, ("product",)),
        ("06901234567891", ()),
        ("ask the man at the market", ()),
        ("81234567890123456789", ()),
    ],
)
async def test_a_code_in_any_form_is_stored_for_what_it_names(
    client: httpx.AsyncClient, tea: dict[str, Any], code: str, named: tuple[str, ...]
) -> None:
    await complain(client, code=code)
    found = await only_complaint(client)
    assert found["code"] == code
    assert {thing for thing in ("product", "batch", "unit") if found[f"{thing}_uri"]} == set(named)


async def test_a_product_numbered_here_is_found_by_the_path_of_its_code(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/products", json={"name_zh": "高山野菜", "category": "agricultural"})
    product = answer.json()
    await complain(client, code=httpx.URL(product["uri"]).path)
    assert (await only_complaint(client))["product_id"] == product["id"]


async def test_the_same_form_sent_twice_is_one_complaint(client: httpx.AsyncClient) -> None:
    once = nonce()
    first = await complain(client, nonce=once)
    again = await complain(client, nonce=once)
    assert (again["number"], again["repeated"]) == (first["number"], True)
    fault = await refused(
        client, "POST", "/v1/complaints", 409, json=complaint(nonce=once, text="Something else.")
    )
    assert first["number"] in fault["detail"]
    await only_complaint(client)


async def test_the_same_form_sent_twice_at_once_is_one_complaint(client: httpx.AsyncClient) -> None:
    once = nonce()
    answers = await asyncio.gather(*(complain(client, nonce=once) for _ in range(5)))
    assert len({told["number"] for told in answers}) == 1
    assert [told["repeated"] for told in answers].count(False) == 1
    await only_complaint(client)


@pytest.mark.usefixtures("generous")
@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"text": ""}, "/text"),
        ({"text": "   "}, "/text"),
        ({"text": "x" * 10_000}, "/text"),
        ({"text": "a\x00b"}, "/text"),
        ({"text": "a\x1bb"}, "/text"),
        ({"text": 7}, "/text"),
        ({"kind": "ugly"}, "/kind"),
        ({"kind": None}, "/kind"),
        ({"code": ""}, "/code"),
        ({"code": "x" * 3_000}, "/code"),
        ({"code": "a\x00b"}, "/code"),
        ({"nonce": "short"}, "/nonce"),
        ({"nonce": "x" * 22 + "\n"}, "/nonce"),
        ({"phone": "call me"}, "/phone"),
        ({"email": "nobody"}, "/email"),
        ({"phone": "12345678"}, "/consent"),
        ({"phone": "12345678", "consent": False}, "/consent"),
        ({"bought_on": "yesterday"}, "/bought_on"),
        ({"bought_on": "2190-01-01"}, "/bought_on"),
        ({"language": "fr"}, "/language"),
        ({"name": "Li"}, "/name"),
    ],
)
async def test_a_wrong_field_is_named(client: httpx.AsyncClient, given: dict[str, Any], field: str) -> None:
    fault = await refused(client, "POST", "/v1/complaints", json=complaint(**given))
    assert fault["field"] == field
    assert (await client.get("/v1/complaints")).json()["items"] == []


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'{"text": "\xff"}', "application/json", 400),
        (b"", "application/json", 400),
        (b"x", "text/plain", 415),
        (b"x", "", 415),
        (b"no parts", "multipart/form-data; boundary=b", 400),
        (b"x", "multipart/form-data", 400),
        (b" " * 200_000, "application/json", 413),
    ],
)
async def test_a_body_that_cannot_be_read_is_refused(
    client: httpx.AsyncClient, content: bytes, kind: str, status: int
) -> None:
    headers = {"Content-Type": kind} if kind else {}
    await refused(client, "POST", "/v1/complaints", status, content=content, headers=headers)


async def test_lines_and_markup_come_through_as_text(client: httpx.AsyncClient) -> None:
    text = "<script>alert(1)</script>\r\nsecond line\tend \u202e ok 文"
    await complain(client, text=text)
    assert (await only_complaint(client))["text"] == text.replace("\r\n", "\n")


async def test_photos_are_kept_without_where_they_were_taken(client: httpx.AsyncClient) -> None:
    exif = Image.Exif()
    exif[0x010F] = "SecretPhoneMaker"
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "red").save(out, "JPEG", exif=exif)
    files = [
        ("photo", ("IMG_1.jpg", out.getvalue(), "image/jpeg")),
        ("photo", ("a.png", picture("PNG"), "text/html")),
        ("photo", ("", b"", "application/octet-stream")),
    ]
    answer = await client.post("/v1/complaints", data=complaint(), files=files)
    assert answer.status_code == 201, answer.text
    found = await only_complaint(client)
    assert len(found["photos"]) == 2
    for photo in found["photos"]:
        kept = await client.get(photo["file"])
        assert kept.headers["content-type"] == "image/jpeg"
        assert kept.headers["content-disposition"].startswith("attachment")
        assert kept.headers["x-content-type-options"] == "nosniff"
        assert b"SecretPhoneMaker" not in kept.content
        with Image.open(io.BytesIO(kept.content)) as shown:
            assert (shown.size, dict(shown.getexif())) == ((60, 40), {})
    number = found["photos"][0]["id"]
    assert (await client.get(f"/v1/complaints/{found['id']}/photos/{number + 99}")).status_code == 404
    assert (await client.get(f"/v1/complaints/{found['id'] + 1}/photos/{number}")).status_code == 404
    del client.headers["Authorization"]
    assert (await client.get(found["photos"][0]["file"])).status_code == 401


@pytest.mark.parametrize(
    ("files", "status", "word"),
    [
        ([("big.jpg", b"\xff\xd8" + b"x" * 20 * MIB)], 413, "MiB"),
        ([("a.jpg", b"\xff\xd8" + b"x" * 31 * MIB)], 413, "MiB"),
        ([("a.jpg", b"GIF89a")], 400, "JPEG, PNG or WebP"),
        ([("empty.jpg", b"")], 400, "JPEG, PNG or WebP"),
        ([("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>")], 400, "JPEG, PNG or WebP"),
        ([(f"{n}.jpg", picture()) for n in range(4)], 400, "At most 3"),
        ([(f"{n}.jpg", b"") for n in range(40)], 400, ""),
    ],
)
async def test_a_photo_that_will_not_do_is_refused(
    client: httpx.AsyncClient, files: list[tuple[str, bytes]], status: int, word: str
) -> None:
    parts = [("photo", (name, content, "image/jpeg")) for name, content in files]
    answer = await client.post("/v1/complaints", data=complaint(), files=parts)
    assert answer.status_code == status, answer.text
    assert word in answer.json()["detail"]
    assert (await client.get("/v1/complaints")).json()["items"] == []


async def test_a_photo_sent_as_text_or_under_another_name_is_refused(client: httpx.AsyncClient) -> None:
    given = complaint(photo="no file")
    answer = await client.post("/v1/complaints", data=given, files={"x": ("", b"")})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "/photo")
    answer = await client.post("/v1/complaints", data=complaint(), files={"image": ("a.jpg", picture())})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "/image")


async def test_a_flood_from_one_address_is_stopped_and_told_when_to_come_back(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, engine: AsyncEngine
) -> None:
    set_bounds(monkeypatch, complaints_per_address=3)
    for _ in range(3):
        await complain(client)
    answer = await client.post("/v1/complaints", json=complaint())
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 3601
    assert answer.json()["detail_zh"] != answer.json()["detail"]
    page = await client.post(FORM, data=complaint(), headers=HTML)
    assert page.status_code == 429
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["Retry-After"]
    # Another process counts with this one, and another address is free.
    other = application(engine)
    transport = httpx.ASGITransport(other, client=("127.0.0.1", 5))
    async with other.router.lifespan_context(other):
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as same:
            assert (await same.post("/v1/complaints", json=complaint())).status_code == 429
        transport = httpx.ASGITransport(other, client=("192.0.2.7", 5))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as free:
            await complain(free)


async def test_a_flood_about_one_code_is_stopped(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_bounds(monkeypatch, complaints_per_address=100, complaints_per_code=2)
    await complain(client)
    await complain(client, code=f"{TEA} L1")  # the same code in another form
    assert (await client.post("/v1/complaints", json=complaint())).status_code == 429
    await complain(client, code=f"{TEA} L2")


async def test_what_is_refused_uses_up_nothing(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_bounds(monkeypatch, complaints_per_address=2)
    for _ in range(5):
        await client.post("/v1/complaints", json=complaint(kind="ugly"))
    once = nonce()
    await complain(client, nonce=once)
    await complain(client, nonce=once)
    await complain(client)


async def test_no_table_holds_an_address_or_a_browsers_name(
    client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    await client.post("/v1/complaints", json=complaint(), headers={"User-Agent": PHONE})
    async with transaction(engine) as tx:
        tables = await tx.sql.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in tables:
            rows = await tx.sql.fetch(f"SELECT t::text FROM {table} AS t")
            assert not [row for row in rows if "127.0.0.1" in row[0] or "Android" in row[0]], table


async def test_an_answer_is_shown_to_who_has_the_number(client: httpx.AsyncClient) -> None:
    told = await complain(client, language="en")
    path = f"/v1/complaints/{(await only_complaint(client))['id']}"
    assert (await client.patch(path, json={"status": "looking"})).json()["status"] == "looking"
    change = {"status": "answered", "answer_zh": "已退款<b>", "answer_en": "You get your money back.\nSorry."}
    done = (await client.patch(path, json=change)).json()
    assert [step["status"] for step in done["history"]] == ["received", "looking", "answered"]
    assert [step["by"] for step in done["history"]] == [None, "first", "first"]
    english = await client.get(told["page"], headers=HTML)
    assert english.status_code == 200
    assert "You get your money back." in english.text
    assert "<h1>Answered</h1>" in english.text
    assert "petrol" not in english.text
    chinese = (await client.get(told["page"] + "?lang=zh", headers=HTML)).text
    assert "已退款&lt;b&gt;" in chinese
    assert "<h1>已答复</h1>" in chinese


@pytest.mark.parametrize(
    ("path", "wanted", "status"),
    [
        ((), "answered", 400),
        (("looking",), "received", 409),
        (("looking", "closed"), "looking", 409),
        (("closed",), "closed", 409),
    ],
)
async def test_an_unlawful_move_is_refused(
    client: httpx.AsyncClient, path: tuple[str, ...], wanted: str, status: int
) -> None:
    await complain(client)
    place = f"/v1/complaints/{(await only_complaint(client))['id']}"
    for step in path:
        assert (await client.patch(place, json={"status": step})).status_code == 200
    await refused(client, "PATCH", place, status, json={"status": wanted})


async def test_an_answer_is_corrected_until_the_complaint_is_closed(client: httpx.AsyncClient) -> None:
    await complain(client)
    place = f"/v1/complaints/{(await only_complaint(client))['id']}"
    assert (await client.patch(place, json={"answer_en": "We look."})).json()["answer_en"] == "We look."
    assert (await client.patch(place, json={"status": "closed"})).json()["closed_at"]
    await refused(client, "PATCH", place, 409, json={"answer_en": "No."})
    await refused(client, "PATCH", "/v1/complaints/999", 404, json={"status": "closed"})
    await refused(client, "PATCH", place, 400, json={"phone": "1"})


async def test_lists_are_narrowed_and_paged(client: httpx.AsyncClient, tea: dict[str, Any]) -> None:
    for code, kind in ((CODE, "spoiled"), (f"{TEA} L2", "injury"), ("a fake", "suspected_fake")):
        await complain(client, code=code, kind=kind)

    async def kinds(**filters: Any) -> list[str]:
        answer = await client.get("/v1/complaints", params=filters)
        assert answer.status_code == 200, answer.text
        return [row["kind"] for row in answer.json()["items"]]

    assert await kinds() == ["spoiled", "injury", "suspected_fake"]
    assert await kinds(batch=f"{TEA} L1") == ["spoiled"]
    assert await kinds(product=tea["product_id"]) == ["spoiled", "injury"]
    assert await kinds(kind="suspected_fake") == ["suspected_fake"]
    assert await kinds(status="closed") == []
    assert await kinds(since=(clock.now() + timedelta(days=1)).isoformat()) == []
    assert len(await kinds(since=(clock.now() - timedelta(days=1)).isoformat())) == 3
    page = (await client.get("/v1/complaints?limit=2")).json()
    rest = (await client.get("/v1/complaints", params={"limit": 2, "page": page["next_page"]})).json()
    assert [row["kind"] for row in rest["items"]] == ["suspected_fake"]
    assert rest["next_page"] is None
    for query in ("kind=ugly", "status=lost", "since=noon", "page=x", "batch=%00", "product=x"):
        assert (await client.get(f"/v1/complaints?{query}")).status_code == 400, query


async def test_only_who_has_a_key_reads_complaints(client: httpx.AsyncClient) -> None:
    await complain(client)
    del client.headers["Authorization"]
    for method, path in (
        ("GET", "/v1/complaints"),
        ("GET", "/v1/complaints/1"),
        ("PATCH", "/v1/complaints/1"),
    ):
        await refused(client, method, path, 401, **({"json": {}} if method == "PATCH" else {}))


async def test_a_database_that_is_away_is_told_on_the_page() -> None:
    away = create_engine("postgresql://nobody@127.0.0.1:1/nothing")
    app = application(away)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
    ):
        assert (await client.get(FORM + f"?code={CODE}", headers=HTML)).status_code == 200
        page = await client.post(FORM, data=complaint(), headers=HTML)
        assert (page.status_code, page.headers["Retry-After"]) == (503, "30")
        assert "cannot store" in page.text
        assert (await client.post("/v1/complaints", json=complaint())).status_code == 503
        assert (await client.get("/p/complaint/C-2026-0000-0000-0000", headers=HTML)).status_code in (
            400,
            503,
        )
    await away.dispose()
