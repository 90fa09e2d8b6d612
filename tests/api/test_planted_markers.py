"""Texts that partners choose are shown as texts wherever they turn up: no markup, no formula, no escape.

One marker is planted into every name, by registration, by master data, in a case and in a complaint; then all
that is written for people, or for their spreadsheets, is asked for and looked through.
"""

import csv
import io
import zipfile
from collections.abc import AsyncIterator
from email import message_from_bytes
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
import pytest_asyncio
from pypdf import PdfReader
from rich.console import Console

from service.clock import now
from service.notices.mail import compose
from service.notices.messages import render
from suyuan.cli.output import Column, Output
from tests.api.own_service import own_service
from tests.world import capture, commission, gtin, owners, party, place, receive, sell, ship, uri

#: What a spreadsheet runs, an HTML parser takes for elements, templates for expressions, rich for markup, and
#: mail for the end of a header.
MARK = "=cmd|'/C calc'!A0<x-evil onload=alert(1)>\"'{{7*7}}[bold]x[/bold]&#60;/p&#62;"
#: What else comes through captured documents, which no rule of names has looked at.
RAW = "\x1b]0;owned\x07\x9b31m\u202e\u2066\r\nBcc: thief@evil.test\r\n"
STRANGERS = ("\x1b", "\x07", "\x9b", "\u202e", "\u2066", "\0")
LOT = "tea/T1"
PERSON = {"name": MARK, "phone": "+86 591 8765 4321"}
CASE = {
    **{f"{field}_{tongue}": MARK for field in ("title", "reason", "advice") for tongue in ("zh", "en")},
    "hazard_class": 1,
    "batch": [uri(LOT)],
    "contact": PERSON,
}


World = tuple[httpx.AsyncClient, dict[str, Any]]


