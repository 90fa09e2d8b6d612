"""The small world of the tutorials: a tea works, two shops and an authority, with fixed dates.

    python scripts/demo/tea.py

Asks `SUYUAN_URL` and `SUYUAN_KEY` (an operator's). Run again, it doubles nothing.

    Yunling Tea Works ── W1 ──> Huimin Market, College Road Kiosk
                      ── W2 ──> Huimin Market
                      ── W3 ──> on its way to Huimin Market
                      ── W0 ──> College Road Kiosk; recalled
"""

from typing import Any
from uuid import UUID, uuid5

from suyuan import Suyuan, events

NAMES = UUID("6f0f1e62-5d0b-4a44-9b3b-0d6a3a0c5f11")
LEAVES, TEA = "06953601000013", "06953601000020"
WORKS, MARKET, KIOSK, AUTHORITY = "6953601000006", "6953602000005", "6953603000004", "6953604000003"
PLANT, EAST_STREET, STALL = "6953601000105", "6953602000104", "6953603000103"


def found(area: Any, key: str, **fields: Any) -> Any:
    """The row that has this key, or a new one."""
    return area.find(**{key: fields[key]}) or area.register(**fields)


def register(client: Suyuan) -> None:
    """Who there is, where, and what they trade in."""
    for gln, zh, en, role, region in (
        (WORKS, "云岭茶厂", "Yunling Tea Works", "producer", "350982"),
        (MARKET, "惠民超市", "Huimin Market", "retailer", "350102"),
        (KIOSK, "学院路便利店", "College Road Kiosk", "retailer", "350104"),
        (AUTHORITY, "示范市市场监督管理局", "Demonstration City Market Regulator", "regulator", "350100"),
    ):
        phone = {"name": "林", "phone": "+86 591 8765 4321", "purpose": "consumer"}
        party = {"gln": gln, "name_zh": zh, "name_en": en, "roles": [role], "region": region}
        found(client.parties, "gln", **party, contacts=[phone], disclosure="name")
    for gln, owner, zh, en, region in (
        (PLANT, WORKS, "云岭茶厂车间", "Yunling plant", "350982"),
        (EAST_STREET, MARKET, "惠民超市东街店", "Huimin Market, East Street", "350102"),
        (STALL, KIOSK, "学院路便利店", "College Road Kiosk", "350104"),
    ):
        run_by = client.parties.find(gln=owner)
        assert run_by
        site = {"gln": gln, "name_zh": zh, "name_en": en, "region": region}
        found(client.sites, "gln", **site, party_id=run_by.id)
    works = client.parties.find(gln=WORKS)
    assert works
    leaves = {"gtin": LEAVES, "name_zh": "鲜叶", "name_en": "Fresh leaves", "category": "agricultural"}
    found(client.products, "gtin", **leaves, party_id=works.id)
    tea = {
        "gtin": TEA,
        "name_zh": "云岭白茶 350 克",
        "name_en": "Yunling white tea 350 g",
        "category": "food",
    }
    found(client.products, "gtin", **tea, party_id=works.id)


def happen(client: Suyuan) -> None:
    """What is made, sent and received, each under a name of its own."""
    plant, east, stall = (client.sites.find(gln=gln) for gln in (PLANT, EAST_STREET, STALL))
    assert plant
    assert east
    assert stall
    told = [events.harvest(f"{LEAVES} L1", 900, "KGM", at=plant, **_named("harvest", 16))]
    for number in range(4):
        made, lot = f"made {number}", [(f"{TEA} W{number}", 200)]
        used = [(f"{LEAVES} L1", 200, "KGM")]
        fields = {"best_before": "2036-03-19", "made_on": "2026-03-20", **_named(made, 20, number)}
        told.append(events.transform(used, lot, at=plant, **fields))
    for name, quantity, shop, arrived in (
        ("W0", 40, stall, True),
        ("W1", 120, east, True),
        ("W1", 30, stall, True),
        ("W2", 80, east, True),
        ("W3", 60, east, False),
    ):
        sent, where = (f"{TEA} {name}", quantity), f"{name} to {shop.gln}"
        told.append(events.ship(*sent, at=plant, to=shop, **_named(f"ship {where}", 24)))
        if arrived:
            told.append(events.receive(*sent, at=shop, source=plant, **_named(f"receive {where}", 26)))
    client.capture(events.document(*told))


def _named(what: str, day: int, hour: int = 0) -> dict[str, Any]:
    return {"when": f"2026-03-{day:02}T{8 + hour:02}:30:00+08:00", "event_id": uuid5(NAMES, what)}


def recall(client: Suyuan) -> None:
    """The lot W0, which was recalled before anybody began to read."""
    title = "云岭白茶 W0 召回"
    if any(case.title_zh == title for case in client.recalls.list()):
        return
    works = client.parties.find(gln=WORKS)
    assert works
    client.recalls.open(
        batch=[f"{TEA} W0"],
        hazard_class=2,
        title_zh=title,
        title_en="Recall of Yunling white tea W0",
        reason_zh="农药残留超标",
        reason_en="Pesticide residue above the limit",
        advice_zh="请勿饮用，退回购买处退款。",
        advice_en="Do not drink it; take it back to the shop for a refund.",
        responsible_party_id=works.id,
        contact={"name": "林", "phone": "+86 591 8765 4321"},
    )


if __name__ == "__main__":
    with Suyuan() as client:
        register(client)
        happen(client)
        recall(client)
    print("云岭茶厂、惠民超市、学院路便利店；白茶批次 W0（已召回）、W1、W2、W3")
    print("Yunling Tea Works, Huimin Market, College Road Kiosk; white tea W0 (recalled), W1, W2, W3")
