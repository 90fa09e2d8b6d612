"""The command `suyuan` against the real service: what it does, says and answers to machines."""

import json
import os
import subprocess
import sys
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest
from rich.cells import cell_len
from typer.testing import CliRunner

from suyuan.cli import app
from suyuan.cli.texts import TEXTS, chinese
from suyuan.demo import Truth, World
from suyuan.trace_boxes import sums
from suyuan.traces import Trace
from tests.api.commanding import NARROW, Run
from tests.server import ROOT, Server


@pytest.fixture(scope="module")
def truth(service: Server) -> Truth:
    """The demo world of seed 1 in the service, and its truth."""
    environment = {"SUYUAN_URL": service.url, "SUYUAN_KEY": service.key}
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "truth.json"
        result = CliRunner().invoke(app, ["demo", "--size", "tiny", "--truth", str(file)], env=environment)
        assert result.exit_code == 0, result.output
        return Truth.read(file)


def start_of(truth: Truth) -> str:
    return f"{truth.contaminated.gtin} {truth.contaminated.lot}"


# --- demo and trace ------------------------------------------------------------------------------


def test_the_demo_says_how_to_go_on_and_the_second_time_that_it_is_there(truth: Truth, run: Run) -> None:
    again = run("demo", "--size", "tiny")
    assert again.exit_code == 0
    assert "is there already" in again.stdout
    assert f'suyuan trace "{start_of(truth)}"' in again.stdout
    told = json.loads(run("demo", "--size", "tiny", "--json").stdout)
    assert (told["already"], told["stored"], told["contaminated"]["lot"]) == (True, 0, truth.contaminated.lot)


@pytest.mark.parametrize(
    "arguments", [["--size", "huge"], ["--category", "toys"], ["--category", "medicine", "--truth", "x"]]
)
def test_a_demo_that_cannot_be_is_refused_before_anything_is_sent(run: Run, arguments: list[str]) -> None:
    result = run("demo", *arguments)
    assert result.exit_code == 1
    assert result.stderr


def test_a_trace_fits_a_narrow_terminal_and_names_every_holder(truth: Truth, run: Run) -> None:
    for language in ("en_US.UTF-8", "zh_CN.UTF-8"):
        result = run("trace", start_of(truth), LANG=language)
        assert result.exit_code == 0
        assert max(map(cell_len, result.stdout.splitlines())) <= NARROW
        for holder in truth.holders:
            name = holder.site_name_zh if language == "zh_CN.UTF-8" else holder.site_name_en
            assert name[:3] in result.stdout
    assert f"holdings {len(truth.holders)}" in run("trace", start_of(truth)).stdout


def test_a_trace_for_machines_is_one_document_with_exactly_the_true_holders(truth: Truth, run: Run) -> None:
    told = json.loads(run("trace", truth.contaminated.uri, "--json").stdout)
    assert {(row["batch"]["uri"], row["site"]["uri"]) for row in told["holdings"]} == truth.pairs()


def test_backward_leads_to_the_flour(truth: Truth, run: Run) -> None:
    shop = next(holder for holder in truth.holders if holder.site_kind == "shop")
    told = json.loads(run("trace", shop.batch_uri, "--backward", "--json").stdout)
    assert truth.contaminated.uri in {row["batch"]["uri"] for row in told["holdings"]}
    assert "Until" in run("trace", shop.batch_uri, "--backward").stdout


def test_a_trace_as_csv_is_passed_on_byte_for_byte(truth: Truth, run: Run) -> None:
    csv = run("trace", start_of(truth), "--csv").stdout_bytes.decode("utf-8-sig")
    assert len(csv.splitlines()) >= len(truth.holders) + 1


