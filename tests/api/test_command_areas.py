"""The command `suyuan` beyond registry, captures and recalls: events, named queries, subscriptions,
complaints, suspect codes, changes; and wrong usage.
"""

import json
import time
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from rich.cells import cell_len
from typer.testing import CliRunner

from suyuan.cli import app
from suyuan.cli.fields import changes_of, moment_of, parameters_of
from suyuan.cli.session import BadInput
from tests.api.commanding import NARROW, Run
from tests.api.complaining import PHONE, complaint
from tests.api.registering import FIRM_GLN, PLACE_GLN, TEA
from tests.api.sink import PATIENCE_SECONDS
from tests.api.subscribing import event
from tests.server import Server
from tests.world import document, uri

CHINESE = "zh_CN.UTF-8"


def lines(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="module")
def stored(service: Server) -> list[str]:
    """Three events in the service; their eventIDs in order."""
    content = document(event("a"), event("b"), event("c"))
    answer = httpx.post(
        f"{service.url}/epcis/capture",
        content=content,
        headers={"Authorization": f"Bearer {service.key}", "Content-Type": "application/ld+json"},
    )
    assert answer.status_code == 202, answer.text
    return [f"urn:event:{name}" for name in "abc"]


# --- events and queries --------------------------------------------------------------------------


def test_events_come_a_line_each_and_as_many_as_wanted(stored: list[str], run: Run) -> None:
    result = run("events", "EQ_action=ADD", "perPage=2")
    assert result.exit_code == 0, result.stderr
    assert [each["eventID"] for each in lines(result.stdout)] == stored
    assert [each["eventID"] for each in lines(run("events", "--limit", "1").stdout)] == stored[:1]
    several = run("events", f"EQ_eventID={stored[0]}", f"EQ_eventID={stored[2]}", "--json")
    assert [each["eventID"] for each in lines(several.stdout)] == [stored[0], stored[2]]
    assert run("events", "EQ_action=DELETE").stdout == ""


def test_events_are_told_digit_by_digit(run: Run) -> None:
    told = json.loads(document(event("digits", **{"https://x.test/heat": 12345678901234567890})))
    content = json.dumps(told).replace("12345678901234567890", "12345678901234567890.10")
    assert run("capture", "-", stdin=content).exit_code == 0
    assert "12345678901234567890.10" in run("events", "EQ_eventID=urn:event:digits").stdout


def test_what_is_no_query_is_refused_with_the_field(run: Run) -> None:
    result = run("events", "EQ_bizstep=shipping")
    assert result.exit_code == 1
    assert "EQ_bizstep" in result.stderr
    assert json.loads(run("events", "EQ_bizstep=shipping", "--json").stderr)["status"] == 400
    shaped = run("events", "shipping", LANG=CHINESE)
    assert (shaped.exit_code, "shipping 不是参数" in shaped.stderr) == (1, True)
    prefix = run("events", "GE_x:heat=1", "--extension", "x")
    assert (prefix.exit_code, "example=https://" in prefix.stderr) == (1, True)


def test_a_named_query_is_added_asked_and_deleted(stored: list[str], run: Run) -> None:
    added = run("query", "add", "ours", "EQ_action=ADD", f"EQ_eventID={stored[0]}|{stored[1]}")
    assert added.exit_code == 0, added.stderr
    assert "suyuan query events ours" in added.stdout
    again = run("query", "add", "ours", "--json")
    assert (again.exit_code, json.loads(again.stderr)["status"]) == (1, 409)
    filed = run("query", "add", "filed", "--from", "-", "--json", stdin='{"EQ_action": ["ADD"]}')
    assert json.loads(filed.stdout) == {"name": "filed", "query": {"EQ_action": ["ADD"]}}
    shown = run("query", "list").stdout
    assert "EQ_action=ADD" in shown
    assert max(map(cell_len, shown.splitlines())) <= NARROW
    assert {each["name"] for each in lines(run("query", "list", "--json").stdout)} >= {"ours", "filed"}
    assert json.loads(run("query", "show", "ours", "--json").stdout)["query"]["EQ_action"] == "ADD"
    found = run("query", "events", "ours", "GE_eventTime=2020-01-01T00:00:00Z")
    assert [each["eventID"] for each in lines(found.stdout)] == stored[:2]
    assert run("query", "delete", "filed").exit_code == 0
    for command in ("show", "delete", "events"):
        gone = run("query", command, "filed")
        assert (gone.exit_code, "filed" in gone.stderr) == (1, True), command


