"""Input made to break a service: all of it is answered by name, none with a 5xx, and none of it is stored."""

import json
import tracemalloc
import zipfile
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any

import httpx
import pytest
import pytest_asyncio
from PIL import Image

from tests.api.own_service import own_service
from tests.api.registering import Json, refused, register_batch, register_product
from tests.world import commission, document

JSON_BODY = {"Content-Type": "application/json"}
MIB = 1024 * 1024
#: Where JSON is taken, and a body that would be taken but for the value at `%s`.
TAKEN = {
    "/v1/parties": '{"name_zh": %s}',
    "/v1/batches": '{"gtin": "06901234567892", "lot": "L9", "quantity": %s, "uom": "KGM"}',
    "/v1/recalls": '{"title_zh": %s}',
    "/v1/drills": '{"batch": %s}',
    "/v1/units/verify": '{"unit": %s}',
    "/v1/complaints": '{"code": %s, "kind": "spoiled", "text": "x"}',
    "/v1/keys": '{"name": %s, "role": "operator"}',
    "/epcis/queries": '{"name": "q", "query": {"EQ_bizStep": %s}}',
    "/epcis/events": '{"type": "ObjectEvent", "example:a": %s}',
    "/epcis/capture": '{"type": "EPCISDocument", "epcisBody": %s}',
}
VALUES = {
    "a hundred thousand arrays": "[" * 100_000,
    "a hundred thousand objects": '{"a":' * 100_000 + "1" + "}" * 100_000,
    "no number": "NaN",
    "without end": "Infinity",
    "below all": "-Infinity",
    "10 to the 400th": "1" + "0" * 400,
    "a number of 10,000 digits": "9" * 10_000,
    "1e400": "1e400",
    "1e-999999": "1e-999999",
    "1e999999999": "1e999999999",
    "minus zero": "-0",
    "half a character": '"\\ud800"',
    "the other half": '"a\\udc00b"',
    "NUL": '"a\\u0000b"',
    "an escape sequence": '"\\u001b]0;x\\u0007"',
    "writing turned about": '"a\\u202eb"',
    "a long text": '"' + "a" * 900_000 + '"',
    "a long list": "[" + "1," * 30_000 + "1]",
    "many members": "{" + ",".join(f'"a{n}":1' for n in range(5_000)) + "}",
    "nothing": "",
    "true": "true",
    "full-width digits": '"１２"',
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def service(cluster: str) -> AsyncIterator[httpx.AsyncClient]:
    async with own_service(cluster) as client:
        await register_product(client)
        await register_batch(client)
        yield client


async def tell(client: httpx.AsyncClient, path: str, **how: Any) -> httpx.Response:
    """The answer, which must be the service's own."""
    answer = await client.post(path, **how)
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        problem: Json = answer.json()
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert problem["detail"] != problem["detail_zh"]
        assert len(answer.content) < 100_000, "a monster is not sent back"
    return answer


@pytest.mark.parametrize("path", TAKEN)
async def test_monsters_in_json_are_refused_wherever_json_is_taken(
    service: httpx.AsyncClient, path: str
) -> None:
    for name, value in VALUES.items():
        answer = await tell(service, path, content=TAKEN[path] % value, headers=JSON_BODY)
        if name not in ("minus zero", "a long text", "full-width digits"):
            assert answer.status_code in (400, 413), f"{name}: {answer.status_code} {answer.text[:300]}"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xef\xbb\xbf\xff",
        '{"name_zh": "茶"}'.encode("gb18030"),
        b'{"name_zh": "\xc0\xaf\xc0\xae"}',
        b'{"name_zh": "\xed\xa0\x80"}',
        b'{"name_zh": "\xf8\x88\x80\x80\x80"}',
        b"\x1f\x8b\x08\x00" + bytes(50),
        b"PK\x03\x04" + bytes(50),
        b"<a/>",
        b'{"name_zh": "x"} {"name_zh": "y"}',
        b"[" * MIB,
    ],
)
async def test_bodies_in_other_encodings_are_refused(service: httpx.AsyncClient, body: bytes) -> None:
    for path in ("/v1/parties", "/v1/complaints", "/epcis/capture", "/epcis/queries"):
        answer = await tell(service, path, content=body, headers=JSON_BODY)
        assert answer.status_code in (400, 413), f"{path}: {answer.text[:300]}"


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "gzip, gzip", "x-bomb", "GZIP"])
async def test_packed_bodies_are_not_unpacked(service: httpx.AsyncClient, coding: str) -> None:
    headers = {**JSON_BODY, "Content-Encoding": coding}
    for path in ("/v1/parties", "/epcis/capture", "/v1/complaints", "/v1/identify"):
        await refused(service, "POST", path, 415, content=bytes(100), headers=headers)
    plain = {**JSON_BODY, "Content-Encoding": "identity"}
    assert (await tell(service, "/v1/parties", content=b'{"name_zh": "x"}', headers=plain)).is_success


