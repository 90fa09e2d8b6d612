"""Rows that captures make, and master data that fills them, on a real database."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import date
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from service.auth.caller import Caller
from service.auth.permissions import Role
from service.db.transaction import Transaction, transaction
from service.registry.changes import site_owner_listeners
from service.registry.ensure import (
    BatchFact,
    NewBatch,
    describe_batches,
    ensure_batches,
    ensure_parties,
    ensure_products,
    ensure_sites,
)
from service.registry.master_data import MasterDatum, fill_from_master_data
from service.registry.parties import change_party, register_party
from service.registry.schemas import NewParty, NewSite, PartyChange, SiteChange
from service.registry.sites import change_site, register_site

#: Nobody is bound to a party here.
OPERATOR = Caller("test", "key:0", Role.OPERATOR, None, frozenset())
GLN = "6901234500004"
PARTY = f"https://id.gs1.org/417/{GLN}"
PLACE = f"https://id.gs1.org/414/{GLN}"
USCC = "91350100M000100Y43"
TEA = "https://id.gs1.org/01/06901234567892"


async def row(tx: Transaction, table: str, row_id: int) -> dict[str, Any]:
    queries = {
        "site": "SELECT * FROM site WHERE id = $1",
        "party": "SELECT * FROM party WHERE id = $1",
        "product": "SELECT * FROM product WHERE id = $1",
        "batch": "SELECT * FROM batch WHERE id = $1",
    }
    found = await tx.sql.fetchrow(queries[table], row_id)
    assert found is not None
    return dict(found)


@pytest.fixture
async def told() -> AsyncIterator[list[int]]:
    """Sites whose owners have changed, as listeners hear of them."""
    heard: list[int] = []

    async def listen(_tx: Transaction, sites: Sequence[int]) -> None:
        heard.extend(sites)

    site_owner_listeners.append(listen)
    yield heard
    site_owner_listeners.remove(listen)


async def test_every_uri_gets_a_row_and_the_same_one_again(tx: Transaction) -> None:
    uris = [PARTY, "urn:x:party:a", f"http://127.0.0.1:8000/party/{USCC}"]
    first = await ensure_parties(tx, uris)
    assert len(set(first.values())) == 3
    again = await ensure_parties(tx, [*uris, "urn:x:party:b"])
    assert {uri: again[uri] for uri in uris} == first
    assert len(set(again.values())) == 4


async def test_a_captured_party_has_its_unspecified_site(tx: Transaction) -> None:
    parties = await ensure_parties(tx, [PARTY])
    sites = await ensure_sites(tx, [PARTY])
    site = await row(tx, "site", sites[PARTY])
    assert (site["uri"], site["unspecified"], site["party_id"]) == (PARTY, True, parties[PARTY])


async def test_a_party_is_found_by_the_number_it_was_given_later(tx: Transaction) -> None:
    party = await register_party(tx, OPERATOR, NewParty(name_zh="茶厂", uscc=USCC))
    await change_party(tx, OPERATOR, party["id"], PartyChange(gln=GLN))
    found = await ensure_parties(tx, [PARTY, f"https://old.example/party/{USCC}"])
    assert set(found.values()) == {party["id"]}
    assert (await row(tx, "site", (await ensure_sites(tx, [PARTY]))[PARTY]))["party_id"] == party["id"]


async def test_an_invoicing_party_is_the_party_of_its_gln(tx: Transaction) -> None:
    found = await ensure_parties(tx, [f"https://id.gs1.org/415/{GLN}", PARTY])
    assert len(set(found.values())) == 1


async def test_a_site_is_found_by_the_gln_it_was_given_later(tx: Transaction) -> None:
    site = await register_site(tx, OPERATOR, NewSite(name_zh="仓库"))
    await change_site(tx, OPERATOR, site["id"], SiteChange(gln=GLN))
    found = await ensure_sites(tx, [PLACE, f"{PLACE}/254/7"])
    assert found[PLACE] == site["id"]
    assert found[f"{PLACE}/254/7"] != site["id"]


async def test_a_place_that_proves_to_be_a_party_becomes_its_unspecified_site(
    tx: Transaction, told: list[int]
) -> None:
    place = (await ensure_sites(tx, ["urn:x:1"]))["urn:x:1"]
    assert (await row(tx, "site", place))["party_id"] is None
    party = (await ensure_parties(tx, ["urn:x:1"]))["urn:x:1"]
    site = await row(tx, "site", place)
    assert (site["party_id"], site["unspecified"]) == (party, True)
    assert told == [place]


async def test_a_consumer_variant_is_its_products_row(tx: Transaction) -> None:
    found = await ensure_products(tx, [f"{TEA}/22/2A", TEA])
    assert len(set(found.values())) == 1
    assert (await row(tx, "product", found[TEA]))["gtin"] == "06901234567892"


async def test_batches_bring_their_products(tx: Transaction) -> None:
    batches = [
        NewBatch(f"{TEA}/10/L1", TEA, "L1", of_one=False),
        NewBatch("urn:x:unit:1", None, None, of_one=True),
    ]
    found = await ensure_batches(tx, batches)
    assert found == await ensure_batches(tx, batches)
    lot = await row(tx, "batch", found[f"{TEA}/10/L1"])
    assert lot["product_id"] == (await ensure_products(tx, [TEA]))[TEA]
    assert (await row(tx, "batch", found["urn:x:unit:1"]))["of_one"]


async def test_broken_identifiers_are_kept_as_they_are(tx: Transaction) -> None:
    odd = "https://id.gs1.org/414/6901234500005"
    assert set(await ensure_sites(tx, [odd])) == {odd}
    assert set(await ensure_parties(tx, ["https://id.gs1.org/417/1"])) == {"https://id.gs1.org/417/1"}


async def test_nothing_asked_nothing_made(tx: Transaction) -> None:
    for ensure in (ensure_parties, ensure_sites, ensure_products):
        assert await ensure(tx, []) == {}
    assert await ensure_batches(tx, []) == {}
    await describe_batches(tx, [])
    await fill_from_master_data(tx, [])


async def test_the_earliest_told_date_counts_in_any_order(tx: Transaction) -> None:
    days = [date(2026, 3, 2), date(2026, 3, 1), date(2026, 3, 3)]
    for number, order in enumerate(permutations(days)):
        uri = f"{TEA}/10/D{number}"
        batch = (await ensure_batches(tx, [NewBatch(uri, TEA, f"D{number}", of_one=False)]))[uri]
        for day in order:
            await describe_batches(tx, [BatchFact(batch, day, None)])
        assert (await row(tx, "batch", batch))["made_on"] == min(days)


async def test_a_registered_date_is_never_overwritten(tx: Transaction) -> None:
    uri = f"{TEA}/10/L1"
    batch = (await ensure_batches(tx, [NewBatch(uri, TEA, "L1", of_one=False)]))[uri]
    await tx.sql.execute(
        "UPDATE batch SET source = 'registered', made_on = '2026-03-05' WHERE id = $1", batch
    )
    await describe_batches(tx, [BatchFact(batch, date(2026, 3, 1), date(2026, 9, 1))])
    after = await row(tx, "batch", batch)
    assert (after["made_on"], after["expires_on"]) == (date(2026, 3, 5), date(2026, 9, 1))


async def test_master_data_fills_what_was_only_captured(tx: Transaction) -> None:
    site = (await ensure_sites(tx, [PLACE]))[PLACE]
    elements = [
        MasterDatum(
            "site",
            PLACE,
            {"name": "一号仓库", "countryCode": "US", "state": "TX", "owning_party": PARTY, "rent": "2"},
        ),
        MasterDatum("party", PARTY, {"urn:epcglobal:cbv:mda#name": "Tea Co\0mpany", "odd": ["\ud800", 1]}),
        MasterDatum("product", TEA, {"descriptionShort": "Tea", "owning_party": PARTY}),
    ]
    await fill_from_master_data(tx, elements)
    after = await row(tx, "site", site)
    party = (await ensure_parties(tx, [PARTY]))[PARTY]
    assert (after["name_zh"], after["region"], after["party_id"]) == ("一号仓库", "US-TX", party)
    assert (after["source"], after["attributes"]["rent"]) == ("master_data", "2")
    assert (await row(tx, "party", party))["name_en"] == "Tea Company"
    product = await row(tx, "product", (await ensure_products(tx, [TEA]))[TEA])
    assert (product["name_en"], product["party_id"]) == ("Tea", party)


async def test_master_data_never_overwrites_what_was_registered(tx: Transaction, told: list[int]) -> None:
    owner = await register_party(tx, OPERATOR, NewParty(name_zh="茶厂", uscc=USCC))
    site = await register_site(tx, OPERATOR, NewSite(name_zh="仓库", gln=GLN, party_id=owner["id"]))
    told.clear()
    await fill_from_master_data(
        tx, [MasterDatum("site", PLACE, {"name": "别的库", "owning_party": "urn:a:a", "city": "Fuzhou"})]
    )
    after = await row(tx, "site", site["id"])
    assert (after["name_zh"], after["party_id"], after["source"]) == ("仓库", owner["id"], "registered")
    assert after["address"] == "Fuzhou"
    assert told == []


async def test_of_several_told_owners_one_counts_in_any_order(tx: Transaction, told: list[int]) -> None:
    owners = ["urn:b:party", "urn:a:party", "urn:c:party"]
    parties = await ensure_parties(tx, owners)
    for number, order in enumerate(permutations(owners)):
        uri = f"urn:place:{number}"
        for owner in order:
            await fill_from_master_data(tx, [MasterDatum("site", uri, {"owning_party": owner})])
        site = await row(tx, "site", (await ensure_sites(tx, [uri]))[uri])
        assert site["party_id"] == parties["urn:a:party"], order
        assert told[-1] == site["id"]


async def test_an_owner_given_by_hand_ends_what_master_data_told(tx: Transaction, told: list[int]) -> None:
    await fill_from_master_data(tx, [MasterDatum("site", PLACE, {"owning_party": "urn:b:party"})])
    site = (await ensure_sites(tx, [PLACE]))[PLACE]
    owner = await register_party(tx, OPERATOR, NewParty(name_zh="茶厂"))
    await register_site(tx, OPERATOR, NewSite(name_zh="仓库", gln=GLN, party_id=owner["id"]))
    assert told == [site, site]
    await fill_from_master_data(tx, [MasterDatum("site", PLACE, {"owning_party": "urn:a:party"})])
    assert (await row(tx, "site", site))["party_id"] == owner["id"]


async def test_an_owner_told_stays_when_the_site_is_registered_without_one(tx: Transaction) -> None:
    await fill_from_master_data(tx, [MasterDatum("site", PLACE, {"owning_party": "urn:b:party"})])
    site = await register_site(tx, OPERATOR, NewSite(name_zh="仓库", gln=GLN))
    assert site["party_id"] == (await ensure_parties(tx, ["urn:b:party"]))["urn:b:party"]


async def test_an_owner_that_is_no_uri_is_passed_over(tx: Transaction) -> None:
    for owner in ("Tea Company", "", {"a": 1}, "urn:" + "x" * 5000, None):
        await fill_from_master_data(tx, [MasterDatum("site", PLACE, {"owning_party": owner})])
    site = await row(tx, "site", (await ensure_sites(tx, [PLACE]))[PLACE])
    assert site["party_id"] is None
    assert "owning_party" not in site["attributes"]


async def test_captures_that_name_the_same_newcomers_do_not_deadlock(engine: AsyncEngine) -> None:
    uris = [f"urn:x:{number:03}" for number in range(60)]

    async def capture(order: list[str]) -> list[dict[str, int]]:
        async with transaction(engine) as tx:
            parties = await ensure_parties(tx, order)
            sites = await ensure_sites(tx, [f"{uri}:place" for uri in order])
            batches = await ensure_batches(
                tx, [NewBatch(f"{uri}:lot", f"{uri}:product", "L", of_one=False) for uri in order]
            )
            return [parties, sites, batches]

    orders = [uris, uris[::-1], uris[30:] + uris[:30], uris[::2] + uris[1::2]]
    answers = await asyncio.gather(*map(capture, orders * 2))
    assert all(answer == answers[0] for answer in answers)
