"""The page of spreadsheets: who may sign in, what keeps other sites out, and that it shows what it should."""

from collections.abc import AsyncIterator

import httpx
import pytest

from service.sheets.page_session import COOKIE
from tests.api.own_service import own_service

HERE = {"Origin": "http://testserver"}
ACTIONS = ("/import", "/import/sign-in", "/import/sign-out", "/import/1/columns", "/import/1/store")


@pytest.fixture(scope="module")
async def service(cluster: str) -> AsyncIterator[httpx.AsyncClient]:
    """HTTP on a fresh service, with the key of its operator in its headers."""
    async with own_service(cluster) as client:
        yield client


@pytest.fixture
def key(service: httpx.AsyncClient) -> str:
    """The operator's key."""
    return service.headers["Authorization"].removeprefix("Bearer ")


@pytest.fixture
async def reader(service: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    """A browser in which nobody is signed in."""
    async with httpx.AsyncClient(transport=service._transport, base_url="http://testserver") as client:
        yield client


async def test_who_is_not_signed_in_is_asked_for_a_key_and_shown_nothing(reader: httpx.AsyncClient) -> None:
    for path, status in (("/import", 200), ("/import/1", 401), ("/import/1/faults.xlsx", 401)):
        page = await reader.get(path, headers={"Accept-Language": "en"})
        assert page.status_code == status
        assert "Sign in with your API key" in page.text
    for path in ("/import", "/import/1/columns", "/import/1/store"):
        assert (await reader.post(path, headers=HERE)).status_code == 401


async def test_a_good_key_is_kept_in_a_cookie_of_this_page_alone_and_stands_nowhere_else(
    reader: httpx.AsyncClient, key: str
) -> None:
    entered = await reader.post("/import/sign-in", data={"key": f" {key}\n"}, headers=HERE)
    assert entered.status_code == 303
    cookie = entered.headers["Set-Cookie"].split("; ")
    assert {"HttpOnly", "Path=/import", "SameSite=strict", "Max-Age=28800"} <= set(cookie[1:])
    assert key not in entered.headers["Location"] + entered.text
    page = await reader.get(entered.headers["Location"])
    assert "/import/sign-out" in page.text
    assert key not in page.text
    assert page.headers["Cache-Control"] == "no-store"
    left = await reader.post("/import/sign-out", headers=HERE)
    assert left.headers["Set-Cookie"].startswith(f'{COOKIE}=""; ')
    assert "/import/sign-out" not in (await reader.get("/import")).text


@pytest.mark.parametrize(("given", "status"), [("sy_nobody", 401), ("", 400), ("a b; Path=/", 400)])
async def test_what_is_no_key_is_refused_and_not_kept(
    reader: httpx.AsyncClient, given: str, status: int
) -> None:
    entered = await reader.post("/import/sign-in", data={"key": given}, headers=HERE)
    assert entered.status_code == status
    assert 'role="alert"' in entered.text
    assert COOKIE not in reader.cookies


@pytest.mark.parametrize("path", ACTIONS)
@pytest.mark.parametrize(
    "said",
    [{}, {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}],
    ids=["nothing", "another site", "nobody", "cross-site"],
)
async def test_a_form_of_another_site_does_nothing(
    reader: httpx.AsyncClient, key: str, path: str, said: dict[str, str]
) -> None:
    reader.cookies.set(COOKIE, key, path="/import")
    refused = await reader.post(path, data={"key": key, "store": "all"}, headers=said)
    assert refused.status_code == 403
    assert "Set-Cookie" not in refused.headers
    assert "不是从本页面发出的" in refused.text


async def test_a_key_that_was_revoked_meanwhile_leads_back_to_the_form(reader: httpx.AsyncClient) -> None:
    reader.cookies.set(COOKIE, "sy_revoked", path="/import")
    page = await reader.get("/import?lang=en")
    assert page.status_code == 401
    assert "has expired, or was revoked" in page.text
    assert page.headers["Set-Cookie"].startswith(f'{COOKIE}=""; ')


async def test_what_the_interface_refuses_is_told_on_the_page(reader: httpx.AsyncClient, key: str) -> None:
    reader.cookies.set(COOKIE, key, path="/import")
    empty = await reader.post("/import", files={"file": ("empty.xlsx", b"")}, headers=HERE)
    assert (empty.status_code, "文件不能为空" in empty.text) == (400, True)
    nowhere = await reader.get("/import/77?lang=en")
    assert (nowhere.status_code, "There is no upload with id 77" in nowhere.text) == (404, True)
    assert (await reader.get("/import/sheet")).status_code in (400, 404)
