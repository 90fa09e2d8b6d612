"""What somebody with a key tries against another's chain, from his own places."""

import httpx

from service.events.event_hash import event_hash
from tests.api.parties import joined, post
from tests.api.partnering import LD_JSON, id_of, in_error, partners, tell
from tests.api.registering import register_batch, register_product
from tests.world import (
    CONTEXT,
    Json,
    check_digit,
    commission,
    document,
    gtin,
    observe,
    pack,
    place,
    receive,
    sell,
    ship,
    unpack,
    uri,
)

PLACES = {"plant": "maker", "depot": "dealer", "shop": "grocer", "den": "rival"}
OWN_GLN = "690123400000"


async def test_a_place_is_its_owners_by_whatever_number_an_event_names_it(client: httpx.AsyncClient) -> None:
    maker, key = await joined(client, "maker", uscc="91350100M000100Y43")
    _, rival = await joined(client, "rival")
    site = (await client.post("/v1/sites", json={"name_zh": "仓库"}, headers=key)).json()["id"]
    numbers = [f"{OWN_GLN}{check_digit(OWN_GLN)}", f"690123400001{check_digit('690123400001')}"]
    for path, number in ((f"/v1/sites/{site}", numbers[0]), (f"/v1/parties/{maker}", numbers[1])):
        answer = await client.patch(path, json={"gln": number}, headers=key)
        assert answer.is_success, answer.text
    names = (f"414/{numbers[0]}", f"414/{numbers[0]}/254/dock", f"417/{numbers[1]}", f"415/{numbers[1]}")
    for name in names:
        sold = sell("X1=5", read=f"https://id.gs1.org/{name}", on=1)
        assert (await tell(client, rival, sold)).status_code == 403, name
        assert (await tell(client, key, sold)).status_code == 201, name


async def reached(client: httpx.AsyncClient, *lots: str) -> set[str]:
    """The places to which each of these lots went."""
    found = set(PLACES)
    for lot in lots:
        answer = await client.get("/v1/trace/forward", params={"batch": uri(lot)})
        assert answer.status_code == 200, answer.text
        found &= {name for name in PLACES if place(name) in answer.text}
    return found


PALLETS: tuple[tuple[str, Json], ...] = (
    ("maker", commission("milk/L1#1", "milk/L1#2", at="plant", on=1)),
    ("maker", commission("milk/L2=10", at="plant", on=1)),
    ("maker", pack("@P1", "milk#1", "milk#2", "milk/L2=10", at="plant", on=2)),
    ("maker", ship("@P1", at="plant", to="depot", on=3)),
    ("dealer", receive("@P1", at="depot", source="plant", on=4)),
    ("dealer", ship("@P1", at="depot", to="shop", on=5)),
    ("grocer", receive("@P1", at="shop", source="depot", on=6)),
)
UNPACKINGS: tuple[tuple[Json, ...], ...] = (
    (unpack("@P1", at="den", on=2.5),),
    (unpack("@P1", "milk#1", "milk#2", "milk/L2=10", at="den", on=4.5),),
    (receive("@P1", at="den", source="plant", on=2.2), unpack("@P1", at="den", on=2.5)),
    (pack("@P9", "milk#1", "milk#2", at="den", on=2.5), unpack("@P1", at="den", on=2.4)),
    (sell("milk#1", "milk#2", at="den", on=2.5), observe("@P1", at="den", on=2.4)),
    (pack("@P1", "junk/J1=1", at="den", on=2.4), unpack("@P1", at="den", on=2.5)),
)


async def test_nobody_unpacks_at_his_place_what_nobody_sent_there(client: httpx.AsyncClient) -> None:
    keys = await partners(client, **PLACES)
    for who, told in PALLETS:
        assert (await tell(client, keys[who], told)).status_code == 201
    assert await reached(client, "milk/L1", "milk/L2") == {"plant", "depot", "shop"}
    for unpackings in UNPACKINGS:
        for told in unpackings:
            assert (await tell(client, keys["rival"], told)).status_code == 201
        assert await reached(client, "milk/L1", "milk/L2") >= {"plant", "depot", "shop"}, unpackings


async def test_whoever_was_sent_a_pallet_unpacks_it_or_lets_others_do_so(client: httpx.AsyncClient) -> None:
    keys = await partners(client, **PLACES)
    carrier = {"delegate_id": await id_of(client, keys, "rival")}
    assert (await client.post("/v1/delegations", json=carrier, headers=keys["dealer"])).status_code == 201
    for who, told in PALLETS[:5]:
        assert (await tell(client, keys[who], told)).status_code == 201
    unpacked = unpack("@P1", at="depot", on=4.5)
    assert (await tell(client, keys["rival"], unpacked)).status_code == 201
    emptied = ship("@P1", at="depot", to="shop", on=5)
    assert (await tell(client, keys["dealer"], emptied)).status_code == 201
    assert await reached(client, "milk/L1") == {"plant", "depot"}


