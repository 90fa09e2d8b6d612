"""Where a trace starts: whatever a person has at hand, as holdings and moments.

A batch (or a unit, which stands for its batch) starts from all its holdings. A logistic unit starts
from what it carried in one use: where that went, forward; where it came from, backward. A holding is
one batch at one site. A product with a range of dates is all its batches made then.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from service.db.transaction import Transaction
from service.errors import Fault, Malformed, Missing
from service.identifiers.drug_code import DRUG_URI_PREFIX
from service.identifiers.identity import Identity, Kind, identify_code
from service.identifiers.lenient import identity_of
from service.registry.keys import PARTY_LINK, SITE_LINK, site_key
from service.trace.graph import Node
from service.trace.unit_uses import starts_of_unit
from service.trace.walk import open_start

# Arrays by way of a sub-select, here and below: the plan is then the same for one as for thousands, and is
# not made anew each time. A party's plan holds all that says what it sees.
FIND_BATCHES = """
SELECT id, of_one FROM batch WHERE uri = ANY(ARRAY(SELECT unnest($1::text[]))) ORDER BY of_one, id
"""
COUNTS_FOR = """
-- A batch of one counts while its unit counts for it: its lot, or that it holds others, may be known by now.
-- A registered unit counts for a lot.
SELECT EXISTS (SELECT FROM unit WHERE batch_id = $1 AND registered_batch_id IS NULL)
"""
FIND_UNIT = "SELECT id, batch_id FROM unit WHERE uri = $1"
FIND_CODE = """
SELECT coalesce(unit.batch_id, drug_code.batch_id)
FROM drug_code LEFT JOIN unit ON unit.id = drug_code.unit_id
WHERE drug_code.code = $1
"""
FIND_SITES = "SELECT id FROM site WHERE uri = ANY($1::text[]) OR gln = $2"
FIND_PRODUCT = "SELECT id FROM product WHERE uri = $1"
HOLDINGS_FROM = """
SELECT batch_id, site_id FROM holding WHERE batch_id = ANY(ARRAY(SELECT unnest($1::bigint[])))
UNION
-- Who sees a part only may see a flow without the stock at either end: what is under way to him, or was
-- granted. Then the trace starts from where it left.
SELECT batch_id, from_site_id FROM flow
WHERE batch_id = ANY(ARRAY(SELECT unnest($1::bigint[]))) AND (SELECT suyuan_party() IS NOT NULL)
  AND NOT EXISTS (SELECT FROM holding AS held
                  WHERE held.batch_id = flow.batch_id AND held.site_id IN (from_site_id, to_site_id))
"""
HOLDINGS_TO = """
SELECT batch_id, site_id FROM holding WHERE batch_id = ANY(ARRAY(SELECT unnest($1::bigint[])))
UNION
SELECT to_batch_id, to_site_id FROM flow
WHERE to_batch_id = ANY(ARRAY(SELECT unnest($1::bigint[]))) AND (SELECT suyuan_party() IS NOT NULL)
  AND NOT EXISTS (SELECT FROM holding AS held
                  WHERE held.batch_id = flow.to_batch_id AND held.site_id IN (from_site_id, to_site_id))
"""
MADE_BETWEEN = """
-- Batches of a product made in a range of days: as registered, else as their first production says
-- (the day in China).
SELECT batch.id FROM batch
WHERE batch.product_id = $1
  AND coalesce(batch.made_on, (
        SELECT (min(holding.produced_at) AT TIME ZONE 'Asia/Shanghai')::date
        FROM holding WHERE holding.batch_id = batch.id)) BETWEEN $2 AND $3
ORDER BY batch.id
"""
UNDATED = """
-- Batches of a product of which nobody knows when they were made.
SELECT batch.id, batch.uri FROM batch
WHERE batch.product_id = $1 AND batch.lot IS NOT NULL AND batch.made_on IS NULL
  AND NOT EXISTS (SELECT FROM holding WHERE holding.batch_id = batch.id AND holding.produced_at IS NOT NULL)
