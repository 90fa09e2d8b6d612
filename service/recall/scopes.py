"""What a scope names: its starts for the trace, and the units it is limited to. A scope is kept as texts.

Units trace by their batches: where each single one went is not what a holder of the batch can tell by looking
at a shelf. But only units in scope are called recalled.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from service.db.transaction import Transaction
from service.errors import Fault, Malformed, Missing
from service.identifiers.drug_code import DRUG_URI_PREFIX, IDENTIFICATION_LENGTH
from service.identifiers.identity import Identity, Kind
from service.trace.starts import Question, Starts, find_starts, understand

#: First and last unit URI: of one length, in the order of bytes.
Range = tuple[str, str]

BATCHES_OF_UNITS: Final = """
-- Batches of the units from $1 to $2, by the name of the unit or by the drug code on it.
SELECT DISTINCT batch.uri
FROM unnest($1::text[], $2::text[]) AS named (first, last)
CROSS JOIN LATERAL (
    SELECT unit.batch_id FROM unit
    WHERE unit.uri BETWEEN named.first AND named.last AND length(unit.uri) = length(named.first)
    UNION
    SELECT coalesce(unit.batch_id, code.batch_id)
    FROM drug_code AS code LEFT JOIN unit ON unit.id = code.unit_id
    WHERE named.first ^@ $3 AND code.code BETWEEN substr(named.first, $4) AND substr(named.last, $4)
) AS found
JOIN batch ON batch.id = found.batch_id
"""
KNOWN_BATCHES: Final = "SELECT uri FROM batch WHERE uri = ANY($1::text[])"
COUNT_UNITS: Final = """
SELECT count(*)
FROM unnest($1::text[], $2::text[]) AS named (first, last)
JOIN unit ON unit.uri BETWEEN named.first AND named.last AND length(unit.uri) = length(named.first)
"""


@dataclass(frozen=True, slots=True)
class Named:
    """What a scope names: where the trace starts, and the units it is limited to (none: whole batches)."""

    starts: Starts
    units: tuple[Range, ...] = ()


async def find_named(tx: Transaction, scope: Mapping[str, Sequence[str]]) -> Named:
    """What a scope names. Raises `Malformed` and `Missing`, naming what is wrong."""
    units = ranges_of(scope)
    if units:
        batches = await _batches_of_units(tx, scope, units)
        return Named(await find_starts(tx, Question(batches), forward=True), units)
    return Named(await find_starts(tx, question_of(scope), forward=True))


def as_kept(scope: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The scope as it is kept: its product by the URI that later batches of it are known by."""
    kept = {name: list(texts) for name, texts in scope.items()}
    if "product" in kept:
        identity, _ = understand(kept["product"][0], "product")
        kept["product"] = [identity.product_uri or identity.uri]
    return kept


def question_of(scope: Mapping[str, Sequence[str]]) -> Question:
    """The question that a scope without units asks."""
    made_from, made_to = (
        [date.fromisoformat(day) for day in scope.get(name, ())] for name in ("made_from", "made_to")
    )
    return Question(
        (*scope.get("batch", ()), *scope.get("input_batch", ())),
        holding=next(iter(scope.get("holding", ())), None),
        site=next(iter(scope.get("site", ())), None),
        product=next(iter(scope.get("product", ())), None),
        made_from=next(iter(made_from), None),
        made_to=next(iter(made_to), None),
    )


def ranges_of(scope: Mapping[str, Sequence[str]]) -> tuple[Range, ...]:
    """The units of a scope as ranges; one unit is a range of one. Raises `Malformed`."""
    single = [_unit(text, "unit").uri for text in scope.get("unit", ())]
    given = zip(scope.get("unit_from", ()), scope.get("unit_to", ()), strict=True)
    return (*((uri, uri) for uri in dict.fromkeys(single)), *(_range(first, last) for first, last in given))


def _unit(text: str, field: str) -> Identity:
    identity, broken = understand(text, field)
    if broken is not None:
        raise broken
    if identity.kind not in (Kind.UNIT, Kind.DRUG_CODE):
        raise Malformed.field(
            field,
            text,
            "This names no unit: give a link with a serial number, an EPC URN of a unit, or a drug code.",
            "这不是单件标识：请给出含序列号的链接、单件的 EPC URN 或药品追溯码。",
        )
    return identity


def _range(first: str, last: str) -> Range:
    begin, end = _unit(first, "unit_range"), _unit(last, "unit_range")
    if _product_of(begin) != _product_of(end) or len(begin.uri) != len(end.uri) or begin.uri > end.uri:
        raise Malformed.field(
            "unit_range",
            f"{first} – {last}",
            "A range goes up, from one serial number to another of the same product and of the same length, "
            "so that it is clear what lies between.",
            "区间应为同一产品、长度相同、由小到大的两个序列号，否则无法确定其间有哪些单件。",
        )
    return begin.uri, end.uri


def _product_of(unit: Identity) -> str:
    if unit.kind is Kind.DRUG_CODE:
        return unit.uri[: len(DRUG_URI_PREFIX) + IDENTIFICATION_LENGTH]
    return unit.uri.rpartition("/")[0]


async def _batches_of_units(
    tx: Transaction, scope: Mapping[str, Sequence[str]], units: Sequence[Range]
) -> list[str]:
    """URIs of the batches: of the units on record, of lots in their links, and those named besides."""
    rows = await tx.sql.fetch(
        BATCHES_OF_UNITS,
        [first for first, _ in units],
        [last for _, last in units],
        DRUG_URI_PREFIX,
        len(DRUG_URI_PREFIX) + 1,
    )
    printed = [
        identity.batch_uri
        for name in ("unit", "unit_from", "unit_to")
        for identity in (_unit(text, name) for text in scope.get(name, ()))
        if identity.batch_uri is not None
    ]
    known = await tx.sql.fetch(KNOWN_BATCHES, printed)
    batches = dict.fromkeys([*scope.get("batch", ()), *(row["uri"] for row in (*rows, *known))])
    if not batches:
        message = "None of these units is on record: name their batch in `batch` too."
        zh = "这些单件均无记录：请在 batch 中同时给出其批次。"
        raise Missing(f"unit: {message}", f"unit：{zh}", [Fault("unit", units[0][0], message, zh)])
    return list(batches)


async def count_units(tx: Transaction, units: Sequence[Range]) -> int:
    """How many units on record are in the ranges, by their own name."""
    return int(await tx.sql.fetchval(COUNT_UNITS, [first for first, _ in units], [last for _, last in units]))
