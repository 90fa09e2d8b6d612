"""A trace as a graph and as tables; without their packages, the name of the extra that brings them."""

import sys
from decimal import Decimal
from typing import Any

import pytest

from suyuan import MissingExtra, Trace
from suyuan.traces import (
    Amount,
    Balance,
    End,
    Flow,
    Gap,
    Holding,
    TracedBatch,
    TracedParty,
    TracedSite,
)
from tests.api.registering import has_chinese


def trace() -> Trace:
    """Flour of a mill, some of it at a shop, that nobody says more of."""
    batch = TracedBatch(1, "urn:x:batch", lot="L1")
    some = Balance("KGM", produced=Decimal("10.50"), shipped=Decimal(2), on_hand=Decimal("8.50"))
    mill = Holding(batch, TracedSite(1, "urn:x:mill"), 7, balances=[some, Balance("EA")])
    shop = Holding(batch, TracedSite(2, "urn:x:shop"), hops=1)
    moved = Flow("move", End(1, 1), End(1, 2), shipped=Amount(Decimal(2), "KGM"), in_transit=True)
    parties = {"7": TracedParty("urn:x:miller", name_zh="面粉厂")}
    gap = Gap("unreceived", 1, 2, message="Not received.")
    return Trace("forward", holdings=[mill, shop], flows=[moved, moved], gaps=[gap], parties=parties)


def test_a_graph_has_a_node_for_each_holding_and_an_edge_for_each_flow() -> None:
    pytest.importorskip("networkx")
    graph = trace().to_networkx()
    assert sorted(graph.nodes) == [(1, 1), (1, 2)]
    assert (graph.nodes[1, 1]["party"], graph.nodes[1, 2]["party"]) == ("urn:x:miller", None)
    edges = list(graph.edges(data=True))
    assert [(start, end) for start, end, _ in edges] == [((1, 1), (1, 2))] * 2
    assert (edges[0][2]["quantity"], edges[0][2]["uom"]) == (Decimal(2), "KGM")


def test_tables_have_a_row_for_each_amount_flow_and_gap_and_keep_digits() -> None:
    pytest.importorskip("pandas")
    holdings = trace().to_pandas()
    assert list(holdings["uom"]) == ["KGM", "EA", None]
    assert str(holdings["produced"][0]) == "10.50"
    assert (list(holdings["party_zh"]), list(holdings["hops"])) == (["面粉厂", "面粉厂", None], [0, 0, 1])
    flows = trace().to_pandas("flows")
    assert (list(flows["shipped"]), list(flows["received"])) == ([Decimal(2)] * 2, [None] * 2)
    assert list(trace().to_pandas("gaps")["message"]) == ["Not received."]
    assert list(Trace("forward").to_pandas().columns) == list(holdings.columns)
    untyped: Any = trace().to_pandas
    with pytest.raises(ValueError, match="holdings, flows or gaps"):
        untyped("holders")


@pytest.mark.parametrize(("package", "extra"), [("networkx", "graph"), ("pandas", "table")])
def test_a_missing_package_is_told_by_its_extra(
    monkeypatch: pytest.MonkeyPatch, package: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtra, match=rf"suyuan\[{extra}\]") as caught:
        trace().to_networkx() if extra == "graph" else trace().to_pandas()
    assert caught.value.extra == extra
    assert has_chinese(caught.value.detail_zh)