def test_new_events_of_a_query_are_followed(stored: list[str], run: Run) -> None:
    assert run("query", "add", "followed", f"EQ_eventID={stored[1]}|{stored[2]}").exit_code == 0
    followed = run("query", "events", "followed", "--follow", "--since", "2020-01-01", "--limit", "2")
    assert followed.exit_code == 0, followed.stderr
    assert [each["eventID"] for each in lines(followed.stdout)] == stored[1:]
    for wrong in (["--follow", "EQ_action=ADD"], ["--since", "2020-01-01"], ["--follow", "--since", "noon"]):
        result = run("query", "events", "followed", *wrong)
        assert (result.exit_code, bool(result.stderr)) == (1, True), wrong
    assert run("query", "events", "nobody", "--follow").exit_code == 1


def test_a_subscription_is_added_shown_and_ended(run: Run) -> None:
    assert run("query", "add", "watched", "EQ_action=DELETE").exit_code == 0
    dest = "http://127.0.0.1:9/epcis"
    added = run("subscribe", "add", "watched", dest, "--token", "s3cret", "--json")
    assert added.exit_code == 0, added.stderr
    made = json.loads(added.stdout)
    assert "s3cret" not in added.stdout
    daily = run("subscribe", "add", "watched", dest, "--schedule", "hour=1", "--schedule", "minute=5")
    assert (daily.exit_code, dest in daily.stdout) == (0, True)
    shown = run("subscribe", "list", "watched").stdout
    assert "hour=1" in shown
    assert max(map(cell_len, shown.splitlines())) <= NARROW
    assert len(lines(run("subscribe", "list", "watched", "--json").stdout)) == 2
    one = run("subscribe", "show", "watched", made["subscriptionID"], "--json")
    assert json.loads(one.stdout)["state"] == "active"
    assert run("subscribe", "delete", "watched", made["subscriptionID"]).exit_code == 0
    gone = run("subscribe", "show", "watched", made["subscriptionID"])
    assert (gone.exit_code, made["subscriptionID"] in gone.stderr) == (1, True)
    for wrong in (["mailto:a@b.test"], [dest, "--schedule", "hour=25"], [dest, "--schedule", "daily"]):
        result = run("subscribe", "add", "watched", *wrong)
        assert (result.exit_code, bool(result.stderr)) == (1, True), wrong
    assert run("subscribe", "add", "nobody", dest).exit_code == 1
    assert run("subscribe", "list", "nobody").exit_code == 1
    assert run("subscribe", "delete", "watched", "1").exit_code == 1


# --- complaints and suspect codes ----------------------------------------------------------------