async def made(client: httpx.AsyncClient, path: str, body: Any, status: int = 201) -> Any:
    answer = await client.post(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def world(cluster: str) -> AsyncIterator[World]:
    async with own_service(cluster) as client:
        names = {"name_zh": MARK, "name_en": MARK}
        firm = await made(
            client, "/v1/parties", {**names, "uri": party("maker"), "address": MARK, "contacts": [PERSON]}
        )
        await made(client, "/v1/products", {**names, "gtin": gtin("tea"), "category": "food", "brand": MARK})
        master = [
            *owners(works="maker", shop="grocer"),
            {
                "type": "urn:epcglobal:epcis:vtype:Location",
                "vocabularyElementList": [
                    {"id": place(name), "attributes": [{"id": "cbvmda:name", "attribute": RAW + MARK}]}
                    for name in ("works", "shop")
                ],
            },
            {
                "type": "urn:epcglobal:epcis:vtype:Party",
                "vocabularyElementList": [
                    {
                        "id": party("grocer"),
                        "attributes": [{"id": "cbvmda:name", "attribute": MARK + RAW}],
                    }
                ],
            },
        ]
        await capture(
            client,
            commission(f"{LOT}=10", at="works", on=1),
            ship(f"{LOT}=10", at="works", to="shop", on=2),
            receive(f"{LOT}=9", at="shop", source="works", on=3),
            sell(f"{LOT}=1", at="shop", on=4),
            master=master,
        )
        case = await made(client, "/v1/recalls", CASE)
        drill = await made(client, "/v1/drills", {"batch": [uri(LOT)], "note": MARK})
        code = f"/01/{gtin('tea')}/10/T1"
        told = await made(
            client, "/v1/complaints", {"code": code, "kind": "spoiled", "text": MARK + "\u202e"}
        )
        yield client, {"firm": firm, "case": case, "drill": drill, "code": code, "complaint": told}


class Elements(HTMLParser):
    """The elements and handlers that a browser would see."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen |= {tag, *(name for name, _ in attrs)}

    def handle_data(self, data: str) -> None:
        self.text += data


def require_plain(text: str) -> None:
    for stranger in STRANGERS:
        assert stranger not in text, repr(text[max(0, text.index(stranger) - 80) :][:160])


async def page(client: httpx.AsyncClient, path: str, **headers: str) -> httpx.Response:
    answer = await client.get(path, headers=headers)
    assert answer.status_code in (200, 404), f"{path}: {answer.status_code} {answer.text[:300]}"
    return answer


async def test_pages_show_names_as_text(world: World) -> None:
    client, ids = world
    case = ids["case"]
    link = await client.get(f"/v1/recalls/{case['id']}/recipients")
    answered = await client.post(f"/v1/recalls/{case['id']}/recipients/{link.json()['items'][0]['id']}/links")
    own = next(value for value in answered.json().values() if isinstance(value, str) and "/r/" in value)
    paths = [f"/p{ids['code']}", "/recalls", f"/recalls/{case['number']}", "/r/" + own.rpartition("/")[2]]
    paths += [f"/p/complain?code={ids['code']}", ids["complaint"]["page"], f"/p/01/{gtin('tea')}"]
    shown = 0
    for path in paths:
        for language in ("zh", "en"):
            told = await page(client, path, **{"Accept": "text/html", "Accept-Language": language})
            assert told.headers["Content-Type"].startswith("text/html"), path
            assert "script-src" not in told.headers["Content-Security-Policy"]
            require_plain(told.text)
            read = Elements()
            read.feed(told.text)
            assert read.seen.isdisjoint({"x-evil", "onload", "script", "iframe", "object"}), path
            assert "49[bold]" not in told.text, "a template took a name for an expression"
            shown += "<x-evil onload=alert(1)>" in read.text
    assert shown >= 6, "the marker is nowhere to be seen, so nothing was tried"


async def test_feeds_and_labels_are_well_formed(world: World) -> None:
    client, _ = world
    atom = (await page(client, "/recalls/feed.atom")).text
    require_plain(atom)
    assert "x-evil" in "".join(ElementTree.fromstring(atom).itertext())
    require_plain((await page(client, "/recalls/feed.json")).text)


async def test_no_cell_that_is_downloaded_is_a_formula(world: World) -> None:
    client, ids = world
    lot, case, drill = uri(LOT), ids["case"]["id"], ids["drill"]["id"]
    for path in (
        f"/v1/trace/forward?batch={lot}&format=csv",
        f"/v1/recalls/{case}/holders?format=csv",
        f"/v1/drills/{drill}/holders.csv",
        f"/v1/filings/fsma204?batch={lot}&format=csv",
        f"/v1/filings/one-step?party={party('maker')}&format=csv",
    ):
        told = await page(client, path)
        assert told.headers["Content-Disposition"].startswith("attachment"), path
        require_plain(told.text)
        cells = [cell for row in csv.reader(io.StringIO(told.text)) for cell in row]
        assert any("x-evil" in cell for cell in cells), path
        assert not [cell for cell in cells if cell.lstrip("\ufeff \t").startswith(("=", "@", "＝"))], path
    book = await page(client, f"/v1/filings/fsma204?batch={lot}&format=xlsx")
    with zipfile.ZipFile(io.BytesIO(book.content)) as parts:
        sheets = [parts.read(name).decode() for name in parts.namelist() if name.endswith(".xml")]
    assert not [sheet for sheet in sheets if "<f>" in sheet or "<f " in sheet or "<hyperlink" in sheet]
    assert any("x-evil" in sheet for sheet in sheets)
    require_plain("".join(sheets))


async def test_a_pdf_shows_names_and_does_nothing(world: World) -> None:
    client, ids = world
    told = await page(client, f"/v1/drills/{ids['drill']['id']}/report.pdf")
    read = PdfReader(io.BytesIO(told.content))
    assert "x-evil" in "".join(page.extract_text() for page in read.pages)
    for active in (b"/JavaScript", b"/JS", b"/Launch", b"/URI", b"/OpenAction", b"/EmbeddedFile"):
        assert active not in told.content, active


def test_a_notice_stays_one_mail() -> None:
    case = {**CASE, "number": "2026-000001", "kind": "recall", "title_zh": RAW + MARK, "title_en": RAW + MARK}
    message = render("first", {"recall": case, "lines": []}, "both", names=(RAW, RAW), link=None)
    require_plain(message.subject + message.text)
    mail = compose(
        message,
        sender="Suyuan <recall@suyuan.test>",
        to="quality@maker.test",
        name=RAW + MARK,
        key="k",
        language="both",
        written_at=now(),
    )
    read = message_from_bytes(mail.as_bytes())
    assert read.get_all("Bcc") is None
    assert len(read.get_all("To", [])) == len(read.get_all("Subject", [])) == 1


def test_a_terminal_is_given_text_only(capsys: pytest.CaptureFixture[str]) -> None:
    out = Output(as_json=False)
    out.console = Console(highlight=False, force_terminal=True, width=200)
    out.rows([RAW + MARK], [Column("name", lambda told: told)])
    out.say("nothing", name=RAW)
    shown = capsys.readouterr().out
    assert "[bold]x[/bold]" in shown
    for stranger in ("\x1b]", "\x07", "\x9b", "\u202e", "\u2066"):
        assert stranger not in shown
