"""The command `suyuan` and the client for grants and jurisdictions."""

import json

from suyuan import Suyuan
from tests.api.commanding import Run
from tests.server import Server
from tests.world import gln, gtin


def test_a_grant_is_given_listed_and_revoked(service: Server, run: Run) -> None:
    with Suyuan(service.url, service.key) as client:
        tea, shop = (
            client.parties.register(name_en=name, gln=gln(name)).id for name in ("grantor", "grantee")
        )
        product = client.products.register(party_id=tea, name_en="tea", category="food", gtin=gtin("granted"))
    told = run(
        "grant",
        "give",
        str(shop),
        "--from",
        str(tea),
        "--product",
        gtin("granted"),
        "--events-from",
        "2026-01-01",
    )
    assert told.exit_code == 0, told.stderr
    assert f"party {shop} sees of party {tea}" in told.stdout
    rows = [json.loads(line) for line in run("grant", "list", "--json").stdout.splitlines()]
    (row,) = [each for each in rows if each["grantor_id"] == tea]
    assert (row["grantor_id"], row["grantee_id"], row["product_id"]) == (tea, shop, product.id)
    assert str(product.id) in run("grant", "list").stdout
    assert "已撤销" in run("grant", "revoke", str(row["id"]), LANG="zh_CN.UTF-8").stdout
    refused = run("grant", "give", str(tea), "--from", str(tea))
    assert (refused.exit_code, "name another one" in refused.stderr) == (1, True)


def test_a_jurisdiction_is_given_listed_and_revoked(service: Server, run: Run) -> None:
    with Suyuan(service.url, service.key) as client:
        office = client.parties.register(name_en="office", roles=["regulator"], gln=gln("office")).id
    told = run("jurisdiction", "give", str(office), "--region", "35", "--category", "food")
    assert told.exit_code == 0, told.stderr
    assert "350000; food" in told.stdout
    shown = run("jurisdiction", "list", "--party", str(office), "--json").stdout
    (row,) = [json.loads(line) for line in shown.splitlines()]
    assert (row["region"], row["category"]) == ("350000", "food")
    assert run("jurisdiction", "revoke", str(row["id"])).exit_code == 0
    refused = run("jurisdiction", "give", str(office), "--region", "99")
    assert (refused.exit_code, "GB/T 2260" in refused.stderr) == (1, True)
