"""Keys, members and invitations, through HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from service.auth import last_used
from service.auth.permissions import Permission
from service.db.transaction import transaction
from tests.api.registering import Json, refused, register_party, register_product
from tests.issuer import HOUSE, House, signed


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


async def issue(client: httpx.AsyncClient, status: int = 201, **body: Any) -> Json:
    answer = await client.post("/v1/keys", json={"name": "a key"} | body)
    assert answer.status_code == status, answer.text
    row: Json = answer.json()
    return row


async def as_key(client: httpx.AsyncClient, key: str, method: str, path: str, **how: Any) -> int:
    answer = await client.request(method, path, headers=bearer(key), **how)
    return answer.status_code


async def test_a_key_does_what_it_may_and_nothing_else(client: httpx.AsyncClient) -> None:
    party = await register_party(client)
    key = await issue(client, role="holder", party_id=party["id"], permissions=["read"])
    assert key["permissions"] == ["read"]
    assert await as_key(client, key["key"], "GET", "/v1/parties") == 200
    problem = await refused(
        client,
        "POST",
        "/v1/products",
        403,
        headers=bearer(key["key"]),
        json={"name_zh": "茶", "category": "food", "gtin": "06901234567892"},
    )
    assert "`register`" in problem["detail"]
    assert await as_key(client, key["key"], "GET", "/v1/keys") == 403
    who = (await client.get("/v1/whoami", headers=bearer(key["key"]))).json()
    assert who == {"name": "a key", "role": "holder", "party_id": party["id"], "permissions": ["read"]}


async def test_the_text_of_a_key_is_told_once(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    key = await issue(client, role="operator")
    assert key["key"].startswith(key["hint"])
    assert len(key["hint"]) < 12
    listed = (await client.get("/v1/keys")).text
    assert key["key"] not in listed
    assert f'"hint":"{key["hint"]}"' in listed
    async with transaction(engine) as tx:
        assert key["key"] not in str(await tx.sql.fetch("SELECT * FROM api_key"))


async def test_a_revoked_key_is_refused_at_once(client: httpx.AsyncClient) -> None:
    key = await issue(client, role="operator")
    assert await as_key(client, key["key"], "GET", "/v1/whoami") == 200
    revoked = await client.post(f"/v1/keys/{key['id']}/revocation")
    assert revoked.json()["revoked_at"] is not None
    assert await as_key(client, key["key"], "GET", "/v1/whoami") == 401
    again = await client.post(f"/v1/keys/{key['id']}/revocation")
    assert again.json()["revoked_at"] == revoked.json()["revoked_at"]


async def test_the_last_way_in_stays(client: httpx.AsyncClient) -> None:
    (first,) = (await client.get("/v1/keys")).json()["items"]
    await issue(client, role="operator", permissions=["read", "manage"])
    await issue(client, role="operator", expires_at=(datetime.now(UTC) + timedelta(hours=1)).isoformat())
    await refused(client, "POST", f"/v1/keys/{first['id']}/revocation", 409)
    await issue(client, role="operator")
    answer = await client.post(f"/v1/keys/{first['id']}/revocation")
    assert answer.status_code == 200


async def test_a_key_ends_when_it_was_said_to(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    soon = datetime.now(UTC) + timedelta(hours=1)
    key = await issue(client, role="operator", expires_at=soon.isoformat())
    assert await as_key(client, key["key"], "GET", "/v1/whoami") == 200
    async with transaction(engine) as tx:
        await tx.sql.execute("UPDATE api_key SET expires_at = now() WHERE id = $1", key["id"])
    assert await as_key(client, key["key"], "GET", "/v1/whoami") == 401


async def test_a_renewed_key_goes_on_for_a_while(client: httpx.AsyncClient) -> None:
    party = await register_party(client)
    old = await issue(client, role="holder", party_id=party["id"])
    new = (await client.post(f"/v1/keys/{old['id']}/renewal", params={"overlap_hours": 1})).json()
    assert {name: new[name] for name in ("name", "role", "party_id", "permissions")} == {
        name: old[name] for name in ("name", "role", "party_id", "permissions")
    }
    assert new["expires_at"] is None
    for key in (old["key"], new["key"]):
        assert await as_key(client, key, "GET", "/v1/whoami") == 200
    at_once = await client.post(f"/v1/keys/{new['id']}/renewal", params={"overlap_hours": 0})
    assert at_once.status_code == 201
    assert await as_key(client, new["key"], "GET", "/v1/whoami") == 401
    await refused(client, "POST", f"/v1/keys/{new['id']}/renewal", 409)


async def test_a_party_manages_its_own_keys_and_sees_no_others(client: httpx.AsyncClient) -> None:
    ours = await register_party(client)
    theirs = await register_party(client, uscc=None, name_zh="另一厂", gln="6901234500004")
    manager = await issue(client, role="holder", party_id=ours["id"], permissions=["read", "manage"])
    foreign = await issue(client, role="holder", party_id=theirs["id"])
    headers = bearer(manager["key"])
    made = await client.post(
        "/v1/keys", headers=headers, json={"name": "till", "role": "holder", "party_id": ours["id"]}
    )
    assert made.status_code == 201
    assert made.json()["permissions"] == ["manage", "read"]
    listed = (await client.get("/v1/keys", headers=headers)).json()["items"]
    assert {row["party_id"] for row in listed} == {ours["id"]}
    for method, path, body, status in (
        ("POST", f"/v1/keys/{foreign['id']}/revocation", None, 404),
        ("POST", f"/v1/keys/{foreign['id']}/renewal", None, 404),
        ("POST", "/v1/keys", {"name": "x", "role": "holder", "party_id": theirs["id"]}, 403),
        ("POST", "/v1/keys", {"name": "x", "role": "operator"}, 403),
        (
            "POST",
            "/v1/keys",
            {"name": "x", "role": "holder", "party_id": ours["id"], "permissions": ["recall"]},
            403,
        ),
    ):
        await refused(client, method, path, status, headers=headers, json=body)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"role": "holder"}, "/party_id"),
        ({"role": "operator", "party_id": 1}, "/party_id"),
        ({"role": "holder", "party_id": 4711}, "/party_id"),
        ({"role": "laboratory", "party_id": 1, "permissions": ["recall"]}, "/permissions"),
        ({"role": "operator", "expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
        ({"role": "admin"}, "/role"),
        ({"role": "operator", "permissions": ["all"]}, "/permissions/0"),
    ],
)
async def test_what_cannot_be_granted_is_refused(client: httpx.AsyncClient, body: Json, field: str) -> None:
    fault = await refused(client, "POST", "/v1/keys", json={"name": "x"} | body)
    assert fault["field"] == field


async def test_an_invitation_holds_once(client: httpx.AsyncClient) -> None:
    party = await register_party(client)
    invited = await client.post(
        "/v1/invitations", json={"name": "tea shop", "role": "holder", "party_id": party["id"]}
    )
    assert invited.status_code == 201
    stranger = {"Authorization": ""}
    text = invited.json()["invitation"]
    accepted = await client.post("/v1/invitations/accept", headers=stranger, json={"invitation": text})
    assert accepted.status_code == 201
    key = accepted.json()["key"]
    assert key["party_id"] == party["id"]
    assert await as_key(client, key["key"], "GET", "/v1/batches") == 200
    await refused(client, "POST", "/v1/invitations/accept", 401, headers=stranger, json={"invitation": text})
    (row,) = (await client.get("/v1/invitations")).json()["items"]
    assert row["accepted_at"] is not None
    assert text not in str(row)


async def test_an_invitation_can_be_taken_back(client: httpx.AsyncClient) -> None:
    invited = (await client.post("/v1/invitations", json={"name": "x", "role": "operator"})).json()
    assert (await client.post(f"/v1/invitations/{invited['id']}/revocation")).status_code == 200
    body = {"invitation": invited["invitation"]}
    await refused(client, "POST", "/v1/invitations/accept", 401, json=body)
    await refused(client, "POST", "/v1/invitations/4711/revocation", 404)


async def test_when_a_key_was_used_is_on_record(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    key = await issue(client, role="operator")
    assert key["last_used_at"] is None
    before = datetime.now(UTC)
    await register_product(client)
    await as_key(client, key["key"], "GET", "/v1/whoami")
    await last_used.write_noted(engine)
    rows = {row["id"]: row for row in (await client.get("/v1/keys")).json()["items"]}
    assert datetime.fromisoformat(rows[key["id"]]["last_used_at"]) >= before


async def test_the_first_key_may_do_everything(client: httpx.AsyncClient) -> None:
    who = (await client.get("/v1/whoami")).json()
    assert who["role"] == "operator"
    assert who["permissions"] == sorted(Permission)


async def test_somebody_known_by_an_issuers_word_gets_in_by_invitation(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House()
    monkeypatch.setattr("service.auth.caller.issuers", lambda: house.issuers)
    monkeypatch.setattr("service.access.conduct.issuers", lambda: house.issuers)
    headers = bearer(signed())
    problem = await refused(client, "GET", "/v1/whoami", 403, headers=headers)
    assert "li-na" in problem["detail"]
    party = await register_party(client)
    invited = await client.post(
        "/v1/invitations", json={"name": "Li Na", "role": "laboratory", "party_id": party["id"]}
    )
    accepted = await client.post(
        "/v1/invitations/accept", headers=headers, json={"invitation": invited.json()["invitation"]}
    )
    member = accepted.json()["member"]
    assert (member["issuer"], member["subject"], member["role"]) == (HOUSE, "li-na", "laboratory")
    who = (await client.get("/v1/whoami", headers=headers)).json()
    assert (who["name"], who["party_id"]) == ("李娜", party["id"])
    await refused(client, "POST", "/v1/recalls", 403, headers=headers, json={})
    same = {"name": "x", "role": "operator", "issuer": HOUSE, "subject": "li-na"}
    await refused(client, "POST", "/v1/members", 409, json=same)
    assert (await client.post(f"/v1/members/{member['id']}/revocation")).status_code == 200
    assert (await client.get("/v1/whoami", headers=headers)).status_code == 403
    again = await client.post("/v1/members", json=same)
    assert (again.status_code, again.json()["role"]) == (201, "operator")
    listed = (await client.get("/v1/members")).json()["items"]
    assert [row["subject"] for row in listed] == ["li-na"]
