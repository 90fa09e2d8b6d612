"""The picture of a trace: everything in it once, nothing on top of another, a document whatever the names."""

import random
from collections import Counter, defaultdict
from decimal import Decimal
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.write_trace_picture import PICTURE, example
from suyuan.picture_lettering import clean, fitted, width_of
from suyuan.trace_boxes import Shown, shown, sums
from suyuan.trace_layers import layers
from suyuan.trace_layout import Layout, lay_out
from suyuan.trace_picture import draw
from suyuan.traces import Trace
from tests.drawing import MORNING, holding, trace

SVG = "{http://www.w3.org/2000/svg}"
REGIONS = st.sampled_from([None, "", "350102", "350203", "440304", "310115", "US-TX", "US-CA", "FR"])
AMOUNTS = st.integers(0, 50)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[int, list[tuple[int, int]]]:
    """Nodes and links, circles and links to themselves among them."""
    nodes = draw(st.integers(1, 14))
    node = st.integers(0, nodes - 1)
    return nodes, draw(st.lists(st.tuples(node, node), max_size=30, unique=True))


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    """Any small trace, in units of measure that cannot be added."""
    nodes, links = draw(graphs())
    holdings = [
        holding(
            number + 1,
            batch=draw(st.integers(1, 3)),
            region=draw(REGIONS),
            on_hand=draw(AMOUNTS),
            sold=draw(AMOUNTS),
            coming=draw(AMOUNTS),
            uom=draw(st.sampled_from(["KGM", "EA"])),
        )
        for number in range(nodes)
    ]
    gaps = draw(st.lists(st.integers(0, nodes - 1), max_size=4))
    direction = draw(st.sampled_from(["forward", "backward"]))
    return trace(holdings, links, gaps=gaps, direction=direction)


@given(traces(), st.sampled_from([0, 300]))
@settings(max_examples=60)
def test_every_holding_flow_and_gap_is_in_exactly_one_place(drawn: Trace, most: int) -> None:
    found = shown(drawn, most)
    assert found.grouped is (most == 0)
    held = [(each.batch.id, each.site.id) for box in found.boxes for each in box.holdings]
    assert sorted(held) == sorted((each.batch.id, each.site.id) for each in drawn.holdings)
    flows = [flow for box in found.boxes for flow in box.within]
    flows += [flow for line in found.lines.values() for flow in line.flows]
    assert Counter(map(id, flows)) == Counter(map(id, drawn.flows))
    assert sum(len(box.gaps) for box in found.boxes) == len(drawn.gaps)
    for state in ("on_hand", "sold", "in_transit"):
        parts = defaultdict[str, Decimal](Decimal)
        for box in found.boxes:
            for uom, quantity in box.sums(state).items():
                parts[uom] += quantity
        assert parts == sums(drawn.holdings, state)


def leads(links: list[tuple[int, int]], begin: int, end: int) -> bool:
    """Is there a way, of no link at all too?"""
    reached, todo = {begin}, [begin]
    while todo:
        node = todo.pop()
        new = {b for a, b in links if a == node} - reached
        reached |= new
        todo += new
    return end in reached


@given(graphs(), st.booleans())
@settings(max_examples=60)
def test_layers_rise_along_every_link_but_those_that_close_a_circle(
    graph: tuple[int, list[tuple[int, int]]], from_end: bool
) -> None:
    nodes, links = graph
    layer, back = layers(range(nodes), links, from_end=from_end)
    for a, b in links:
        if (a, b) in back:
            assert leads(links, b, a)
        else:
            assert layer[a] < layer[b]
    assert {a for a, b in links if a == b} <= {a for a, b in back if a == b}
    assert min(layer) == 0


def test_what_comes_back_leads_back_and_what_went_first_does_not() -> None:
    mill, shop = holding(2), holding(1)
    found = shown(trace([shop, mill], [(1, 0), (0, 1)]))
    assert [box.layer for box in found.boxes] == [1, 0]
    assert {ends: line.back for ends, line in found.lines.items()} == {(1, 0): False, (0, 1): True}


def test_backward_the_batch_asked_for_stands_last() -> None:
    asked, mill, farm, other = (holding(number, batch=number) for number in (1, 2, 3, 4))
    found = shown(trace([asked, mill, farm, other], [(2, 1), (1, 0), (3, 0)], direction="backward"))
    assert [box.layer for box in found.boxes] == [2, 1, 0, 1]


def layout_of(nodes: int, links: list[tuple[int, int]], *, ordered: bool) -> tuple[Layout, list[int]]:
    layer, _ = layers(range(nodes), links)
    return lay_out(
        layer, [40.0 + 7 * (n % 3) for n in range(nodes)], links, width=150, ordered=ordered
    ), layer


def assert_clear(laid: Layout, layer: list[int]) -> None:
    """No box on another, none left of one of an earlier layer, no line across a box."""
    for number, one in enumerate(laid.places):
        for other, two in enumerate(laid.places[:number]):
            beside = one.x >= two.x + two.width or two.x >= one.x + one.width
            assert beside or one.y >= two.y + two.height or two.y >= one.y + one.height
            if layer[number] != layer[other]:
                assert (one.x < two.x) is (layer[number] < layer[other])
    for (a, b), route in laid.routes.items():
        if not route.around:
            assert layer[a] < layer[b]
        straight = list(pairwise(route.points))[0 if route.around else 1 :: 1 if route.around else 2]
        for (x, y), (to_x, to_y) in straight:
            for place in laid.places:
                across = min(x, to_x) < place.x + place.width and max(x, to_x) > place.x
                assert not (across and min(y, to_y) < place.y + place.height and max(y, to_y) > place.y)
        assert max(y for _, y in route.points) <= laid.height


