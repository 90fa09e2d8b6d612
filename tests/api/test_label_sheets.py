"""Label sheets over HTTP: rendered as a printer would, every symbol is read back by another's reader."""

import asyncio
import re
import shutil
import subprocess
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import zxingcpp
from PIL import Image
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.types import Message

from service import clock
from service.db.transaction import transaction
from service.errors import Conflict
from service.labels import printing
from service.labels.printing import Order, document, prepare
from service.labels.sheets import roll
from tests.api.recalling import recall
from tests.api.registering import Json, refused, register, register_batch, register_product
from tests.application import application

DPI = 300
#: The renderer of Poppler; without it the sheets are drawn but not looked at.
PDFTOPPM = shutil.which("pdftoppm")
rendered = pytest.mark.skipif(
    PDFTOPPM is None, reason="no pdftoppm (apt-get install poppler-utils): label sheets are NOT read back"
)


@pytest.fixture
async def batch(client: httpx.AsyncClient) -> Json:
    """A lot of tea with dates and a long name."""
    await register_product(client, name_zh="武夷山正山小种红茶礼盒装（特级）")
    return await register_batch(client, lot="20260301-A", expires_on="2027-03-01")


async def certify(client: httpx.AsyncClient, batch: Json) -> None:
    form = {"kind": "certificate", "name": "承诺达标合格证"}
    answer = await client.post(f"/v1/batches/{batch['id']}/documents", data=form)
    assert answer.status_code == 201, answer.text


async def serials(client: httpx.AsyncClient, batch: Json, **body: object) -> list[str]:
    """Registers them; the links of all of the batch."""
    answer = await client.post(f"/v1/batches/{batch['id']}/serials", json=body)
    assert answer.status_code == 201, answer.text
    rows = (await client.get(f"/v1/batches/{batch['id']}/serials?limit=500")).json()["items"]
    return [row["digital_link"] for row in rows]


async def sheets(client: httpx.AsyncClient, batch: Json, **query: object) -> httpx.Response:
    answer = await client.get(f"/v1/batches/{batch['id']}/labels.pdf", params=query)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    return answer