async def test_a_name_twice_is_refused_in_events_and_counts_last_in_the_registry(
    service: httpx.AsyncClient,
) -> None:
    twice = document(commission("L1=1", at="farm", on=1)).replace(b'"action"', b'"action":"ADD","action"')
    fault = await refused(service, "POST", "/epcis/capture", content=twice, headers=JSON_BODY)
    assert fault["field"].endswith("/action")
    body = '{"name_zh": "甲", "name_zh": "乙"}'.encode()
    answer = await service.post("/v1/parties", content=body, headers=JSON_BODY)
    assert answer.json()["name_zh"] == "乙"


@pytest.mark.parametrize(
    "path",
    [
        "/v1/batches/1%00",
        "/v1/batches/%2e%2e%2fparties",
        "/v1/batches/..%2f..%2fetc%2fpasswd",
        "/v1/batches/%252e%252e",
        "/v1/batches/1;a=b",
        "/v1/batches/\\..\\..\\windows",
        "/v1/batches/1%0d%0aX:%20y",
        "/v1/batches/99999999999999999999999999",
        "/v1/batches/-1",
        "/v1/batches/１",
        "/v1/batches/0x1",
        "/v1/batches/1e3",
        "/v1//batches//1",
        "/p/..%2f..%2fetc%2fpasswd",
        "/p/%c0%ae%c0%ae/",
        "/p/file/..%2f1",
        "/p/01/06901234567892/10/%2e%2e",
        "/p/complaint/..%2f..",
        "/recalls/..%2ffeed.atom",
        "/01/06901234567892/10/a%2fb%00c",
        "/01/06901234567892/10/" + "a" * 30_000,
        "/r/" + "a" * 5_000,
        "/epcis/events/" + "%25" * 5_000,
        "/epcis/capture/%00",
        "/%00",
        "/..;/v1/parties",
        "/.git/config",
        "/openapi.json%00.html",
    ],
)
async def test_tricks_with_paths_lead_nowhere(service: httpx.AsyncClient, path: str) -> None:
    answer = await service.get(path)
    assert 300 <= answer.status_code < 500, f"{answer.status_code}: {answer.text[:300]}"
    assert "root:" not in answer.text
    assert not answer.headers.get("Location", "").startswith(("//", "\\", "http://evil"))
    assert "\r" not in "".join(answer.headers.values())


@pytest.mark.parametrize(
    "query",
    [
        "limit=" + "9" * 5_000,
        "limit=NaN",
        "party=9223372036854775807",
        "limit=%00",
        "page=" + "A" * 30_000,
        "page=%ff%fe",
        "&".join(f"a{n}=1" for n in range(5_000)),
        "&" * 50_000,
        "q=" + "%25" * 20_000,
        "region=%e2%80%ae",
        "name=%00&name=b",
        "%00=%00",
        "limit[]=1&limit[$gt]=2",
        "party_id=1%20OR%201=1",
    ],
)
async def test_tricks_with_queries_are_refused_or_left_aside(service: httpx.AsyncClient, query: str) -> None:
    for path in ("/v1/parties", "/recalls", "/epcis/events", "/epcis/queries/q", "/v1/trace/forward"):
        answer = await service.get(f"{path}?{query}")
        assert answer.status_code < 500, f"{path}: {answer.text[:300]}"