ORDER BY batch.id LIMIT $2
"""
#: Undated batches that a trace names.
UNDATED_MOST = 1_000


@dataclass(slots=True)
class Starts:
    """Holdings with their moments, and the batches a person would say the trace starts from.

    `undated`: id -> URI of batches that may be meant too, but nobody knows when they were made.
    """

    forward: bool
    nodes: dict[Node, datetime] = field(default_factory=dict)
    batches: set[int] = field(default_factory=set)
    undated: dict[int, str] = field(default_factory=dict)

    def add(self, node: Node, at: datetime) -> None:
        """A start; of two moments for one holding the one that reaches more counts."""
        known = self.nodes.get(node)
        if known is None or (at < known if self.forward else at > known):
            self.nodes[node] = at
        self.batches.add(node.batch)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for, in texts as the person has them. The fields are named as the query's parameters
    are; `batches`, `units` and `logistic_units` take the same forms.
    """

    batches: Sequence[str] = ()
    units: Sequence[str] = ()
    logistic_units: Sequence[str] = ()
    #: A batch, at one site.
    holding: str | None = None
    site: str | None = None
    product: str | None = None
    made_from: date | None = None
    made_to: date | None = None
    #: Which use of a logistic unit: the one at this moment; None means the latest.
    at: datetime | None = None

    def named(self) -> list[tuple[str, str]]:
        """(parameter, text) of all that is named by itself."""
        parameters = (("batch", self.batches), ("unit", self.units), ("logistic_unit", self.logistic_units))
        return [(parameter, text) for parameter, texts in parameters for text in texts]


async def find_starts(tx: Transaction, question: Question, *, forward: bool) -> Starts:
    """The starts; raises `Malformed` and `Missing` naming the parameter at fault."""
    _refuse_halves(question)
    starts = Starts(forward)
    for parameter, text in question.named():
        await _add_named(tx, starts, parameter, text, question.at)
    if question.holding is not None and question.site is not None:
        await _add_holding(tx, starts, question.holding, question.site)
    if question.product is not None:
        await _add_product(tx, starts, question)
    return starts


def _refuse_halves(question: Question) -> None:
    """Raises `Malformed` for a question that does not say where to start, or says half of it."""
    if not question.named() and question.holding is None and question.site is None and not question.product:
        raise Malformed.field(
            "batch",
            None,
            "Say where to start: `batch=` with a Digital Link, an EPC URN, a GTIN and a lot, or any URI; "
            "or `product=` with `made_from=` and `made_to=`.",
            "请给出起点：batch=（数字链接、EPC URN、GTIN 加批号或任意 URI），"
            "或 product= 加 made_from= 与 made_to=。",
        )
    if (question.holding is None) != (question.site is None):
        raise Malformed.field(
            "site" if question.site is None else "holding",
            None,
            "`holding` and `site` go together: one batch at one site.",
            "holding 与 site 必须同时给出：一个场所的一个批次。",
        )
    days = (("made_from", question.made_from), ("made_to", question.made_to))
    if question.product is None:
        for name, day in days:
            if day is not None:
                raise Malformed.field(
                    name,
                    day.isoformat(),
                    "Days of production choose the batches of a `product`; name it, or leave them out.",
                    "生产日期用于选择某一产品的批次：请同时给出 product，或去掉日期。",
                )
        return
    for name, day in days:
        if day is None:
            raise Malformed.field(
                name,
                None,
                "A trace of a product needs `made_from` and `made_to`, the first and the last day.",
                "按产品追溯需要 made_from 和 made_to（起止日期）。",
            )
    if question.made_from and question.made_to and question.made_from > question.made_to:
        raise Malformed.field(
            "made_from",
            question.made_from.isoformat(),
            f"The first day of production is after the last, {question.made_to}.",
            f"生产起始日晚于截止日 {question.made_to}。",
        )


def understand(text: str, field_name: str) -> tuple[Identity, Malformed | None]:
    """What the text names, and the rule it breaks if it breaks one: captured events may name just that.

    Raises `Malformed` for a text that no identifier can be: PostgreSQL keeps neither NUL nor half a
    surrogate pair.
    """
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise Malformed.field(
            field_name,
            text.replace("\x00", "\\u0000"),
            "No identifier has a NUL or half a surrogate pair in it.",
            "标识中不能有空字符（NUL）或不成对的代理码元。",
        )
    try:
        return identify_code(text), None
    except Malformed as error:
        faults = [Fault(field_name, text, f.message, f.message_zh, f.rule) for f in error.faults]
        return identity_of(text), Malformed(error.message, error.zh, faults)


async def find_batch(tx: Transaction, text: str, field_name: str = "batch") -> int:
    """The batch that a text names, directly or as one of its units. Raises `Malformed`, `Missing`."""
    identity, broken = understand(text, field_name)
    found = await _batch_of(tx, identity, text, field_name)
    if found is None:
        raise broken or _unknown(field_name, text)
    return found


