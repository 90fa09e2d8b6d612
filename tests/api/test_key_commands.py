"""The command `suyuan` and the client for keys, members and invitations."""

import json

import httpx
import pytest

from suyuan import AsyncSuyuan, NotAllowed
from tests.api.commanding import NARROW, Run
from tests.api.registering import FIRM_GLN, FIRM_USCC
from tests.server import Server


@pytest.fixture(scope="module")
def firm(service: Server) -> str:
    """A party's credit code."""
    headers = {"Authorization": f"Bearer {service.key}"}
    body = {"name_zh": "福州茶厂", "uscc": FIRM_USCC}
    httpx.post(f"{service.url}/v1/parties", json=body, headers=headers).raise_for_status()
    return FIRM_USCC


def test_a_key_is_made_used_renewed_and_revoked(run: Run, firm: str) -> None:
    told = run("key", "add", "--name", "till", "--party", firm, "--permit", "read")
    assert told.exit_code == 0, told.stderr
    assert "holder, may read" in told.stdout
    key = told.stdout.split()[-1]
    assert run("batch", "list", "--key", key).exit_code == 0
    refused = run("key", "list", "--key", key)
    assert (refused.exit_code, "`manage`" in refused.stderr) == (1, True)
    who = json.loads(run("whoami", "--key", key, "--json").stdout)
    assert (who["name"], who["role"], who["permissions"]) == ("till", "holder", ["read"])
    (row,) = [each for each in keys(run) if each["name"] == "till"]
    renewed = run("key", "renew", str(row["id"]), "--overlap", "0")
    assert run("whoami", "--key", key).exit_code == 1
    new = renewed.stdout.split()[-1]
    (other,) = [each for each in keys(run) if each["name"] == "till" and each["id"] != row["id"]]
    revoked = run("key", "revoke", str(other["id"]), LANG="zh_CN.UTF-8")
    assert "已吊销" in revoked.stdout
    assert run("whoami", "--key", new).exit_code == 1


def keys(run: Run) -> list[dict[str, object]]:
    return [json.loads(line) for line in run("key", "list", "--json").stdout.splitlines()]


def test_the_list_fits_a_narrow_terminal(run: Run) -> None:
    shown = run("key", "list").stdout
    assert "first" in shown
    assert all(len(line) <= NARROW for line in shown.splitlines())


def test_an_invitation_becomes_a_key(run: Run, firm: str) -> None:
    told = run("invite", "--name", "Baijia Store", "--party", firm)
    assert "good once" in told.stdout
    joined = run("join", told.stdout.split()[-1])
    assert joined.exit_code == 0, joined.stderr
    assert run("whoami", "--key", joined.stdout.split()[-1]).exit_code == 0
    again = run("join", told.stdout.split()[-1])
    assert (again.exit_code, "was used" in again.stderr) == (1, True)


def test_a_member_comes_and_goes(run: Run, firm: str) -> None:
    words = ("https://login.example.cn", "li-na", "--name", "Li Na", "--party", firm, "--role", "laboratory")
    added = run("member", "add", *words, "--json")
    assert added.exit_code == 0, added.stderr
    member = json.loads(added.stdout)
    assert (member["subject"], member["role"]) == ("li-na", "laboratory")
    assert "li-na" in run("member", "list").stdout
    assert "let go" in run("member", "remove", str(member["id"])).stdout


def test_a_delegation_is_given_listed_and_revoked(run: Run, service: Server, firm: str) -> None:
    body = {"name_en": "Carrier", "gln": FIRM_GLN}
    headers = {"Authorization": f"Bearer {service.key}"}
    httpx.post(f"{service.url}/v1/parties", json=body, headers=headers).raise_for_status()
    given = run(
        "delegation", "add", FIRM_GLN, "--party", firm, "--until", "2090-01-01T00:00:00+08:00", "--json"
    )
    assert given.exit_code == 0, given.stderr
    row = str(json.loads(given.stdout)["id"])
    assert "all" in run("delegation", "list").stdout
    assert run("delegation", "events", row).exit_code == 0
    assert "has ended" in run("delegation", "revoke", row).stdout
    refused = run("delegation", "add", FIRM_GLN, LANG="zh_CN.UTF-8")
    assert (refused.exit_code, "请填写 party_id" in refused.stderr) == (1, True)


async def test_a_program_manages_keys_too(service: Server) -> None:
    async with AsyncSuyuan(service.url, service.key) as suyuan:
        assert (await suyuan.whoami()).role == "operator"
        made = await suyuan.keys.make(name="reader", role="operator", permissions=["read"])
        assert made.key is not None
        async with AsyncSuyuan(service.url, made.key) as reader:
            with pytest.raises(NotAllowed):
                await reader.keys.make(name="more", role="operator")
        ended = await suyuan.keys.revoke(made.id)
        assert ended.revoked_at is not None
        assert made.id in [row.id async for row in suyuan.keys.list()]


def test_who_read_what_is_listed(run: Run, firm: str) -> None:
    fields = ("--name-zh", "茶", "--category", "food", "--gtin", "06901234567892", "--party", firm)
    assert run("product", "add", *fields).exit_code == 0
    made = run("batch", "add", "--gtin", "06901234567892", "--lot", "L1", "--made", "2026-03-01", "--json")
    assert made.exit_code == 0, made.stderr
    assert run("batch", "show", str(json.loads(made.stdout)["id"])).exit_code == 0
    shown = run("audit", "--role", "operator")
    assert (shown.exit_code, "GET /v1/batches/{batch_id}" in shown.stdout) == (0, True), shown.stdout
    told = [json.loads(line) for line in run("audit", "--party", firm, "--json").stdout.splitlines()]
    assert {record["reader"]["role"] for record in told} == {"operator"}