@given(graphs(), st.booleans())
@settings(max_examples=60)
def test_no_box_stands_on_another_and_no_line_runs_across_one(
    graph: tuple[int, list[tuple[int, int]]], ordered: bool
) -> None:
    assert_clear(*layout_of(*graph, ordered=ordered))


def test_a_full_layer_becomes_columns_that_fill_a_page() -> None:
    links = [(0, shop) for shop in range(1, 300)]
    laid, layer = layout_of(300, links, ordered=False)
    assert_clear(laid, layer)
    assert 0.7 < laid.width / laid.height < 2.8


NAMES = ["<b>&amp;\"'", "\x00\x07\x1b[2J", "\u202egnp.exe\u2066", "x" * 400, "面" * 200, "\ud800", " \n\t"]


@pytest.mark.parametrize("chinese", [True, False])
@pytest.mark.parametrize("most", [0, 300])
@given(st.lists(st.one_of(st.sampled_from(NAMES), st.text(max_size=12)), min_size=3, max_size=3))
@settings(max_examples=15)
def test_the_picture_is_a_document_whatever_the_names(chinese: bool, most: int, names: list[str]) -> None:
    holdings = [holding(n + 1, name, batch=n + 1, region=name, on_hand=n) for n, name in enumerate(names)]
    for each, name in zip(holdings, names, strict=True):
        each.batch.lot = each.batch.product_name_en = name
    drawn = trace(holdings, [(0, 1), (1, 2), (2, 0)], gaps=[1])
    drawn.gaps[0].message = drawn.gaps[0].message_zh = names[0]
    root = ElementTree.fromstring(draw(drawn, chinese=chinese, recalled={1}, most=most).encode())
    assert {"role": "img", "lang": "zh-CN" if chinese else "en"}.items() <= root.attrib.items()
    known = {"svg", "g", "title", "desc", "style", "rect", "path", "text", "marker"}
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= known
    assert not any(set("".join(element.itertext())) & set("\u202e\u2066\x1b") for element in root.iter())


def test_what_is_cut_is_whole_in_the_tooltip_and_a_sign_stands_beside_each_colour() -> None:
    name = "漯河市金穗面粉有限公司第一分公司北方仓储物流中心二号库"
    holdings = [holding(1, name, on_hand=1_250), holding(2, "店", sold=3)]
    picture = draw(trace(holdings, [(0, 1)], gaps=[1]), chinese=True, recalled={1}, zone=MORNING.tzinfo)
    root = ElementTree.fromstring(picture)
    texts = [element.text or "" for element in root.iter(f"{SVG}text")]
    titles = [element.text or "" for element in root.iter(f"{SVG}title")]
    assert name not in texts
    assert any(name[:8] in text and text.endswith("…") for text in texts)
    assert any(name in title and "结存 1,250 KGM" in title for title in titles)
    assert any("→" in title and "2026-11-02 00:30+00:00" in title for title in titles)
    assert {"召", "!", "已售完（圆头）", "有记录缺口（虚线框、!）"} <= set(texts)
    assert "合计：结存 1,250 KGM; 售出 3 KGM" in texts


def test_five_thousand_holdings_are_a_page_of_groups_with_exact_sums() -> None:
    dice = random.Random(7)
    holdings = [
        holding(n + 1, region=f"{dice.choice([11, 31, 35, 44])}{dice.randrange(1, 30):02}01", on_hand=n % 9)
        for n in range(5_000)
    ]
    drawn = trace(holdings, [(dice.randrange(n // 9 + 1), n) for n in range(1, 5_000)])
    found: Shown = shown(drawn)
    assert found.grouped
    assert len(found.boxes) <= 64
    total = sum((box.sums("on_hand").get("KGM", Decimal(0)) for box in found.boxes), Decimal(0))
    assert total == sum(n % 9 for n in range(5_000))
    picture = draw(drawn, chinese=False)
    assert f"on hand {total:,} KGM" in picture
    assert "tier and region (provinces)" in picture
    root = ElementTree.fromstring(picture)
    assert float(root.attrib["width"]) < 3_000
    assert float(root.attrib["height"]) < 3_000


def test_an_empty_trace_says_so() -> None:
    assert "追溯结果中没有持有。" in draw(trace([]), chinese=True)


@given(st.text(max_size=60), st.integers(20, 300))
def test_a_text_fits_its_room(text: str, room: int) -> None:
    told = fitted(clean(text), 11, room)
    assert width_of(told, 11) <= room
    assert told == clean(text) or told.endswith("…")


def test_the_example_in_the_documents_is_as_it_is_drawn_now() -> None:
    """Else `python -m scripts.write_trace_picture` writes it."""
    assert PICTURE.read_text(encoding="utf-8") == example()
