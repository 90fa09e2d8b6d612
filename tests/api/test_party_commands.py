"""A producer's first day, with the command line: invited, joins, registers, prints, captures, traces."""

import json
from pathlib import Path

from suyuan import Suyuan
from tests.api.commanding import Run
from tests.server import Server
from tests.world import check_digit, commission, document, sell

PREFIX = "6987654"
GTIN = "0698765400001" + check_digit("0698765400001")
GLN = "698765400002" + check_digit("698765400002")


def test_a_producer_goes_the_whole_way_by_itself(run: Run, service: Server, tmp_path: Path) -> None:
    added = run(
        "party", "add", "--name-en", "Newcomer Mill", "--role", "producer", "--prefix", PREFIX, "--json"
    )
    party = json.loads(added.stdout)
    assert party["company_prefixes"] == [PREFIX], added.stderr
    invited = run("invite", "--name", "Newcomer's office", "--party", str(party["id"]))
    joined = run("join", invited.stdout.split()[-1], SUYUAN_KEY=None)
    assert joined.exit_code == 0, joined.stderr
    key = joined.stdout.split()[-1]

    def mine(*words: str) -> str:
        done = run(*words, SUYUAN_KEY=key)
        assert done.exit_code == 0, (words, done.stderr)
        return done.stdout

    site = json.loads(mine("site", "add", "--name-en", "Mill", "--gln", GLN, "--json"))
    assert site["party_id"] == party["id"]
    mine("product", "add", "--name-en", "Flour", "--gtin", GTIN, "--category", "food")
    mine("batch", "add", "--gtin", GTIN, "--lot", "N1", "--made", "2026-03-01")
    mine("label", f"{GTIN} N1", "-o", str(tmp_path / "label.png"))
    assert (tmp_path / "label.png").read_bytes().startswith(b"\x89PNG")
    goods = f"https://id.gs1.org/01/{GTIN}/10/N1=10"
    paper = document(
        commission(goods, at=site["uri"], on=60, id="newcomer-made"),
        sell(goods.replace("=10", "=4"), at=site["uri"], on=61, id="newcomer-sold"),
    )
    (tmp_path / "events.jsonld").write_bytes(paper)
    assert "2 events stored" in mine("capture", str(tmp_path / "events.jsonld"))
    assert "Mill" in mine("trace", f"{GTIN} N1")
    assert "N1" in mine("batch", "list")
    mine("batch", "change", f"{GTIN} N1", "quantity=10", "uom=EA")
    for words in (
        ("complaints",),
        ("suspects",),
        ("party", "show", str(party["id"])),
        ("events",),
        ("key", "list"),
    ):
        mine(*words)
    refused = run("site", "add", "--name-en", "x", "--gln", "6901234500004", SUYUAN_KEY=key)
    assert "ask an operator to record your GS1 prefix" in " ".join(refused.stderr.split())
    # A key was given, and a good one: another would not help.
    assert "SUYUAN_KEY" not in refused.stderr
    with Suyuan(service.url, key=key) as suyuan:
        assert suyuan.whoami().party_id == party["id"]
        assert [each.name_en for each in suyuan.products.list(party_id=party["id"])] == ["Flour"]
