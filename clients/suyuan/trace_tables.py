"""A trace as a graph (networkx) and as tables (pandas): packages that only those need who ask for them."""

import importlib
from typing import TYPE_CHECKING, Any, Literal

from suyuan.problems import SuyuanError

if TYPE_CHECKING:
    from suyuan.traces import Balance, Trace

Rows = Literal["holdings", "flows", "gaps"]


class MissingExtra(SuyuanError):
    """A package that is no part of the client's own is not installed; `extra` brings it."""

    def __init__(self, package: str, extra: str) -> None:
        command = f'pip install "suyuan[{extra}]"'
        super().__init__(f"This needs the package {package}: {command}")
        self.extra = extra
        self.detail = str(self)
        self.detail_zh = f"此功能需要 {package}：{command}"


def graph_of(trace: "Trace") -> Any:
    """A `networkx.MultiDiGraph`: a node for each holding, an edge for each flow.

    Nodes are `(batch id, site id)`, with `holding`, `batch`, `site` (URIs), `lot`, `party` (URI or None),
    `hops`; edges have `flow`, `kind`, `quantity` (a Decimal or None), `uom`, `departed_at`, `arrived_at`.
    """
    graph = _package("networkx", "graph").MultiDiGraph(direction=trace.direction)
    for holding in trace.holdings:
        party = trace.party_of(holding)
        graph.add_node(
            (holding.batch.id, holding.site.id),
            holding=holding,
            batch=holding.batch.uri,
            lot=holding.batch.lot,
            site=holding.site.uri,
            party=party and party.uri,
            hops=holding.hops,
        )
    for flow in trace.flows:
        amount = flow.shipped or flow.received
        graph.add_edge(
            (flow.from_.batch_id, flow.from_.site_id),
            (flow.to.batch_id, flow.to.site_id),
            flow=flow,
            kind=flow.kind,
            quantity=amount and amount.quantity,
            uom=amount and amount.uom,
            departed_at=flow.departed_at,
            arrived_at=flow.arrived_at,
        )
    return graph


def table_of(trace: "Trace", rows: Rows = "holdings") -> Any:
    """A `pandas.DataFrame`. Holdings: a row for each holding and unit of measure; quantities are Decimals."""
    pandas = _package("pandas", "table")
    makers = {"holdings": _holdings, "flows": _flows, "gaps": _gaps}
    if rows not in makers:
        raise ValueError(f"rows are holdings, flows or gaps, not {rows}")
    columns, lines = makers[rows](trace)
    return pandas.DataFrame(lines, columns=columns, dtype=object)


AMOUNTS = ("produced", "received", "shipped", "consumed", "sold", "destroyed", "sampled", "on_hand")
Table = tuple[list[str], list[list[Any]]]


def _holdings(trace: "Trace") -> Table:
    columns = ["batch_id", "batch", "gtin", "lot", "product_zh", "product_en", "site_id", "site", "site_zh"]
    columns += ["site_en", "region", "party", "party_zh", "party_en", "hops", "affected_at", "uom", *AMOUNTS]
    lines = []
    for holding in trace.holdings:
        batch, site, party = holding.batch, holding.site, trace.party_of(holding)
        start = [batch.id, batch.uri, batch.gtin, batch.lot, batch.product_name_zh, batch.product_name_en]
        start += [site.id, site.uri, site.name_zh, site.name_en, site.region]
        start += [party.uri, party.name_zh, party.name_en] if party else [None, None, None]
        start += [holding.hops, holding.affected_at]
        balances: list[Balance | None] = [*holding.balances] or [None]
        for balance in balances:
            amounts = [None if balance is None else getattr(balance, name) for name in ("uom", *AMOUNTS)]
            lines.append([*start, *amounts])
    return columns, lines


def _flows(trace: "Trace") -> Table:
    columns = ["kind", "from_batch_id", "from_site_id", "to_batch_id", "to_site_id", "departed_at"]
    columns += ["arrived_at", "in_transit", "inferred", "shipped", "shipped_uom", "received", "received_uom"]
    return columns, [
        [
            *(flow.kind, flow.from_.batch_id, flow.from_.site_id, flow.to.batch_id, flow.to.site_id),
            *(flow.departed_at, flow.arrived_at, flow.in_transit, flow.inferred),
            *(flow.shipped and flow.shipped.quantity, flow.shipped and flow.shipped.uom),
            *(flow.received and flow.received.quantity, flow.received and flow.received.uom),
        ]
        for flow in trace.flows
    ]


def _gaps(trace: "Trace") -> Table:
    columns = ["kind", "batch_id", "site_id", "party_id", "event", "message", "message_zh"]
    return columns, [[getattr(gap, name) for name in columns] for gap in trace.gaps]


def _package(name: str, extra: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingExtra(name, extra) from error