async def test_headers_that_claim_to_be_somebody_are_not_believed(service: httpx.AsyncClient) -> None:
    lies = {
        "Host": "evil.test",
        "X-Forwarded-Host": "evil.test",
        "X-Forwarded-For": "127.0.0.1, ::1",
        "X-Forwarded-Proto": "javascript",
        "Forwarded": "for=127.0.0.1;host=evil.test",
        "X-Original-URL": "/v1/keys",
        "X-Rewrite-URL": "/v1/keys",
        "X-HTTP-Method-Override": "DELETE",
        "X-Method-Override": "DELETE",
        "Cookie": "session=1; " + "a=b; " * 5_000,
        "Range": "bytes=0-0,1-1," + ",".join(f"{n}-" for n in range(5_000)),
        "If-None-Match": "*," * 5_000,
        "Accept": "a/b;q=x," * 5_000,
        "Accept-Language": "zz;q=9," * 5_000,
        "Origin": "https://evil.test",
    }
    for path in ("/v1/parties", "/p/01/06901234567892/10/L1", "/01/06901234567892/10/L1", "/recalls"):
        answer = await service.get(path, headers=lies)
        assert answer.status_code < 400 or answer.status_code == 406, f"{path}: {answer.text[:300]}"
        told = answer.text + str(answer.headers)
        assert "evil.test" not in told, path
    assert (await service.get("/v1/parties", headers={"Authorization": "", **lies})).status_code == 401
    for key in ("Bearer", "Bearer  ", "Basic YTpi", "Bearer " + "a" * 50_000, "Bearer \xff", "bearer null"):
        answer = await service.get("/v1/parties", headers=[(b"Authorization", key.encode("latin-1"))])
        assert answer.status_code == 401, key[:40]


def form(*parts: tuple[str, bytes], boundary: bytes = b"x") -> bytes:
    """A multipart body; each part with the whole of its headers."""
    said = b"".join(
        b"--" + boundary + b"\r\n" + head.encode() + b"\r\n\r\n" + body + b"\r\n" for head, body in parts
    )
    return said + b"--" + boundary + b"--\r\n"


FIELD = 'Content-Disposition: form-data; name="%s"'
FILE = 'Content-Disposition: form-data; name="file"; filename="%s"\r\nContent-Type: %s'
GOOD = ((FIELD % "kind", b"certificate"), (FIELD % "name", b"C"))
FORM_BODIES = {
    "no boundary": ("multipart/form-data", b"x"),
    "an empty boundary": ("multipart/form-data; boundary=", form(*GOOD)),
    "another boundary": ("multipart/form-data; boundary=y", form(*GOOD)),
    "a long boundary": ("multipart/form-data; boundary=" + "x" * 10_000, b"--x"),
    "no end": ("multipart/form-data; boundary=x", form(*GOOD)[:-10]),
    "many fields": ("multipart/form-data; boundary=x", form(*[(FIELD % "a", b"b")] * 5_000)),
    "many files": ("multipart/form-data; boundary=x", form(*[(FILE % ("a", "b/c"), b"b")] * 50)),
    "a large field": ("multipart/form-data; boundary=x", form((FIELD % "name", b"a" * (2 * MIB)))),
    "a large head": ("multipart/form-data; boundary=x", form((FIELD % ("a" * 200_000), b"b"))),
    "many headers": ("multipart/form-data; boundary=x", form(("X: y\r\n" * 5_000 + FIELD % "a", b"b"))),
    "no name": ("multipart/form-data; boundary=x", form(("Content-Disposition: form-data", b"b"))),
    "a name twice": ("multipart/form-data; boundary=x", form(*GOOD, GOOD[0])),
    "another encoding": ("multipart/form-data; boundary=x; charset=utf-7", form((FIELD % "name", b"+AGE-"))),
    "bad UTF-8": ("multipart/form-data; boundary=x", form((FIELD % "name", b"\xff\xfe"))),
}


