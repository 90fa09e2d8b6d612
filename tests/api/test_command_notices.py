"""The command `suyuan recall notices|answers|channel`, and the client's notices, on a real service."""

import json

import httpx

from suyuan import Suyuan
from tests.api.commanding import Run
from tests.api.noticing import GROCER, NOODLES, found_chain, open_case
from tests.server import Server


async def test_notices_answers_and_channels_by_command(service: Server, run: Run) -> None:
    headers = {"Authorization": f"Bearer {service.key}"}
    async with httpx.AsyncClient(base_url=service.url, headers=headers, timeout=60) as client:
        grocer = (await found_chain(client))["grocer"]["id"]
        case = await open_case(client)
    assert GROCER in run("recall", "channel", str(grocer)).stdout
    robot = ("--add", "apprise", "--address", "feishu://abcdef1234", "--language", "zh")
    assert "feishu://…1234" in run("recall", "channel", str(grocer), *robot).stdout
    hook = run(
        "recall", "channel", str(grocer), "--add", "webhook", "--address", "https://a.test/b", "--json"
    )
    made = json.loads(hook.stdout)
    assert len(made["secret"]) > 40
    assert run("recall", "channel", str(grocer), "--remove", str(made["id"])).exit_code == 0
    wrong = run("recall", "channel", str(grocer), "--add", "fax", "--address", "1")
    assert wrong.exit_code != 0
    assert "kind" in wrong.stderr
    told = run("recall", "notices", str(case["id"]))
    assert told.exit_code == 0, told.stderr
    assert "2 cannot be reached" in told.stdout
    assert "百货超市" in told.stdout
    rows = [
        json.loads(line) for line in run("recall", "notices", str(case["id"]), "--json").stdout.splitlines()
    ]
    (row,) = [row for row in rows if row["party_id"] == grocer]
    link = run("recall", "notices", str(case["id"]), "--link", str(row["id"])).stdout
    assert "/r/" in link
    with Suyuan(service.url, key=service.key) as suyuan:
        lines = [{"batch": NOODLES, "received": 20, "on_hand": 12}]
        taken = suyuan.notices.answer(case["id"], row["id"], by="陈", lines=lines)
        assert [one.field for one in taken.differences] == ["accounted"]
        (own, *_) = suyuan.notices.list(recall=case["id"], party=str(grocer))
        assert suyuan.notices.fetch(own.id).acknowledged_by == "陈"
        assert suyuan.notices.acknowledge(own.id, "late").acknowledged_by == "陈"
        assert list(suyuan.notices.proofs(case["id"])) == []
    told = run("recall", "answers", str(case["id"]), "--differing", COLUMNS="200")
    assert "What they account for makes 12 EA" in told.stdout
    told = run("recall", "answers", str(case["id"]), LANG="zh_CN.UTF-8", COLUMNS="200")
    assert "已说明去向的数量合计 12 EA" in told.stdout