def test_a_trace_is_drawn_with_every_true_holder_and_the_sums_of_its_summary(
    truth: Truth, run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "trace.svg"
    saved = run("trace", start_of(truth), "--svg", str(file))
    assert saved.exit_code == 0, saved.stderr
    assert "Saved" in saved.stdout
    root = ElementTree.fromstring(file.read_text(encoding="utf-8"))
    titles = [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}title")]
    for holder in truth.holders:
        assert any(holder.site_name_en in title and holder.lot in title for title in titles)
    found = msgspec.convert(json.loads(run("trace", start_of(truth), "--json").stdout), Trace, strict=False)
    for state in ("on_hand", "sold", "in_transit"):
        told = found.summary[state]
        assert sums(found.holdings, state) == {uom: Decimal(quantity) for uom, quantity in told.items()}
    drawn = run("trace", start_of(truth), "--svg", "-", "--backward", LANG="zh_CN.UTF-8")
    assert "来源追溯" in ElementTree.fromstring(drawn.stdout_bytes).findtext("{*}title", "")


@pytest.mark.parametrize("other", ["--json", "--csv", "--ndjson"])
def test_a_trace_is_told_in_one_form_only(truth: Truth, run: Run, tmp_path: Path, other: str) -> None:
    file = tmp_path / "trace.svg"
    refused = run("trace", start_of(truth), "--svg", str(file), other)
    assert refused.exit_code == 1
    assert "Give only one of --csv" in refused.stderr
    assert not file.exists()


def test_a_picture_that_cannot_be_written_is_said(truth: Truth, run: Run, tmp_path: Path) -> None:
    refused = run("trace", start_of(truth), "--svg", str(tmp_path / "nowhere" / "trace.svg"))
    assert refused.exit_code == 1
    assert "cannot be read or written" in refused.stderr


# --- registry, labels ----------------------------------------------------------------------------


def test_a_batch_is_registered_from_its_maker_to_its_label(run: Run, tmp_path: Path) -> None:
    maker = "--name-zh 张记面粉坊 --gln 6901234000009 --role producer --role processor"
    added = run("party", "add", *maker.split(), "--contact", "张敏", "--phone", "+86 395 0123456")
    assert added.exit_code == 0, added.stderr
    assert "https://id.gs1.org/417/6901234000009" in added.stdout
    party = json.loads(run("party", "show", "6901234000009", "--json").stdout)
    assert party["contacts"] == [{"name": "张敏", "phone": "+86 395 0123456", "purpose": "recall"}]
    assert (
        run(
            "site", "add", "--party", "6901234000009", "--gln", "6901234000016", "--name-en", "Mill"
        ).exit_code
        == 0
    )
    fields = {"gtin": "06901234500011", "category": "food", "name_zh": "面粉", "shelf_life_days": 300}
    assert (
        run("product", "add", "--from", "-", "--party", "6901234000009", stdin=json.dumps(fields)).exit_code
        == 0
    )
    lot = "--gtin 06901234500011 --lot L1 --made 2026-03-02 --quantity 1.50 --uom KGM --origin 6901234000016"
    made = run("batch", "add", *lot.split(), "--json")
    batch = json.loads(made.stdout)
    assert batch["quantity"] == "1.50"
    picture = tmp_path / "label.svg"
    assert run("label", "06901234500011 L1", "-o", str(picture)).exit_code == 0
    assert "<svg" in picture.read_text()
    assert run("label", str(batch["id"]), "-o", "-").stdout_bytes.startswith(b"\x89PNG")
    assert "面粉" in run("product", "list", "--party", "6901234000009", LANG="zh_CN.UTF-8").stdout
    assert (
        json.loads(run("site", "list", "--party", "6901234000009", "--q", "mill", "--json").stdout)["name_en"]
        == "Mill"
    )


def test_lists_for_machines_are_one_line_each_and_bounded(truth: Truth, run: Run) -> None:
    rows = [json.loads(line) for line in run("batch", "list", "--limit", "3", "--json").stdout.splitlines()]
    assert len(rows) == 3
    shown = run("batch", "list", "--limit", "3").stdout
    assert "--limit 0 shows all" in shown
    assert max(map(cell_len, shown.splitlines())) <= NARROW
    whole = run("batch", "list", "--limit", "0", "--json").stdout.splitlines()
    assert len(whole) > 3


def test_one_thing_is_shown_by_any_of_its_names(truth: Truth, run: Run) -> None:
    holder = truth.holders[0]
    for name in (holder.party_uri, holder.party_uscc, holder.party_uri[-13:]):
        assert json.loads(run("party", "show", name, "--json").stdout)["uscc"] == holder.party_uscc
    for name in (holder.batch_uri, f"{holder.gtin} {holder.lot}"):
        batch = json.loads(run("batch", "show", name, "--json").stdout)
        assert batch["uri"] == holder.batch_uri
    assert holder.lot in run("batch", "show", str(batch["id"])).stdout
    assert run("site", "show", holder.gln).exit_code == 0
    missing = run("party", "show", "https://nowhere.example/party/1")
    assert missing.exit_code == 1
    assert "not known" in missing.stderr


# --- captures ------------------------------------------------------------------------------------


def test_files_are_captured_once_and_a_bad_one_does_not_stop_the_others(run: Run, tmp_path: Path) -> None:
    documents = list(World.generate(77, 300).run(events_of_a_document=200).documents())
    files = []
    for number, document in enumerate(documents):
        files.append(tmp_path / f"{number}.jsonld")
        files[-1].write_text(json.dumps(document))
    events = [len(document["epcisBody"]["eventList"]) for document in documents]
    bad = tmp_path / "bad.json"
    bad.write_text("{")
    result = run("capture", str(files[0]), str(bad), *map(str, files[1:]), "--json")
    assert result.exit_code == 1
    assert "bad.json" in result.stderr
    told = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["stored"] for row in told] == events
    again = run("capture", "-", stdin=files[0].read_bytes())
    assert again.exit_code == 0
    assert f"0 events stored, {events[0]} were there already" in again.stdout


