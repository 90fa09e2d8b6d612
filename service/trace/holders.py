"""Who holds what, of all holdings of a trace: in columns and lines of text, for they may be a million."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final

import numpy as np

from service.db.statements import statement
from service.db.transaction import Transaction
from service.trace.few import FEW_FLOWS, Key
from service.trace.packs import EVERY, LINE_END, Held, packed_holdings
from service.trace.passes import EPOCH, EVER, MICROSECOND, Column, column, distinct, in_order_of, keys_of
from service.trace.walk import Walk

STATES: Final = ("produced", "received", "shipped", "consumed", "sold", "destroyed", "sampled")
#: The amounts of a balance as they are told, after its unit of measure.
TOLD: Final = (*STATES, "on_hand")
#: What parts the amounts of a line, and lines: no unit of measure has them.
BETWEEN: Final = chr(31)
#: Batches whose holdings are read together.
BATCHES_AT_ONCE: Final = 2_000
#: Holdings are read batch by batch, unless a trace looked at more than so many flows for each that it
#: reaches: then much of its batches has nothing to do with it.
PASSED_MOST: Final = 4
#: So few holdings are read by rows: packs would be one question more.
FEW_HOLDINGS: Final = 500
#: No party is known.
NOBODY: Final = -1
#: Microseconds: of a second, and from the beginning of numpy's time to that of PostgreSQL's.
SECOND: Final = 1_000_000
EPOCH_OF_NUMPY: Final = int(EPOCH.timestamp()) * SECOND

WHEN_THERE: Final = """
-- When anything was first and last at holdings, packed: which of them, first, last.
SELECT string_agg(int8send(n), ''::bytea), string_agg(timestamptz_send(first_at), ''::bytea),
       string_agg(timestamptz_send(last_at), ''::bytea)