async def _batch_of(tx: Transaction, identity: Identity, text: str, field_name: str) -> int | None:
    if identity.kind in (Kind.SITE, Kind.PARTY):
        raise Malformed.field(
            field_name,
            text,
            "This names a place or a party; a batch, a unit or a logistic unit is needed.",
            "这是场所或主体的标识，此处需要批次、单件或物流单元。",
        )
    if identity.kind is not Kind.BATCH:
        unit = await tx.sql.fetchrow(FIND_UNIT, identity.uri)
        if unit is not None and unit["batch_id"] is not None:
            return int(unit["batch_id"])
        if unit is None and identity.kind is Kind.DRUG_CODE:
            # Given to a pack with a serial, or to a package around packs, of which no event tells.
            coded = await tx.sql.fetchval(FIND_CODE, identity.uri.removeprefix(DRUG_URI_PREFIX))
            return None if coded is None else int(coded)
    names = [uri for uri in (identity.batch_uri, identity.uri) if uri is not None]
    for batch in await tx.sql.fetch(FIND_BATCHES, names):
        if not batch["of_one"] or await tx.sql.fetchval(COUNTS_FOR, batch["id"]):
            return int(batch["id"])
    if identity.kind is Kind.PRODUCT:
        raise Malformed.field(
            field_name,
            text,
            "This names a product without a lot: add the lot, or ask with `product=`, `made_from=` and "
            "`made_to=`.",
            "这是没有批号的产品标识：请加上批号，或用 product= 加 made_from= 与 made_to= 查询。",
        )
    return None


def _unknown(field_name: str, text: str) -> Missing:
    message = "Nothing of this name was registered or captured."
    zh = "没有登记或采集过这个标识。"
    fault = Fault(field_name, text, message, zh)
    return Missing(f"{field_name}: {message}", f"{field_name}：{zh}", [fault])


async def _add_named(tx: Transaction, starts: Starts, parameter: str, text: str, at: datetime | None) -> None:
    identity, broken = understand(text, parameter)
    batch = await _batch_of(tx, identity, text, parameter)
    if batch is not None:
        await _add_batches(tx, starts, [batch])
        return
    unit = await tx.sql.fetchrow(FIND_UNIT, identity.uri)
    if unit is None:
        raise broken or _unknown(parameter, text)
    for node, moment in await starts_of_unit(tx, unit["id"], at):
        starts.add(node, moment)


def holdings_of(*, forward: bool) -> str:
    """The statement for where the traces of batches start."""
    return HOLDINGS_FROM if forward else HOLDINGS_TO


async def _add_batches(tx: Transaction, starts: Starts, batches: Sequence[int]) -> None:
    moment = open_start(forward=starts.forward)
    starts.batches.update(batches)
    for row in await tx.sql.fetch(holdings_of(forward=starts.forward), batches):
        starts.add(Node(row["batch_id"], row["site_id"]), moment)


async def _add_holding(tx: Transaction, starts: Starts, text: str, site: str) -> None:
    batch = await find_batch(tx, text, "holding")
    sites = await _find_sites(tx, site)
    rows = await tx.sql.fetch(holdings_of(forward=starts.forward), [batch])
    held = [row["site_id"] for row in rows if row["site_id"] in sites]
    if not held:
        message = "The batch was never at this site, as far as is known."
        zh = "据现有记录，该批次从未到过此场所。"
        raise Missing(f"site: {message}", f"site：{zh}", [Fault("site", site, message, zh)])
    for one in held:
        starts.add(Node(batch, one), open_start(forward=starts.forward))


async def _add_product(tx: Transaction, starts: Starts, question: Question) -> None:
    assert question.product is not None
    identity, broken = understand(question.product, "product")
    product = await tx.sql.fetchval(FIND_PRODUCT, identity.product_uri or identity.uri)
    if product is None:
        raise broken or _unknown("product", question.product)
    rows = await tx.sql.fetch(MADE_BETWEEN, product, question.made_from, question.made_to)
    await _add_batches(tx, starts, [row["id"] for row in rows])
    starts.undated.update(
        {row["id"]: row["uri"] for row in await tx.sql.fetch(UNDATED, product, UNDATED_MOST)}
    )


async def _find_sites(tx: Transaction, text: str) -> set[int]:
    """The site of that URI; for a GLN alone, every site that has it: a shop, and the shop's dock."""
    identity, broken = understand(text, "site")
    uris, gln = [identity.uri], site_key(identity.uri).alias
    if identity.gtin is not None and identity.uri == identity.product_uri:
        # A bare GLN reads like a GTIN: thirteen digits either way.
        gln = identity.gtin[1:]
        uris = [SITE_LINK + gln, PARTY_LINK + gln]
    rows = await tx.sql.fetch(FIND_SITES, uris, gln)
    if not rows:
        raise broken or _unknown("site", text)
    return {row["id"] for row in rows}