def test_a_refused_document_is_told_fault_by_fault(run: Run) -> None:
    document = {"epcisBody": {"eventList": [{"type": "ObjectEvent"}]}}
    result = run("capture", "-", stdin=json.dumps(document))
    assert result.exit_code == 1
    assert "Refused (400)" in result.stderr
    assert "被拒绝（400）" in run("capture", "-", stdin=json.dumps(document), LANG="zh_CN.UTF-8").stderr


def test_a_missing_file_is_said(run: Run) -> None:
    result = run("capture", "/nowhere/file.json")
    assert result.exit_code == 1
    assert "/nowhere/file.json cannot be read" in result.stderr


# --- recall, rebuild -----------------------------------------------------------------------------


def test_a_recall_is_opened_followed_and_closed(truth: Truth, run: Run) -> None:
    words = [
        "--title-zh",
        "面粉召回",
        "--title-en",
        "Flour recall",
        "--reason-zh",
        "霉",
        "--reason-en",
        "Mould",
    ]
    opened = run("recall", "open", "--batch", start_of(truth), "--class", "1", *words, "--json")
    assert opened.exit_code == 0, opened.stderr
    case = json.loads(opened.stdout)
    number = str(case["id"])
    assert "RECALLED: " in run("trace", start_of(truth), "--svg", "-").stdout
    holders = [json.loads(line) for line in run("recall", "holders", number, "--json").stdout.splitlines()]
    assert {(row["batch_uri"], row["site_uri"]) for row in holders} == truth.pairs()
    table = run("recall", "holders", number).stdout
    assert max(map(cell_len, table.splitlines())) <= NARROW
    assert holders[0]["quality_manager"]["phone"][:6] in table
    assert len(run("recall", "holders", number, "--csv").stdout.splitlines()) > len(holders)
    assert case["number"] in run("recall", "list", "--status", "open").stdout
    assert truth.contaminated.lot in run("recall", "show", number).stdout
    assert run("recall", "close", number, "--note", "all back").exit_code == 0
    again = run("recall", "close", number, "--note", "all back", LANG="zh_CN.UTF-8")
    assert (again.exit_code, "409" in again.stderr) == (1, True)