FROM (
    SELECT n, min(first_at) AS first_at, max(last_at) AS last_at
    FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS start (batch_id, site_id, n)
    JOIN holding USING (batch_id, site_id) GROUP BY n
) AS there
"""

OWNERS: Final = "SELECT id, party_id FROM site WHERE id = ANY($1::bigint[]) AND party_id IS NOT NULL"

#: unit of measure, then the decimal texts of `TOLD`
Balance = list[str]


@dataclass(slots=True)
class Holders:
    """A column each, by distance from the start, then time, then key.

    `at`: microseconds since `passes.EPOCH`, `EVER` where nothing was ever there; `party`: or `NOBODY`;
    `line`: which of `texts`, balances as `held.sql` tells them, those of one holding parted by `LINE_END`.
    """

    batch: Column
    site: Column
    party: Column
    at: Column
    hops: Column
    line: Column
    texts: Sequence[str]

    def __len__(self) -> int:
        return len(self.batch)

    def part(self, begin: int, end: int) -> "Holders":
        """Some."""
        batch, site, party, at, hops, line = (
            of[begin:end] for of in (self.batch, self.site, self.party, self.at, self.hops, self.line)
        )
        return Holders(batch, site, party, at, hops, line, self.texts)

    def since(self, begin: int, end: int) -> list[str | None]:
        """The moments of some, RFC 3339 in UTC, as short as they are exact; None where there is none."""
        at = self.at[begin:end]
        moments = (at + EPOCH_OF_NUMPY).astype("M8[us]")
        told: list[str | None] = np.strings.add(np.datetime_as_string(moments, unit="s"), "Z").tolist()
        for place in np.flatnonzero((at % SECOND != 0) | (at == EVER)):
            exact = None if at[place] == EVER else EPOCH + MICROSECOND * int(at[place])
            told[place] = text_of(exact)
        return told

    def amounts(self) -> Iterator[tuple[str, str, Decimal]]:
        """(state, unit of measure, quantity) to be added up over all."""
        # The same few lines come again and again.
        for text, times in zip(
            self.texts, np.bincount(self.line, minlength=len(self.texts)).tolist(), strict=True
        ):
            for uom, *quantities in balances_of(text) if times else ():
                for state, quantity in zip(TOLD, quantities, strict=True):
                    yield state, uom, times * Decimal(quantity)


def text_of(moment: datetime | None) -> str | None:
    """RFC 3339, UTC, as short as it is exact."""
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def balances_of(lines: str) -> list[Balance]:
    """The balances of one holding, by unit of measure."""
    return [line.split(BETWEEN) for line in lines.split(LINE_END)] if lines else []


async def load_holders(tx: Transaction, found: Walk, now: datetime) -> tuple[Holders, set[int]]:
    """Of all holdings reached; and the batches of which something is dated after `now` at one of them."""
    held = found.holdings
    if found.held is not None and len(held.batch) <= FEW_FLOWS:
        return await _few(tx, found, Held.joined(found.held), _there(found.held), now)
    texts = Texts()
    party, line, late = await _read(tx, found, now, texts)
    await _name_neighbours(tx, held.site, party)
    at = await _told_at(tx, found)
    # They are in the order of their keys.
    order = in_order_of(at)
    order = order[in_order_of(held.hops[order])]
    batch, site, party, at, hops = (of[order] for of in (held.batch, held.site, party, at, held.hops))
    return Holders(batch, site, party, at, hops, line[order], list(texts)), late


def _there(rows: Sequence[Sequence[Any]]) -> tuple[Column, Column]:
    """When anything was first and last there, of rows of balances."""
    first, last = (column(b"".join([row[place] or b"" for row in rows])) for place in (4, 5))
    return first, last


async def _few(
    tx: Transaction, found: Walk, told: Held, moments: tuple[Column, Column], now: datetime
) -> tuple[Holders, set[int]]:
    """`load_holders` where balances came along: one by one, for columns cost more than they save."""
    first, last = (of.tolist() for of in moments)
    there: dict[Key, list[int]] = defaultdict(list)
    for row, key in enumerate(zip(told.batch.tolist(), told.site.tolist(), strict=True)):
        there[key].append(row)
    parties, now_at = told.party.tolist(), (now - EPOCH) // MICROSECOND
    rows, late, texts = [], set(), Texts({"": 0})
    held = found.holdings
    reached = zip(held.batch.tolist(), held.site.tolist(), held.at.tolist(), held.hops.tolist(), strict=True)
    for batch, site, at, hops in reached:
        of = there.get((batch, site), ())
        party = parties[of[-1]] if of else NOBODY
        if at != EVER:
            at = at if found.forward else -at
        elif of:
            at = min(first[row] for row in of) if found.forward else max(last[row] for row in of)
        if any(last[row] > now_at for row in of):
            late.add(batch)
        text = LINE_END.join(sorted(told.lines[row] for row in of))
        rows.append((hops, at, batch, site, party, texts[text]))
    columns = np.array(sorted(rows), dtype=np.int64).reshape(-1, 6).T
    hops_of, at_of, batch_of, site_of, party_of, line = (of.copy() for of in columns)
    await _name_neighbours(tx, site_of, party_of)
    return Holders(batch_of, site_of, party_of, at_of, hops_of, line, list(texts)), late


class Texts(dict[str, int]):
    """Texts and their numbers, in the order in which they were asked for first."""

    def __missing__(self, text: str) -> int:
        number = self[text] = len(self)
        return number


async def _read(tx: Transaction, found: Walk, now: datetime, texts: Texts) -> tuple[Column, Column, set[int]]:
    """Parties and lines in the order of `found.holdings`, late batches. The first of `texts` is of holdings
    without a balance.
    """
    held = found.holdings
    party = np.full(len(found), NOBODY, dtype=np.int64)
    line = np.full(len(found), texts[""], dtype=np.int64)
    late: set[int] = set()
    if found.held is not None:
        of_rows = Held.joined(found.held)
        there = _told_of(of_rows, held.batch, held.site, party, line, texts)
        return party, line, _late(of_rows, there, _there(found.held)[1], now)
    held_of, held_at = (statement("service.trace", name) for name in ("held_of", "held"))
    by_batch = found.passed <= PASSED_MOST * len(found)
    bounds = np.flatnonzero(np.diff(held.batch, prepend=held.batch[:1] - 1))[::BATCHES_AT_ONCE].tolist()
    for begin, end in pairwise([*bounds, len(found)]):
        batch, site = held.batch[begin:end], held.site[begin:end]
        rest = np.ones(len(batch), dtype=np.bool_)
        if by_batch and len(batch) > FEW_HOLDINGS:
            # Nothing in a pack is dated after now.
            packed, packs = await packed_holdings(tx, distinct(batch))
            rest = ~np.isin(batch, packs)
            _told_of(packed, batch, site, party[begin:end], line[begin:end], texts)
            if not rest.any():
                continue
        wanted = batch[rest]
        if by_batch:
            (row,) = await tx.sql.fetch(held_of, distinct(wanted).tolist(), EVERY)
        else:
            (row,) = await tx.sql.fetch(held_at, wanted.tolist(), site[rest].tolist())
        of_rows = Held.read(row)
        there = _told_of(of_rows, batch, site, party[begin:end], line[begin:end], texts)
        late |= _late(of_rows, there, column(row[5]), now)
    return party, line, late


def _late(held: Held, there: Column, last: Column, now: datetime) -> set[int]:
    """The batches of those of these balances (`there`) where something is dated after `now`."""
    overdue = last[there] > (now - EPOCH) // MICROSECOND
    return set(held.batch[there[overdue]].tolist())


def _told_of(held: Held, batch: Column, site: Column, party: Column, line: Column, texts: Texts) -> Column:
    """Enter balances where these pairs of batch and site want them; which of the balances these are."""
    there, places = _places(batch, site, held.batch, held.site)
    party[places] = held.party[there]
    told = np.fromiter(map(texts.__getitem__, held.lines), np.int64, len(held.lines))[there]
    if len(distinct(places)) == len(places):
        line[places] = told
        return there
    # Several units of measure at one holding.
    known, several = list(texts), defaultdict(list)
    for place, number in zip(places.tolist(), told.tolist(), strict=True):
        several[place].append(known[number])
    for place, lines in several.items():
        line[place] = texts[LINE_END.join(sorted(lines))]
    return there


async def _name_neighbours(tx: Transaction, site: Column, party: Column) -> None:
    """Who runs the places of which no balance was found: a party sees its neighbours, not their stock."""
    unnamed = np.flatnonzero(party == NOBODY)
    if len(unnamed):
        rows = await tx.sql.fetch(OWNERS, distinct(site[unnamed]).tolist())
        owners = {row["id"]: row["party_id"] for row in rows}
        party[unnamed] = [owners.get(place, NOBODY) for place in site[unnamed].tolist()]


def _places(batch: Column, site: Column, of_batch: Column, of_site: Column) -> tuple[Column, Column]:
    """Which of the pairs `of_batch`, `of_site` are among the pairs `batch`, `site`, which are in order; and
    where among them.
    """
    keys, _ = keys_of(np.concatenate([batch, of_batch]), np.concatenate([site, of_site]))
    wanted, given = keys[: len(batch)], keys[len(batch) :]
    places = np.searchsorted(wanted, given)
    there = np.flatnonzero(wanted[np.minimum(places, len(wanted) - 1)] == given)
    return there, places[there]


async def _told_at(tx: Transaction, found: Walk) -> Column:
    """The moments of holdings as they are told; that of a start without one is when anything was there."""
    held = found.holdings
    at = np.where(held.at == EVER, EVER, held.at if found.forward else -held.at)
    starts = np.flatnonzero(at == EVER)
    if not len(starts):
        return at
    if found.held is not None:
        told, (first, last) = Held.joined(found.held), _there(found.held)
        there, places = _places(held.batch[starts], held.site[starts], told.batch, told.site)
        # Several units of measure at one holding.
        soonest, moments = (np.minimum, first) if found.forward else (np.maximum, last)
        at[starts[places]] = moments[there]
        soonest.at(at, starts[places], moments[there])
        return at
    (row,) = await tx.sql.fetch(WHEN_THERE, held.batch[starts].tolist(), held.site[starts].tolist())
    at[starts[column(row[0]) - 1]] = column(row[1] if found.forward else row[2])
    return at