async def test_whose_product_a_pack_is_says_of_which_lot(client: httpx.AsyncClient) -> None:
    keys = await partners(client, **PLACES)
    owner = await id_of(client, keys, "maker")
    await register_product(client, gtin=gtin("milk"), party_id=owner)
    false = observe("milk/FALSE#1", at="den", on=0)
    assert (await tell(client, keys["rival"], false)).status_code == 201
    for who, told in PALLETS:
        assert (await tell(client, keys[who], told)).status_code == 201
    false = observe("milk/FALSE#2", at="den", on=0)
    assert (await tell(client, keys["rival"], false)).status_code == 201
    for serial in ("milk#1", "milk#2"):
        answer = (await client.get("/v1/trace/forward", params={"unit": uri(serial)})).json()
        assert [start["lot"] for start in answer["starts"]] == ["L1"]


async def test_whose_product_it_is_says_when_a_lot_was_made_and_expires(client: httpx.AsyncClient) -> None:
    keys = await partners(client, **PLACES)
    owner = await id_of(client, keys, "maker")
    product = await register_product(client, gtin=gtin("milk"))
    true = {"cbvmda:productionDate": "2026-01-01", "cbvmda:itemExpirationDate": "2027-01-01"}
    false = {"cbvmda:productionDate": "2019-01-01", "cbvmda:itemExpirationDate": "2020-01-01"}
    await register_batch(client, "R1", gtin=gtin("milk"), made_on="2026-01-01")

    async def tell_of(who: str, at: str, dates: Json) -> None:
        for lot in ("milk/L1=5", "milk/R1=5"):
            told = commission(lot, at=at, on=0 if who == "rival" else 2, ilmd=dates)
            assert (await tell(client, keys[who], told)).status_code == 201

    async def dates() -> list[tuple[str, str | None]]:
        rows = (await client.get("/v1/batches", params={"gtin": gtin("milk")})).json()["items"]
        return [(row["made_on"], row["expires_on"]) for row in rows]

    # As long as the product is nobody's, everybody may tell of it.
    await tell_of("rival", "den", false)
    await tell_of("rival", "den", {**false, "cbvmda:productionDate": "2018-01-01"})
    assert await dates() == [("2026-01-01", None), ("2018-01-01", "2020-01-01")]
    answer = await client.patch(f"/v1/products/{product['id']}", json={"party_id": owner})
    assert answer.status_code == 200, answer.text
    await tell_of("maker", "plant", true)
    assert await dates() == [("2026-01-01", "2027-01-01")] * 2


async def test_a_hash_that_is_not_the_events_own_is_no_name_for_it(client: httpx.AsyncClient) -> None:
    keys = await partners(client, **PLACES)
    true = commission("milk/L1=5", at="plant", on=1)
    own = event_hash(true, [CONTEXT])
    false = {**observe("junk/J1", at="den", on=1), "eventID": own}
    refused = await tell(client, keys["rival"], false)
    assert refused.status_code == 403
    assert [fault["value"] for fault in refused.json()["errors"]] == [own]
    both = document(observe("junk/J2", at="den", on=1, id="good"), false)
    whole = await client.post("/epcis/capture", content=both, headers={**LD_JSON, **keys["rival"]})
    assert whole.status_code == 403
    assert whole.json()["errors"][0]["field"] == "/epcisBody/eventList/1/eventID"
    # Its owner's, an error declaration of it, and hashes of other algorithms are names as they always were.
    for event in ({**true, "eventID": own}, in_error({**true, "eventID": own})):
        assert (await tell(client, keys["maker"], event)).status_code == 201
    other = {**false, "eventID": own.replace("CBV2.0", "CBV2.1")}
    assert (await tell(client, keys["rival"], other)).status_code == 201
    # Published examples bear the hashes of others: operators keep what they are given.
    kept = {**false, "eventID": own.replace(own[14], "0" if own[14] != "0" else "1")}
    assert (await tell(client, {}, kept)).status_code == 201


async def test_a_party_takes_nobodys_identity_into_its_own_firm(client: httpx.AsyncClient) -> None:
    ids = {who: await joined(client, who) for who in ("maker", "rival")}
    alice = {"name": "Alice", "role": "holder", "issuer": "https://idp.example", "subject": "alice"}
    for _, key in ids.values():
        own = await client.post("/v1/members", json={**alice, "party_id": ids["rival"][0]}, headers=key)
        assert own.status_code == 403
    assert "invitation" in own.json()["detail"]
    named = await client.post("/v1/members", json={**alice, "party_id": ids["maker"][0]})
    assert named.status_code == 201, named.text


async def test_a_lot_that_somebody_guessed_and_saw_tells_neither_its_size_nor_its_origin(
    client: httpx.AsyncClient,
) -> None:
    keys = await partners(client, **PLACES)
    await register_product(client, gtin=gtin("milk"), party_id=await id_of(client, keys, "maker"))
    lot = {"gtin": gtin("milk"), "lot": "L1", "made_on": "2026-01-01", "origin_site": place("plant")}
    made = await post(client, keys["maker"], "/v1/batches", **lot, quantity="555", uom="KGM")
    assert (await tell(client, keys["rival"], observe("milk/L1", at="den", on=5))).status_code == 201
    secret = {"quantity": "555", "uom": "KGM", "origin_site_id": made["origin_site_id"]}
    for who, seen in (("maker", secret), ("rival", dict.fromkeys(secret))):
        one = (await client.get(f"/v1/batches/{made['id']}", headers=keys[who])).json()
        (listed,) = (await client.get("/v1/batches", params={"lot": "L1"}, headers=keys[who])).json()["items"]
        assert one == listed
        assert {name: one[name] for name in secret} == seen
        assert one["made_on"] == "2026-01-01"