def test_a_case_is_looked_at_decided_on_and_followed_by_its_deadlines(truth: Truth, run: Run) -> None:
    start = start_of(truth)
    seen = run("recall", "preview", "--batch", start, "--compare")
    assert (seen.exit_code, "Nothing was opened." in seen.stdout) == (0, True), seen.stderr
    assert json.loads(run("recall", "preview", "--batch", start, "--json").stdout)["compared"] == []
    words = ("--title-zh", "封存", "--title-en", "Hold", "--reason-zh", "霉", "--reason-en", "Mould")
    about = ("--kind", "hold", "--assessing", "--cause", "failed_inspection", "--reference", "GC26-1")
    opened = run("recall", "open", "--batch", start, "--class", "2", *about, *words, "--json")
    assert opened.exit_code == 0, opened.stderr
    case = str(json.loads(opened.stdout)["id"])
    moved = run("recall", "move", case, "open", "--kind", "recall", "--class", "1")
    assert "is open now" in moved.stdout
    assert "hazard_class: 2" in run("recall", "history", case).stdout.replace("\n", " ")
    filed = run("recall", "file", case, "public_notice", "--json")
    assert "completion" in {row["rule"] for row in json.loads(filed.stdout)["items"]}
    assert "CN_FOOD" in run("recall", "deadlines", case).stdout
    board = [
        json.loads(line) for line in run("recall", "board", "--days", "365", "--json").stdout.splitlines()
    ]
    assert {row["recall_id"] for row in board} >= {int(case)}
    assert run("recall", "board", "--overdue").exit_code == 0
    assert "24/48/72 h" in run("recall", "profiles", COLUMNS="200").stdout
    assert "on the way" in run("recall", "holders", case).stdout.lower()
    wrong = run("recall", "preview", "--units", "A1")
    assert (wrong.exit_code, "FIRST..LAST" in wrong.stderr) == (1, True)
    assert run("recall", "move", case, "cancelled", "--note", "test").exit_code == 0


def test_a_rebuild_finds_nothing_changed(truth: Truth, run: Run) -> None:
    assert json.loads(run("rebuild", "--json").stdout)["changed_rows"] == 0


# --- connection, failures ------------------------------------------------------------------------


def test_login_tries_the_key_and_stores_it_for_its_owner_alone(
    run: Run, service: Server, tmp_path: Path
) -> None:
    without: dict[str, str | None] = {"SUYUAN_URL": None, "SUYUAN_KEY": None}
    wrong = run("login", "--url", service.url, "--key", "sy_wrong", **without)
    assert wrong.exit_code == 1
    stored = tmp_path / "config" / "suyuan" / "config.toml"
    assert not stored.exists()
    right = run("login", stdin=f"{service.url}\n{service.key}\n", **without)
    assert right.exit_code == 0, right.stderr
    assert service.key not in right.stdout
    assert stored.stat().st_mode & 0o777 == 0o600
    assert run("party", "list", **without).exit_code == 0


def test_a_service_that_is_not_there_ends_with_3(run: Run) -> None:
    result = run("party", "list", "--url", "http://127.0.0.1:1")
    assert result.exit_code == 3
    assert "http://127.0.0.1:1 cannot be reached" in result.stderr
    told = run("party", "list", "--url", "http://127.0.0.1:1", "--json")
    assert (told.exit_code, json.loads(told.stderr)["type"]) == (3, "Unreachable")
    assert told.stdout == ""


def test_wrong_usage_ends_with_2(run: Run) -> None:
    assert run("nonsense").exit_code == 2
    assert run("recall", "show", "zero").exit_code == 2
    assert run("party", "list", "--url", "nowhere").exit_code == 2