@pytest.mark.parametrize("name", FORM_BODIES)
async def test_tricks_with_forms_are_refused(service: httpx.AsyncClient, name: str) -> None:
    kind, body = FORM_BODIES[name]
    for path in ("/v1/batches/1/documents", "/v1/complaints"):
        answer = await tell(service, path, content=body, headers={"Content-Type": kind})
        assert answer.status_code in (400, 413, 415), f"{path}: {answer.status_code} {answer.text[:300]}"


def bomb(side: int) -> bytes:
    """A picture of some kilobytes with `side` squared pixels."""
    out = BytesIO()
    Image.new("1", (side, side)).save(out, "PNG")
    return out.getvalue()


def zipped() -> bytes:
    """Some kilobytes that unpack to 20 MiB."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(20 * MIB))
    return out.getvalue()


async def test_bombs_are_kept_as_octets_or_refused_and_never_unpacked(service: httpx.AsyncClient) -> None:
    archive, picture = zipped(), bomb(8_000)
    lines = b"[" * 500_000 + b"\n" + b'{"code":' * 100_000
    answer = await service.post(
        "/v1/identify", content=lines, headers={"Content-Type": "application/x-ndjson"}
    )
    assert answer.status_code == 200, answer.text
    tracemalloc.start()
    try:
        data = {"code": "/01/06901234567892/10/L1", "kind": "spoiled", "text": "x"}
        for content in (archive, picture):
            answer = await service.post("/v1/complaints", data=data, files={"photo": ("a.png", content)})
            assert answer.status_code == 400, answer.text
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 15 * MIB


@pytest.mark.parametrize(
    ("name", "said", "content"),
    [
        ("a.html", "text/html", b"<script>alert(1)</script>"),
        ("a.svg", "image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("a.pdf", "application/pdf", b"%PDF-1.7 /OpenAction << /S /JavaScript /JS (app.alert(1)) >>"),
        ("..\\..\\a.exe", "text/html; charset=utf-7", b"MZ\x90"),
        ("\u202egpj.exe\r\nX: y", "a/b\r\nX: y", b"MZ\x90"),
    ],
)
async def test_what_somebody_uploaded_is_a_download_of_what_it_holds(
    service: httpx.AsyncClient, name: str, said: str, content: bytes
) -> None:
    data = {"kind": "certificate", "name": "C"}
    files = {"file": (name, content, said.replace("\r\n", " "))}
    made = await service.post("/v1/batches/1/documents", data=data, files=files)
    assert made.status_code == 201, made.text
    told = await service.get(made.json()["file"])
    assert told.content == content
    expected = "application/pdf" if content.startswith(b"%PDF") else "application/octet-stream"
    assert told.headers["Content-Type"] == expected
    assert told.headers["Content-Disposition"].startswith("attachment; ")
    assert not set("\\/\u202e\r\n") & set(made.json()["file_name"])
    assert told.headers["X-Content-Type-Options"] == "nosniff"
    assert told.headers["Content-Security-Policy"].startswith("sandbox")


async def test_nothing_of_it_all_was_stored(service: httpx.AsyncClient) -> None:
    """What was refused left no half of itself behind, and what was taken can be told as JSON."""
    for path in ("/v1/parties", "/v1/batches", "/v1/products", "/v1/recalls", "/v1/keys", "/epcis/events"):
        answer = await service.get(path)
        assert answer.status_code == 200, answer.text
        told = json.loads(answer.text)
        assert told is not None
        assert not set("\0\x1b\u202e") & set(answer.text)