def pages(answer: httpx.Response, place: Path, dpi: int = DPI) -> Iterator[Image.Image]:
    """The pages as a printer gets them."""
    assert PDFTOPPM is not None
    source = place / "labels.pdf"
    source.write_bytes(answer.content)
    command = [PDFTOPPM, "-r", str(dpi), "-gray", "-png", str(source), str(place / "page")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    (place / "complaints.txt").write_text(done.stderr, encoding="utf-8")
    found = sorted(place.glob("page*.png"))
    assert len(found) == int(answer.headers["x-page-count"])
    return map(Image.open, found)


def links_on(page: Image.Image) -> list[str]:
    return [symbol.text for symbol in zxingcpp.read_barcodes(page)]


def texts(answer: httpx.Response) -> list[str]:
    """What is written on the pages, line by line."""
    pages = rb"obj\n<< /Length \d+ /Filter /FlateDecode >>\nstream\n(.*?)\nendstream"
    streams = re.findall(pages, answer.content, re.DOTALL)
    drawn = b"".join(map(zlib.decompress, streams)).decode()
    lines = []
    for latin, chinese in re.findall(r"Td (?:\((.*?)\)|<([0-9a-f]+)>) Tj", drawn):
        lines.append(re.sub(r"\\(.)", r"\1", latin) if latin else bytes.fromhex(chinese).decode("utf-16-be"))
    return lines


@rendered
async def test_every_symbol_of_a_print_is_read_back_exactly(
    client: httpx.AsyncClient, batch: Json, tmp_path: Path
) -> None:
    await certify(client, batch)
    await serials(client, batch, allot=20)
    links = await serials(client, batch, serials=["A/B%&(", "lower-case_7", "1"])
    answer = await sheets(client, batch)
    assert (answer.headers["x-label-count"], answer.headers["x-page-count"]) == ("23", "2")
    read = [links_on(page) for page in pages(answer, tmp_path)]
    assert [len(page) for page in read] == [21, 2]
    assert sorted(link for page in read for link in page) == sorted(links)


@rendered
@pytest.mark.parametrize(
    ("width", "height", "module", "dpi"), [(50, 30, 0.4, 203), (25, 40, 0.4, 300), (100, 60, 1.0, 203)]
)
async def test_a_roll_has_one_label_a_page(
    client: httpx.AsyncClient,
    batch: Json,
    tmp_path: Path,
    width: int,
    height: int,
    module: float,
    dpi: int,
) -> None:
    links = await serials(client, batch, first="001", last="003")
    answer = await sheets(client, batch, paper="roll", width_mm=width, height_mm=height, module_mm=module)
    found = list(pages(answer, tmp_path, dpi))
    assert [links_on(page) for page in found] == [[link] for link in links]
    assert abs(found[0].width - width / 25.4 * dpi) <= 1
    assert abs(found[0].height - height / 25.4 * dpi) <= 1


@rendered
async def test_chinese_words_leave_ink(client: httpx.AsyncClient, batch: Json, tmp_path: Path) -> None:
    await certify(client, batch)
    await serials(client, batch, serials=["1"])
    answer = await sheets(client, batch, paper="roll", width_mm=60, height_mm=30, text="none")
    assert texts(answer) == ["承诺达标合格证"]
    (page,) = pages(answer, tmp_path)
    # Drawn with a font of this machine, they need none of the viewer's.
    told = (tmp_path / "complaints.txt").read_text(encoding="utf-8")
    if b"/ImageMask" not in answer.content and "language pack" in told:
        pytest.skip("No Chinese font here (apt-get install fonts-wqy-microhei): words are NOT looked at")
    # Right of the symbol there is nothing but these words.
    beside = page.convert("L").crop((page.width // 2, 0, page.width, page.height))
    dark = sum(beside.histogram()[:128])
    assert dark > 500, dark


async def test_the_text_is_that_of_the_batch_and_the_unit(client: httpx.AsyncClient, batch: Json) -> None:
    await serials(client, batch, serials=["S(1)"])
    assert texts(await sheets(client, batch)) == [
        "武夷山正山小种红茶礼盒装（…",
        "(01)06901234567892",
        "(10)20260301-A",
        "(21)S(1)",
        "生产 2026-03-01",
        "到期 2027-03-01",
    ]
    await certify(client, batch)
    assert texts(await sheets(client, batch))[-1] == "承诺达标合格证"
    assert texts(await sheets(client, batch, text="none")) == ["承诺达标合格证"]


async def test_a_caller_who_leaves_ends_the_drawing(
    client: httpx.AsyncClient, engine: AsyncEngine, batch: Json
) -> None:
    await serials(client, batch, first="001", last="300")
    app = application(engine)
    gone, drawn = asyncio.Event(), 0
    requests = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> Message:
        for request in requests:
            return request
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        nonlocal drawn
        drawn += bool(message.get("body"))
        if drawn == 3:
            gone.set()

    path = f"/v1/batches/{batch['id']}/labels.pdf"
    # As uvicorn tells it.
    scope: dict[str, Any] = {"type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}}
    scope |= {
        "http_version": "1.1",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "scheme": "http",
    }
    scope |= {"query_string": b"paper=roll", "server": ("test", 80), "client": ("127.0.0.1", 1)}
    scope |= {"headers": [(b"authorization", client.headers["Authorization"].encode())]}
    async with app.router.lifespan_context(app):
        await app(scope, receive, send)
    assert 3 <= drawn < 100  # of 300 pages


async def test_a_growers_labels_say_lot_and_serial_in_words(client: httpx.AsyncClient) -> None:
    product = await register(client, "products", name_zh="高山野菜", category="agricultural")
    batch = await register(client, "batches", product_id=product["id"], lot="A/1", made_on="2026-03-01")
    await serials(client, batch, serials=["7"])
    assert texts(await sheets(client, batch)) == ["高山野菜", "LOT A/1", "SN 7", "生产 2026-03-01"]


@rendered
async def test_copies_of_a_batchs_label(client: httpx.AsyncClient, batch: Json, tmp_path: Path) -> None:
    answer = await sheets(client, batch, copies=30)
    read = [links_on(page) for page in pages(answer, tmp_path)]
    assert read == [[batch["digital_link"]] * 21, [batch["digital_link"]] * 9]


async def test_a_part_of_a_print_can_be_printed_again(
    client: httpx.AsyncClient, batch: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printing, "READ_AT_ONCE", 3)
    await serials(client, batch, first="01", last="10")
    await serials(client, batch, first="11", last="14")
    shown = {"paper": "roll", "width_mm": 80, "height_mm": 40}
    answer = await sheets(client, batch, skip=4, most=5, **shown)
    assert answer.headers["x-label-count"] == "5"
    assert [text for text in texts(answer) if "(21)" in text] == [f"(21)0{n}" for n in range(5, 10)]
    every = [text for text in texts(await sheets(client, batch, skip=8, **shown)) if "(21)" in text]
    assert every == [f"(21){n:02d}" for n in range(9, 15)]
    second = (await client.get(f"/v1/batches/{batch['id']}/serials?limit=1")).json()["items"][0]
    answer = await sheets(client, batch, registration=second["registration"], **shown)
    assert answer.headers["x-label-count"] == "10"


async def test_no_labels_for_a_recalled_batch(
    client: httpx.AsyncClient, batch: Json, engine: AsyncEngine
) -> None:
    await serials(client, batch, allot=3)
    order = Order(batch["id"], roll((60, 40)), "M", 0.4, text=True)
    async with transaction(engine) as tx:
        printed = await prepare(tx, order, clock.now().date())
    async with transaction(engine) as tx:
        await recall(tx, batch["id"])
    for path in ("labels.pdf", "label.png", "label.svg"):
        await refused(client, "GET", f"/v1/batches/{batch['id']}/{path}", 409)
    # Nor may a print that is running come to its end.
    with pytest.raises(Conflict):
        [octets async for octets in document(partial(transaction, engine), printed)]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"width_mm": 20, "height_mm": 20}, "width_mm"),
        ({"height_mm": 12, "paper": "roll"}, "height_mm"),
        ({"width_mm": 200, "margin_mm": 20}, "width_mm"),
        ({"module_mm": 0.1}, "module_mm"),
        ({"paper": "a5"}, "paper"),
        ({"copies": 5, "registration": 1}, "copies"),
        ({"copies": 0}, "copies"),
        ({"skip": -1}, "skip"),
    ],
)
async def test_bad_orders_are_refused_by_name(
    client: httpx.AsyncClient, batch: Json, query: dict[str, object], field: str
) -> None:
    await serials(client, batch, allot=3)
    path = f"/v1/batches/{batch['id']}/labels.pdf"
    fault = await refused(client, "GET", path, params=query)
    assert fault["field"] == field


async def test_where_there_is_nothing_to_print_there_is_no_sheet(
    client: httpx.AsyncClient, batch: Json
) -> None:
    path = f"/v1/batches/{batch['id']}/labels.pdf"
    await refused(client, "GET", path, 404)
    await serials(client, batch, allot=3)
    await refused(client, "GET", path, 404, params={"skip": 3})
    await refused(client, "GET", path, 404, params={"registration": 4711})
    await refused(client, "GET", "/v1/batches/4711/labels.pdf", 404)


async def test_sheets_need_a_key_for_they_tell_all_serials(client: httpx.AsyncClient, batch: Json) -> None:
    del client.headers["Authorization"]
    await refused(client, "GET", f"/v1/batches/{batch['id']}/labels.pdf", 401)