def test_a_refusal_names_field_value_and_what_would_be_right(run: Run) -> None:
    result = run("party", "add", "--name-en", "A", "--gln", "123")
    assert result.exit_code == 1
    assert "gln" in result.stderr
    assert "'123'" in result.stderr
    assert "13 digits" in result.stderr
    machine = json.loads(run("party", "add", "--name-en", "A", "--gln", "123", "--json").stderr)
    assert (machine["status"], machine["errors"][0]["value"]) == (400, "123")


def test_fields_that_are_no_object_are_said(run: Run) -> None:
    result = run("party", "add", "--from", "-", stdin="[1]")
    assert (result.exit_code, "no JSON object" in result.stderr) == (1, True)


def test_a_reader_that_has_had_enough_ends_the_command_quietly(
    truth: Truth, environment: dict[str, str | None]
) -> None:
    result = process(f"{sys.executable} -m suyuan batch list --limit 0 --json | head -c 1", environment)
    assert (result.stdout, result.stderr) == ("{", "")


# --- help, language ------------------------------------------------------------------------------


def process(command: str, environment: dict[str, str | None]) -> subprocess.CompletedProcess[str]:
    """The command as a process of its own: texts of help are chosen when it starts."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LC_")}
    ours = {name: value for name, value in environment.items() if value is not None}
    path = {"PYTHONPATH": str(ROOT / "clients"), "PYTHONUTF8": "1"}
    return subprocess.run(
        command,
        shell=True,
        cwd=ROOT,
        env={**inherited, **ours, **path},
        capture_output=True,
        text=True,
        check=False,
    )


IN_ENGLISH = ("Usage: suyuan trace", "Examples:", "Options:", "Show this message and exit.")
IN_CHINESE = ("用法：suyuan trace", "示例：", "选项:", "显示本说明后退出。")


@pytest.mark.parametrize(("language", "words"), [("en_US.UTF-8", IN_ENGLISH), ("zh_CN.UTF-8", IN_CHINESE)])
def test_help_teaches_in_the_language_of_the_locale(
    environment: dict[str, str | None], language: str, words: tuple[str, ...]
) -> None:
    result = process(f"{sys.executable} -m suyuan trace --help", {**environment, "LANG": language})
    assert result.returncode == 0
    assert [word for word in words if word not in result.stdout] == []
    assert 'suyuan trace "06901234567892 L1"' in result.stdout
    assert max(map(cell_len, result.stdout.splitlines())) <= NARROW + 40


def test_every_command_has_help_and_takes_json(run: Run) -> None:
    singles = ["login", "label", "capture", "identify", "events", "trace", "complaints", "suspects"]
    verbs = {
        **dict.fromkeys(("party", "site", "product", "batch"), "add list show change"),
        "recall": "open list show holders close preview move history deadlines file board profiles",
        "query": "add list show delete events",
        "subscribe": "add list show delete",
        "complaint": "show answer",
    }
    groups = [[group, verb] for group, names in verbs.items() for verb in names.split()]
    for command in [*([single] for single in [*singles, "rebuild", "demo"]), *groups]:
        shown = run(*command, "--help")
        assert shown.exit_code == 0
        assert {"--json", "--url", "--key"} <= set(shown.stdout.replace(",", " ").split()), command


#: English texts with Chinese examples or signs in them.
SPEAKS_CHINESE = ("and more", "--approval", "recall open", "complaint answer")


def test_every_text_is_in_both_languages_with_the_same_places() -> None:
    from string import Formatter

    def places(text: str) -> set[Any]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    for key, (english, other) in TEXTS.items():
        assert places(english) == places(other), key
        assert english
        assert other
        assert english.isascii() or key in SPEAKS_CHINESE, key


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"LANG": "zh_CN.UTF-8"}, True),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, False),
        ({"LC_MESSAGES": "zh_TW", "LANG": "en_US"}, True),
        ({}, False),
    ],
)
def test_the_locale_chooses_the_language(environment: dict[str, str], expected: bool) -> None:
    assert chinese(environment) is expected