def test_a_complaint_is_listed_shown_and_answered(service: Server, run: Run) -> None:
    sent = httpx.post(f"{service.url}/v1/complaints", json=complaint(text="Sour."))
    assert sent.status_code == 201, sent.text
    number = sent.json()["number"]
    shown = run("complaints", "--status", "received")
    assert "spoiled" in shown.stdout
    assert max(map(cell_len, shown.stdout.splitlines())) <= NARROW
    assert "变质" in run("complaints", LANG=CHINESE).stdout
    (row,) = lines(run("complaints", "--kind", "spoiled", "--json").stdout)
    assert row["number"] == number
    case = str(row["id"])
    assert "Sour." in run("complaint", "show", case).stdout
    empty = run("complaint", "answer", case)
    assert (empty.exit_code, "answer_zh" in empty.stderr) == (1, True)
    answered = run("complaint", "answer", case, "--zh", "已退货。", "--en", "Taken back.", LANG=CHINESE)
    assert (answered.exit_code, f"反映 {number} 现为：已答复" in answered.stdout) == (0, True)
    closed = json.loads(run("complaint", "answer", case, "--status", "closed", "--json").stdout)
    assert (closed["status"], closed["answer_en"]) == ("closed", "Taken back.")
    late = run("complaint", "answer", case, "--en", "Sorry.")
    assert (late.exit_code, "409" in late.stderr) == (1, True)
    assert run("complaint", "show", "999").exit_code == 1
    lost = run("complaints", "--status", "lost")
    assert (lost.exit_code, "status" in lost.stderr) == (1, True)


def test_a_code_that_was_looked_at_too_often_is_listed(service: Server, run: Run) -> None:
    key = {"Authorization": f"Bearer {service.key}"}
    with httpx.Client(base_url=service.url, headers=key) as http:
        http.post("/v1/products", json={"gtin": TEA, "category": "food", "name_zh": "茶"})
        lot = {"gtin": TEA, "lot": "S", "made_on": "2026-03-01", "expires_on": "2090-01-01"}
        batch = http.post("/v1/batches", json=lot).json()
        made = http.post(f"/v1/batches/{batch['id']}/serials", json={"serials": ["X1"]})
        assert made.status_code == 201, made.text
    for phone in range(4):
        agent = PHONE.replace("Android 14", f"Android {phone}")
        page = httpx.get(
            f"{service.url}/p/01/{TEA}/10/S/21/X1", headers={"Accept": "text/html", "User-Agent": agent}
        )
        assert page.status_code == 200
    end = time.monotonic() + PATIENCE_SECONDS
    while not (found := lines(run("suspects", "--status", "open", "--json").stdout)):
        assert time.monotonic() < end
        time.sleep(0.05)
    assert (found[0]["unit_uri"], found[0]["lot"]) == (f"https://id.gs1.org/01/{TEA}/21/X1", "S")
    shown = run("suspects").stdout
    assert "looked at" in shown
    assert max(map(cell_len, shown.splitlines())) <= NARROW
    assert run("suspects", "--batch", f"{TEA} S", "--status", "cleared").stdout == "Nothing found.\n"
    lost = run("suspects", "--status", "lost")
    assert (lost.exit_code, "status" in lost.stderr) == (1, True)


# --- changes -------------------------------------------------------------------------------------


def test_rows_of_every_kind_are_changed(run: Run) -> None:
    gtin = "06901234567021"
    for command in (
        f"party add --name-en Firm --gln {FIRM_GLN} --role producer",
        f"site add --party {FIRM_GLN} --gln {PLACE_GLN} --name-en Mill --address Road",
        f"product add --gtin {gtin} --category food --name-en Noodles",
        f"batch add --gtin {gtin} --lot C1 --made 2026-03-02",
    ):
        assert run(*command.split()).exit_code == 0, command
    cases: list[tuple[list[str], dict[str, Any]]] = [
        (
            ["party", FIRM_GLN, "disclosure=hidden", 'roles:=["processor"]', "name_zh=面粉 = 厂"],
            {"disclosure": "hidden", "roles": ["processor"], "name_zh": "面粉 = 厂", "name_en": "Firm"},
        ),
        (["site", PLACE_GLN, "kind=mill", "address="], {"kind": "mill", "address": None}),
        (["product", gtin, "shelf_life_days=300"], {"shelf_life_days": 300}),
        (["batch", f"{gtin} C1", "quantity=1.50", "uom=KGM"], {"quantity": "1.50", "uom": "KGM"}),
    ]
    for (group, name, *changes), wanted in cases:
        result = run(group, "change", name, *changes, "--json")
        assert result.exit_code == 0, result.stderr
        row = json.loads(result.stdout)
        assert {field: row[field] for field in wanted} == wanted
        shown = run(group, "change", name, *changes)
        assert (shown.exit_code, f"Changed id {row['id']}" in shown.stdout) == (0, True)
        for wrong, field in (
            ("colour=red", "colour"),
            ("id=7", "id"),
            ("row_id=7", "row_id"),
            ("self=1", "self"),
            ("lot:={", "lot:={"),
            ("lot", "lot"),
        ):
            refused = run(group, "change", name, wrong)
            assert (refused.exit_code, field in refused.stderr) == (1, True), wrong
        assert run(group, "change", "999999", *changes).exit_code == 1


