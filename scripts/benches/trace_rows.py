"""How fast a trace is: against one recursive statement, against a pass in memory, and over HTTP."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import Final, NamedTuple

from scripts.benches import sight_rows, trace_http_rows
from scripts.benches.databases import Bench, Written
from scripts.benches.measuring import Row, Sample, Size, at_most, in_turns
from scripts.benches.networks import LEVELS as LEVELS_OF_A_TREE
from scripts.benches.networks import Network, write
from scripts.benches.traced import Traced, asking, in_memory, timed
from service.db.transaction import create_engine
from service.operation.packing import pack_round
from service.trace.starts import Question

#: Flows of the networks, the smaller first: the largest is where figures are taken, all show the growth.
FLOWS: Final = {
    Size.SMALL: (2_000,),
    Size.MEDIUM: (100_000, 1_000_000),
    Size.LARGE: (1_000_000, 10_000_000),
}
FAN_OUT: Final = {Size.SMALL: 5, Size.MEDIUM: 19, Size.LARGE: 19}
REPEATS: Final = {Size.SMALL: 1, Size.MEDIUM: 9, Size.LARGE: 5}
#: Levels of a tree at which traces start: about 14, 280, 5,300 and 101,000 holdings are affected.
LEVELS: Final = {Size.SMALL: (3, 1), Size.MEDIUM: (3, 2, 1, 0), Size.LARGE: (3, 2, 1, 0)}
#: Trees of which one start at each level but the top is held against the plain rule.
SAMPLED: Final = {Size.SMALL: 1, Size.MEDIUM: 3, Size.LARGE: 2}
#: Batches of a trace with several starts.
STARTS: Final = {Size.SMALL: 10, Size.MEDIUM: 200, Size.LARGE: 200}
#: Holdings of a small trace, and how often one is asked at the least: the first questions of a connection
#: have their statements planned.
FEW: Final = 100
FEW_REPEATS: Final = 60
MANY: Final = 90_000
#: How often two networks are asked in turns, for so many holdings told in all: on a machine with other work
#: some answers of half a millisecond wait for four.
GROWTH_ROUNDS: Final = 300
GROWTH_HOLDINGS: Final = 100_000
PRODUCT: Final = "https://trade.example/product/"
STATEMENT: Final = "one recursive statement"
#: How much longer a holding may take in another kind of trace, or among more flows.
AS_FAST: Final = at_most(1.3)


async def rows(bench: Bench) -> AsyncIterator[Row]:
    """The rows of traces."""
    sizes = FLOWS[bench.size]
    async with AsyncExitStack() as stack:
        networks = []
        for flows in sizes:
            network = Network.of(flows, FAN_OUT[bench.size])
            name = f"network_{flows}_{network.fan_out}_{network.seed}"
            written = await stack.enter_async_context(bench.written(name, partial(write, network=network)))
            async for row in _of_network(bench, network, written):
                yield row
            async for row in trace_http_rows.of_network(bench, written.dsn, network):
                yield row
            networks.append((network, written))
        if len(networks) > 1:
            for level in LEVELS[bench.size]:
                yield await _growth(networks[0], networks[-1], level, REPEATS[bench.size])
    async for row in trace_http_rows.of_a_fan(bench):
        yield row


async def _growth(
    few: tuple[Network, Written], many: tuple[Network, Written], level: int, repeats: int
) -> Row:
    """The same walk among few flows and among many, in turns."""
    async with AsyncExitStack() as stack:
        small, large = [
            await stack.enter_async_context(
                asking(written.dsn, Question((network.uri(network.first_of_level(level)),)))
            )
            for network, written in (few, many)
        ]
        affected = len(await small.walk())
        assert affected == len(await large.walk())
        # There and back: whichever comes first finds caches full of the work before it.
        turns = [timed(one.walk) for one in (small, large, large, small)]
        often = min(GROWTH_ROUNDS, GROWTH_HOLDINGS // affected)
        rounds = await in_turns(*turns, repeats=max(repeats, often))
    first, second, third, last = (sample.figures for sample in rounds)
    what = f"walk, {affected:,} holdings affected, among {many[1].rows:,} flows"
    beside = f"the same among {few[1].rows:,} flows"
    figure, before = (Sample(figures).median for figures in (second + third, first + last))
    return Row("trace", what, figure, "ms", beside, before, AS_FAST)


async def _of_network(bench: Bench, network: Network, written: Written) -> AsyncIterator[Row]:
    size, dsn = bench.size, written.dsn
    if written.seconds is not None:
        yield Row("trace", f"a network of {written.rows:,} flows written", written.seconds, "s")
        began = perf_counter()
        packed = await _packed(dsn)
        yield Row("trace", f"{packed:,} batches at rest packed", perf_counter() - began, "s")
    yield await _sampled(dsn, network, SAMPLED[size])
    for level in LEVELS[size]:
        question = Question((network.uri(network.first_of_level(level)),))
        async with asking(dsn, question) as one:
            async for row in _walked(one, "walk", written.rows, REPEATS[size]):
                yield row
            async for row in _with_balances(one, REPEATS[size]):
                yield row
    async for row in sight_rows.of_network(bench, dsn, network, LEVELS[size]):
        yield row
    top = Question((network.uri(network.first_of_level(LEVELS[size][-1])),))
    async with asking(dsn, top) as forward_from_one:
        for kind in _kinds(network, STARTS[size]):
            async with asking(dsn, kind.question, forward=kind.forward) as one:
                work = one.asked if kind.finding else one.walk
                # Fewer times: backward, the statement takes ten times as long.
                repeats = -(-REPEATS[size] // 3)
                async for row in _walked(one, kind.what, written.rows, repeats, work, forward_from_one):
                    yield row


async def _packed(dsn: str) -> int:
    engine = create_engine(dsn, pool_size=1)
    try:
        return await pack_round(engine, pause=0)
    finally:
        await engine.dispose()


class _Kind(NamedTuple):
    """A kind of trace other than forward from one batch. `finding`: its starts are found in the time told."""

    what: str
    question: Question
    forward: bool
    finding: bool = False


def _kinds(network: Network, starts: int) -> Sequence[_Kind]:
    leaf, second = network.first_of_level(LEVELS_OF_A_TREE - 1), network.first_of_level(1)
    made, began = network.made_on(leaf), network.made_on(second)
    leaves = Question(product=f"{PRODUCT}{LEVELS_OF_A_TREE}", made_from=made, made_to=made)
    day = Question(product=f"{PRODUCT}2", made_from=began, made_to=began)
    several = Question([network.uri(network.first_of_level(2) + n) for n in range(starts)])
    return (
        _Kind("backward from one batch", Question((network.uri(leaf),)), forward=False),
        _Kind("backward from all that was made on a day", leaves, forward=False),
        _Kind(f"forward from {starts} batches", several, forward=True),
        _Kind("forward from a product and a day, finding them too", day, forward=True, finding=True),
    )


async def _sampled(dsn: str, network: Network, trees: int) -> Row:
    """The walk against the plain rule, forward and backward, spread over the trees."""
    agreed = asked = 0
    for number in range(min(trees, network.trees)):
        tree = number * (network.trees // min(trees, network.trees))
        first = network.first_of_level(0, tree)
        for level, forward in ((1, True), (2, True), (LEVELS_OF_A_TREE - 1, False)):
            question = Question((network.uri(network.first_of_level(level, tree)),))
            async with asking(dsn, question, forward=forward) as one:
                agreed += await one.agrees(first, first + network.tree - 1)
                asked += 1
    assert agreed == asked
    return Row("trace", "samples on which the walk is the plain rule", agreed, "traces", "asked", asked)


def _repeats(repeats: int, affected: int) -> int:
    """How often to ask: a small trace more often."""
    return max(repeats, FEW_REPEATS) if affected <= FEW and repeats > 1 else repeats


async def _walked(
    one: Traced,
    what: str,
    flows: int,
    repeats: int,
    work: Callable[[], Awaitable[object]] | None = None,
    beside: Traced | None = None,
) -> AsyncIterator[Row]:
    """`work`: what is timed, by default the walk; `beside`: another trace, timed in turns with it."""
    found = await one.walk()
    affected = len(found)
    other = one if beside is None or affected <= FEW else beside
    repeats = _repeats(repeats, affected)
    assert affected == await one.recursive()
    walked, recursive, forward = await in_turns(
        timed(work or one.walk), timed(one.recursive), timed(other.walk), repeats=repeats
    )
    target = at_most(0.1) if affected >= MANY else at_most(1.1) if affected <= FEW else None
    row = Row(
        *("trace", f"{what}, {affected:,} holdings affected", walked.median, "ms"),
        *(STATEMENT, recursive.median, target),
        {"p90 ms": walked.percentile(90), "affected": affected, "among flows": flows},
    )
    yield row
    if beside is not None and affected > FEW:
        figure, before = 1000 * walked.median / affected, 1000 * forward.median / len(await beside.walk())
        yield Row("trace", f"{what}, a holding", figure, "us", "forward from one batch", before, AS_FAST)
    if affected >= MANY and what == "walk":
        memory, walked = await in_turns(
            timed(in_memory(found.flows, one.batches)), timed(one.walk), repeats=repeats
        )
        yield replace(
            row,
            figure=walked.median,
            alternative="a pass in memory, reach only",
            alternative_figure=memory.median,
            target=at_most(6),
        )


async def _with_balances(one: Traced, repeats: int) -> AsyncIterator[Row]:
    affected = len(await one.walk())
    repeats = _repeats(repeats, affected)
    told, recursive = await in_turns(timed(one.balances), timed(one.recursive_balances), repeats=repeats)
    yield Row(
        *("trace", f"trace with balances, {affected:,} holdings", told.median, "ms"),
        *("one recursive statement, with balances", recursive.median),
        more={"affected": affected},
    )
