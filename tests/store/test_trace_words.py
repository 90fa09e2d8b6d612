"""What places and parties are called, read while a trace is told."""

import json
from collections.abc import Sequence

import msgspec
import numpy as np
import pytest

from service.db.transaction import Transaction
from service.trace import words
from service.trace.holder_list import OF_PARTIES, OF_SITES, cells_as_csv, cells_of
from service.trace.words import PARTIES, SITES, Kept, Regions, ahead, parties_as_json, sites_as_json
from tests.world import capture, commission, owners


async def test_no_more_words_are_kept_than_are_asked_for_at_once_and_some(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(words, "PLACES_KEPT", 3)
    read: list[Sequence[int]] = []

    async def texts(keys: Sequence[int]) -> dict[int, str]:
        read.append(keys)
        return {key: str(key) for key in keys}

    kept = Kept(texts)
    pieces = [("a", [1, 2, 1]), ("b", [2, 3]), ("c", [3, 4]), ("d", [5, 6, 7, 8]), ("e", [5, 1])]
    told = [
        (piece, {key: known[key] for key in keys})
        async for (piece, keys), known in ahead(((piece, piece[1]) for piece in pieces), kept.of)
    ]
    assert told == [(piece, {key: str(key) for key in keys}) for piece, keys in pieces]
    assert read == [[1, 2], [3], [4], [5, 6, 7, 8], [1]]
    assert len(kept.known) <= 4


async def test_a_teller_who_is_left_asks_no_more() -> None:
    read: list[Sequence[int]] = []

    async def texts(keys: Sequence[int]) -> dict[int, str]:
        read.append(keys)
        return {key: str(key) for key in keys}

    pieces = ahead(((n, [n]) for n in range(9)), texts)
    assert await anext(pieces) == (0, {0: "0"})
    await pieces.aclose()
    assert read == [[0], [1]]


async def test_parties_are_told_as_they_are_stored(tx: Transaction) -> None:
    await capture(tx, commission("tea/T=9", at="farm", on=1), master=owners(farm="Farm Ltd", mill="磨坊"))
    await tx.sql.execute(
        """UPDATE party SET roles = '{maker}', contacts = '[{"name": "A, \\"B\\"", "phone": "1"}]',
        quality_manager = '{"name": "李: 四", "more": [1, {"a": null}]}'"""
    )
    rows = await tx.sql.fetch(
        PARTIES + "ORDER BY id", await tx.sql.fetchval("SELECT array_agg(id) FROM party")
    )
    told = await parties_as_json(tx, [row["id"] for row in rows])
    assert len(told) == 2
    assert list(told.values()) == [msgspec.json.encode(dict(row)) for row in rows]


async def test_sites_are_told_as_they_are_stored(tx: Transaction) -> None:
    await capture(tx, commission("tea/T=9", at="farm", on=1), commission("rye/R=9", at="mill", on=1))
    strange = "".join(map(chr, range(1, 256))) + "\u2028\u202e果\U0001f34e\uffff/</"
    await tx.sql.execute(
        "UPDATE site SET name_zh = $1::text, address = repeat($1::text, 2) WHERE id % 2 = 0", strange
    )
    rows = await tx.sql.fetch(SITES, await tx.sql.fetchval("SELECT array_agg(id) FROM site"))
    told = await sites_as_json(tx, [row["id"] for row in rows])
    assert len(told) > 1
    assert told == {row["id"]: msgspec.json.encode(dict(row)) for row in rows}


@pytest.mark.parametrize("name", ["磨坊", 'Mill "B", Ltd.', "=1", "a\x1fb", "a\x1eb", "\x1f\x1e,"])
async def test_cells_of_places_and_parties_are_those_that_are_stored(tx: Transaction, name: str) -> None:
    given = (commission("tea/T=9", at="farm", on=1), commission("rye/R=9", at="mill", on=1))
    await capture(tx, *given, master=owners(farm="Farm Ltd", mill="Mill Ltd", shop="Shop Ltd"))
    answering = json.dumps({"name": name, "phone": "+86 591", "email": "q@b"})
    first = json.dumps([{"name": "A", "phone": "-1+cmd"}])
    await tx.sql.execute("UPDATE site SET name_zh = $1::text WHERE id % 2 = 0", name)
    await tx.sql.execute(
        "UPDATE party SET name_zh = $1::text, quality_manager = $2::text::jsonb, "
        "contacts = CASE WHEN id % 2 = 0 THEN '[{}]' ELSE $3::text::jsonb END",
        *(name, answering, first),
    )
    sites = await tx.sql.fetch(
        SITES + "ORDER BY id DESC", await tx.sql.fetchval("SELECT array_agg(id) FROM site")
    )
    told = await cells_of(tx, OF_SITES, [-1, *(row["id"] for row in sites)])
    columns = ("name_zh", "name_en", "uri")
    assert told == {
        **{row["id"]: cells_as_csv([row[column] for column in columns]) for row in sites},
        -1: ",,",
    }
    parties = await tx.sql.fetch("SELECT id, uscc, gln FROM party ORDER BY id")
    told = await cells_of(tx, OF_PARTIES, [-1, *(row["id"] for row in parties)])
    assert told == {
        **{
            row["id"]: cells_as_csv(
                [name, None, row["uscc"], row["gln"], None, name]
                + (["+86 591", "q@b"] if row["id"] % 2 == 0 else ["-1+cmd", None])
            )
            for row in parties
        },
        -1: ",,,,,,,",
    }
    assert {row["id"] % 2 for row in parties} == {0, 1}


async def test_regions_are_those_of_each_place(tx: Transaction) -> None:
    await capture(tx, *(commission(f"tea/T{at}=9", at=at, on=1) for at in ("farm", "mill", "shop")))
    await tx.sql.execute("UPDATE site SET region = CASE WHEN id % 2 = 0 THEN '330100' ELSE '' END")
    rows = await tx.sql.fetch("SELECT id, region FROM site ORDER BY id DESC")
    ids = np.array([row["id"] for row in rows])
    found = await Regions.of(tx, "site", ids)
    assert found.at(np.append(ids, [-5, 2**60])) == [*(row["region"] or None for row in rows), None, None]
    assert "330100" in found.at(ids)
    assert (await Regions.of(tx, "site", ids[:0])).at(ids) == [None] * len(ids)
