"""The form to report a problem, as a browser without scripts sends it."""

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from service.signals.complaint_number import number_of
from tests.api.complaining import CODE, complaint, only_complaint, picture
from tests.api.registering import TEA, register_batch, register_product

FORM = "/p/complain"
HTML = {"Accept": "text/html", "Accept-Language": "en"}
PAGE_BYTES_MOST = 30_000
MIB = 1024 * 1024


@pytest.fixture
async def public(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """A consumer with a browser; the lot L1 of a tea is registered."""
    await register_product(client, name_en="Jasmine tea")
    await register_batch(client, "L1", expires_on="2199-01-01")
    client.headers.update(HTML)
    return client


def field(html: str, name: str) -> str:
    """The value of an input."""
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found is not None, name
    return unescape(found[1])


def heading(html: str) -> str:
    found = re.search(r"<h1>(.*?)</h1>", html)
    assert found is not None
    return unescape(found[1])


def checked(answer: httpx.Response, status: int) -> str:
    """A page in any state: small, closed to scripts, in no cache."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self'" in policy
    assert "script" not in policy
    assert "<script" not in answer.text
    assert len(answer.content) < PAGE_BYTES_MOST
    return answer.text


async def test_the_form_says_what_it_is_about_and_how_long_things_are_kept(public: httpx.AsyncClient) -> None:
    html = checked(await public.get(FORM, params={"code": CODE}), 200)
    assert heading(html) == "Report a problem"
    assert field(html, "code") == CODE
    assert "Jasmine tea · L1" in html
    assert "180 days" in html
    assert "730 days" in html
    chinese = checked(await public.get(FORM, params={"code": CODE, "lang": "zh"}), 200)
    assert heading(chinese) == "反映问题"
    assert "180 天" in chinese
    assert '<html lang="zh-CN">' in chinese


async def test_the_consumers_page_leads_to_the_form_with_its_code(public: httpx.AsyncClient) -> None:
    for path, status in ((CODE, 200), (f"/01/{TEA}/10/A%2FB", 404), ("/01/123", 400)):
        page = await public.get(f"/p{path}")
        assert page.status_code == status
        link = re.search(r'href="(/p/complain\?[^"]+)"', page.text)
        assert link is not None
        target = unescape(link[1])
        assert parse_qs(urlsplit(target).query)["code"] == [path]
        assert field(checked(await public.get(target), 200), "code") == path


async def test_a_form_that_is_sent_leads_to_the_numbers_page(public: httpx.AsyncClient) -> None:
    html = (await public.get(FORM, params={"code": CODE})).text
    sent = complaint(
        nonce=field(html, "nonce"),
        language=field(html, "language"),
        phone="+86 10 1234 5678",
        email="",
        consent="true",
        bought_where="Fresh Market",
        bought_on="2026-03-05",
        text="line one\r\nline two",
    )
    files = [("photo", ("a.jpg", picture(), "image/jpeg"))]
    answer = await public.post(FORM, data=sent, files=files)
    assert answer.status_code == 303
    again = await public.post(FORM, data=sent, files=files)
    assert again.headers["Location"] == answer.headers["Location"]
    page = checked(await public.get(answer.headers["Location"]), 200)
    assert heading(page) == "Received"
    assert re.search(r"C-\d{4}(-[0-9A-Z]{4}){3}", page)
    assert "There is no answer yet." in page
    assert "line one" not in page
    assert "1234" not in page
    found = await only_complaint(public)
    assert (found["text"], found["bought_where"]) == ("line one\nline two", "Fresh Market")
    assert (found["phone"], found["email"], found["language"]) == ("+86 10 1234 5678", None, "en")
    assert len(found["photos"]) == 1


async def test_what_is_wrong_is_shown_at_its_field_and_nothing_written_is_lost(
    public: httpx.AsyncClient,
) -> None:
    html = (await public.get(FORM)).text
    sent = {
        "nonce": field(html, "nonce"),
        "code": '"><script>alert(1)</script>',
        "text": "</textarea><script>alert(2)</script>",
        "phone": "12345678",
        "language": "en",
    }
    files = [("photo", ("a.jpg", picture(), "image/jpeg"))]
    page = checked(await public.post(FORM, data=sent, files=files), 400)
    assert page.count("<script") == 0
    assert field(page, "code") == sent["code"]
    assert field(page, "nonce") == sent["nonce"]
    assert "&lt;/textarea&gt;" in page
    assert 'id="kind-wrong"' in page
    assert 'href="#kind"' in page
    assert 'role="alert"' in page
    assert "chosen again" in page
    chinese = checked(await public.post(FORM + "?lang=zh", data=sent, files=files), 400)
    assert "缺少必填项" in chinese
    page = checked(await public.post(FORM, data=sent | {"kind": "other"}), 400)
    assert 'id="consent-wrong"' in page
    assert 'value="other" checked' in page


@pytest.mark.parametrize(
    ("change", "status", "told"),
    [
        ({"text": "x" * 10_000}, 400, "At most 4000 characters"),
        ({"text": "a\x00b"}, 400, "control characters"),
        ({"nonce": "wrong"}, 400, "nonce"),
        ({"bought_on": "2190-01-01"}, 400, "future"),
        ({"lang": "en"}, 400, "no such field"),
    ],
)
async def test_odd_input_gives_the_form_again(
    public: httpx.AsyncClient, change: dict[str, Any], status: int, told: str
) -> None:
    page = checked(await public.post(FORM, data=complaint(**change)), status)
    assert told in page


@pytest.mark.parametrize("size", [11, 20, 31, 40])
async def test_a_photo_that_is_too_large_is_told_on_the_form(public: httpx.AsyncClient, size: int) -> None:
    files = [("photo", ("big.jpg", b"\xff\xd8" + b"x" * size * MIB, "image/jpeg"))]
    page = checked(await public.post(FORM, data=complaint(), files=files), 413)
    assert "MiB" in page


async def test_the_same_form_with_other_content_gets_a_new_form(public: httpx.AsyncClient) -> None:
    html = (await public.get(FORM)).text
    sent = complaint(nonce=field(html, "nonce"))
    assert (await public.post(FORM, data=sent)).status_code == 303
    page = checked(await public.post(FORM, data=sent | {"text": "And more."}), 409)
    assert "as C-" in page
    assert field(page, "nonce") != sent["nonce"]


async def test_a_number_that_cannot_be_or_is_not_known_is_told(public: httpx.AsyncClient) -> None:
    free = number_of(2026, 7)
    for number, status in ((free, 404), (free[:-1] + "U", 400), ("x" * 300, 400)):
        page = checked(await public.get(f"/p/complaint/{number}"), status)
        assert 'role="alert"' in page
        answer = await public.get(f"/p/complaint/{number}", headers={"Accept": "application/json"})
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert (await public.get("/p/complaint/<b>%00")).status_code == 400


async def test_a_number_can_be_typed_in(public: httpx.AsyncClient) -> None:
    page = checked(await public.get("/p/complaint"), 200)
    assert 'name="number"' in page
    answer = await public.get("/p/complaint", params={"number": " c 2026/0 "})
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/p/complaint/c%202026%2F0?")


async def test_head_answers_like_get(public: httpx.AsyncClient) -> None:
    for path in (FORM, "/p/complaint"):
        answer = await public.head(path)
        assert (answer.status_code, answer.content) == (200, b"")


async def test_a_body_that_is_no_form_is_told_on_a_page(public: httpx.AsyncClient) -> None:
    answer = await public.post(FORM, content=b"x", headers={"Content-Type": "text/plain"})
    assert "Back to the form" in checked(answer, 415)
    answer = await public.post(FORM, content=b"x", headers={"Content-Type": "multipart/form-data"})
    assert "Back to the form" in checked(answer, 400)
