"""Ways to tell a party: kept without showing secrets; signed, tried again, given up where that is right."""

import hashlib
import hmac
import json
import re
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from service.notices import robots
from tests.api.mailing import receiving
from tests.api.noticing import GROCER, MAKER, MILLER, NOODLES, found_chain, notices, open_case, recipients
from tests.api.registering import refused
from tests.api.sink import listening, until, until_told
from tests.api.subscribing import delivering
from tests.api.test_notices import by_mail

Json = dict[str, Any]
SECRET = "a key of many letters"


async def add(client: httpx.AsyncClient, party: Json, **channel: Any) -> Json:
    """Add a channel that must be taken."""
    answer = await client.post(f"/v1/parties/{party['id']}/channels", json=channel)
    assert answer.status_code == 201, answer.text
    made: Json = answer.json()
    return made


async def test_channels_are_kept_and_their_secrets_are_told_once(client: httpx.AsyncClient) -> None:
    grocer = (await found_chain(client))["grocer"]
    path = f"/v1/parties/{grocer['id']}/channels"
    assert (await client.get(path)).json() == {
        "items": [],
        "by_default": [{"kind": "email", "shown": GROCER, "language": "zh"}],
    }
    hook = await add(client, grocer, kind="webhook", address="https://hooks.a.test/very/secret")
    assert len(hook["secret"]) > 40
    own = await add(client, grocer, kind="webhook", address="https://b.test/x", secret=SECRET, language="en")
    assert own["secret"] is None
    robot = await add(client, grocer, kind="apprise", address="dingtalk://SECsecret@abcdef123456")
    assert (robot["shown"], robot["signed"]) == ("dingtalk://…3456", False)
    listed = (await client.get(path)).text
    assert json.loads(listed)["by_default"] == []
    for secret in (hook["secret"], SECRET, "very/secret", "SECsecret"):
        assert secret not in listed
    body: Json
    for body, field in (
        ({"kind": "email", "address": "nobody"}, "/address"),
        ({"kind": "fax", "address": "1"}, "/kind"),
        ({"kind": "apprise", "address": "json://localhost"}, "/address"),
        ({"kind": "email", "address": "a@b.test", "secret": SECRET}, "/secret"),
        ({"kind": "webhook", "address": "https://c.test", "secret": "short"}, "/secret"),
    ):
        assert (await refused(client, "POST", path, json=body))["field"] == field
    await refused(client, "POST", path, 409, json={"kind": "webhook", "address": "https://b.test/x"})
    assert (await client.delete(f"{path}/{hook['id']}")).status_code == 204
    await refused(client, "DELETE", f"{path}/{hook['id']}", 404)
    await refused(client, "GET", "/v1/parties/999999/channels", 404)


async def test_keys_of_a_party_see_and_set_only_its_own(client: httpx.AsyncClient) -> None:
    parties = await found_chain(client)
    case = await open_case(client, responsible_party_id=parties["miller"]["id"])
    own = parties["grocer"]["id"]
    made = await client.post("/v1/keys", json={"name": "shop", "role": "holder", "party_id": own})
    assert made.status_code == 201, made.text
    keyed = {"Authorization": f"Bearer {made.json()['key']}"}
    answer = await client.get("/v1/notices", headers=keyed)
    assert answer.status_code == 200, answer.text
    mine = answer.json()["items"]
    assert {one["party_id"] for one in mine} == {own}
    assert list(await recipients(client, case)) != ["百货超市"]
    told = (await client.get(f"/v1/recalls/{case['id']}/recipients", headers=keyed)).json()["items"]
    assert {one["party_id"] for one in told} == {own}
    other = parties["miller"]["id"]
    others = await client.get(f"/v1/notices?party={other}", headers=keyed)
    assert others.json() == {"items": [], "next_page": None}
    await refused(client, "GET", f"/v1/parties/{other}/channels", 403, headers=keyed)
    hijack = {"kind": "email", "address": "me@evil.test"}
    await refused(client, "POST", f"/v1/parties/{other}/channels", 403, json=hijack, headers=keyed)
    links = f"/v1/recalls/{case['id']}/recipients/{mine[0]['recipient_id']}/links"
    await refused(client, "POST", links, 403, headers=keyed)
    for one in await notices(client, party=other):
        await refused(client, "GET", f"/v1/notices/{one['id']}", 404, headers=keyed)
        note = {"by": "x", "note": "y"}
        await refused(client, "POST", f"/v1/notices/{one['id']}/answers", 404, json=note, headers=keyed)
    body = {"by": "陈", "lines": [{"batch": NOODLES, "received": 20, "on_hand": 20}]}
    taken = await client.post(f"/v1/notices/{mine[0]['id']}/answers", json=body, headers=keyed)
    assert taken.json()["complete"] is True, taken.text
    read = await client.post(f"/v1/notices/{mine[0]['id']}/acknowledge", json={"name": "陈"}, headers=keyed)
    assert read.json()["acknowledged_by"] == "陈"


async def test_what_fails_is_tried_again_under_the_same_id_and_what_is_refused_for_good_is_given_up(
    engine: AsyncEngine, admin_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    robot: list[str] = []
    monkeypatch.setattr(
        robots, "_tell", lambda address, message: robot.append(f"{address} {message.subject}")
    )
    async with receiving() as box, listening() as sink:
        by_mail(monkeypatch, box)
        async with delivering(engine, admin_key) as client:
            parties = await found_chain(client)
            await add(client, parties["miller"], kind="webhook", address=f"{sink.url}/a", secret=SECRET)
            await add(client, parties["grocer"], kind="apprise", address="feishu://abcdef1234", language="en")
            sink.answers = [500, 503]
            box.answers = ["451 later", "550 no such user"]
            case = await open_case(client)
            await until_told(
                lambda: notices(client, recall=case["id"]),
                lambda all: {one["state"] for n in all for one in n["deliveries"]} == {"sent", "failed"},
            )
            by = {n["party_id"]: n["deliveries"] for n in await notices(client, recall=case["id"])}
            (posted,) = by[parties["miller"]["id"]]
            assert (posted["attempts"], posted["state"], posted["possibly_twice"]) == (3, "sent", False)
            assert {post.delivery for post in sink.posts} == {posted["key"]}
            post = sink.taken[0]
            signed = hmac.new(SECRET.encode(), post.body, hashlib.sha256).hexdigest()
            assert post.headers["suyuan-signature"] == signed
            told = json.loads(post.body)
            assert (told["id"], told["lines"][0]["lot"], told["recall"]["number"]) == (
                posted["key"],
                "F1",
                case["number"],
            )
            assert re.fullmatch(r"http://127\.0\.0\.1:8000/r/[\w-]{43}", told["answer_url"])
            (mailed,) = by[parties["maker"]["id"]]
            assert (mailed["attempts"], mailed["state"]) == (2, "failed")
            assert mailed["last_error"].startswith("SMTP 550")
            assert len(robot) == 1
            assert robot[0].startswith("feishu://abcdef1234/ [Recall, notice] Flour recall")
            # A failed one is not reached; with another channel it is told at once.
            assert (await recipients(client, case))["Noodle Works"]["reachable"] is False
            # Who could not be told at all is told as soon as there is a way.
            await add(client, parties["kiosk"], kind="email", address="kiosk@shop.test")
            await until(lambda: len(box.to("kiosk@shop.test")) == 1)
            assert not box.to(MILLER)
            assert not box.to(MAKER)
            assert not box.to(GROCER)