def test_parameters_and_changes_are_read_as_they_are_written() -> None:
    assert parameters_of(["a=1=2", "b=", "a=3"]) == {"a": "1=2|3", "b": ""}
    assert changes_of(["a=1", "b=", "c:=[1]", "d:=null"]) == {"a": "1", "b": None, "c": [1], "d": None}
    moment = moment_of("2026-03-01T08:00:00+08:00")
    assert moment == datetime(2026, 3, 1, tzinfo=UTC)
    assert moment_of("2026-03-01") == datetime(2026, 3, 1).astimezone()
    for wrong in ("=1", ":=1", "a"):
        with pytest.raises(BadInput):
            changes_of([wrong])


# --- traces, usage -------------------------------------------------------------------------------


def test_a_trace_line_by_line_begins_with_its_summary(stored: list[str], run: Run) -> None:
    result = run("trace", uri("La"), "--ndjson")
    assert result.exit_code == 0, result.stderr
    names = [next(iter(line)) for line in lines(result.stdout)]
    assert names[:2] == ["counts", "trace"]
    assert names.count("holding") == 1
    nothing = run("trace", "06901234567892 nothing", "--ndjson")
    assert (nothing.exit_code, nothing.stdout) == (1, "")


@pytest.mark.parametrize(
    ("arguments", "english", "chinese"),
    [
        (["trac"], "Did you mean 'trace'?", "没有命令 trac，是否指 'trace'？"),
        (["nonsense"], "No such command 'nonsense'.", "没有命令 nonsense。"),
        (["recall", "show"], "Missing argument 'ID'.", "缺少参数 ID。"),
        (["recall", "show", "zero"], "valid integer", "'ID' 应为数字。"),
        (["recall", "show", "0"], "greater than or equal to 1", "'ID' 不能小于 1。"),
        (["recall", "open", "--class", "9"], "less than or equal to 3", "'--class' 不能大于 3。"),
        (["label", "x"], "Missing option '-o' / '--output'.", "缺少选项 '-o' / '--output'。"),
        (["party", "list", "-q"], "No such option: -q", "没有选项 -q。"),
        (["party", "list", "--lim"], "Possible options", "没有选项 --lim，可能是 --gln, --limit, --url。"),
        (["trace", "a", "--url"], "requires an argument", "选项 --url 需要一个值。"),
        (["trace", "a", "--csv=1"], "does not take a value", "选项 --csv 不带值。"),
        (["party", "show", "a", "b"], "unexpected extra argument", "多余的参数：b。"),
    ],
)
def test_wrong_usage_is_said_in_the_language_of_the_locale(
    arguments: list[str], english: str, chinese: str
) -> None:
    for language, words in (("en_US.UTF-8", ("Error: ", english)), (CHINESE, ("错误：", chinese))):
        result = CliRunner().invoke(
            app, arguments, env={"LANG": language, "LC_ALL": None, "LC_MESSAGES": None}
        )
        assert result.exit_code == 2
        for word in words:
            assert word in result.stderr


def test_a_group_without_a_command_shows_its_help(run: Run) -> None:
    for arguments in ([], ["query"], ["complaint"]):
        result = run(*arguments)
        assert result.exit_code == 2
        assert "Commands:" in result.stderr
        assert "Error" not in result.output
