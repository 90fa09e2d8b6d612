"""What a picture of a trace says in words: names, quantities, moments, tooltips, in English or Chinese."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any, Final

from suyuan.picture_lettering import clean
from suyuan.provinces import region_name
from suyuan.trace_boxes import Box, Line, Shown, sums
from suyuan.traces import Amount, Flow, Trace, TracedBatch

#: Flows, gaps and starts that are told one by one.
TOLD_MOST: Final = 8
STARTS_TOLD: Final = 3

#: key -> (English, Chinese)
WORDS: Final[dict[str, tuple[str, str]]] = {
    "forward": ("Where it went and who holds it: {starts}", "去向追溯：{starts}"),
    "backward": ("Where it came from: {starts}", "来源追溯：{starts}"),
    "and more": ("{told} and {more} others", "{told} 等，另有 {more} 个"),
    "recalled start": ("RECALLED: {lots}", "已召回：{lots}"),
    "counts": (
        "Holdings (a batch at a place) {holdings}, batches {batches}, parties {parties}, flows {flows}, "
        "gaps {gaps}",
        "{holdings} 处持有（一个批次在一个场所）、{batches} 个批次、{parties} 个主体、{flows} 条流向、"
        "{gaps} 处记录缺口",
    ),
    "computed": ("computed {moment}", "计算时间 {moment}"),
    "total": ("In all: {amounts}", "合计：{amounts}"),
    "grouped": (
        "Holdings are drawn as {groups} groups by tier and region ({level}). Numbers at the lines: "
        "flows; {within} more stay within a column and are not drawn. Every holding is in one group, "
        "the biggest first.",
        "各处持有按层级与区划（{level}）合为 {groups} 组。线旁数字为流向条数；"
        "另有 {within} 条在同一列之内，未画出。每处持有恰属一组，大组在前。",
    ),
    "level 6": ("counties", "县级"),
    "level 4": ("prefectures", "地级"),
    "level 2": ("provinces", "省级"),
    "loose": (
        "Not drawn, as they belong to no holding of the trace: flows {flows}, gaps {gaps}.",
        "未画出（不属于图中任何持有）：{flows} 条流向、{gaps} 处缺口。",
    ),
    "empty": ("The trace has no holdings.", "追溯结果中没有持有。"),
    "tier": ("Tier {first}", "第 {first} 层"),
    "tiers": ("Tiers {first}–{last}", "第 {first}–{last} 层"),
    "holdings": ("holdings {count}", "{count} 处持有"),
    "holders": ("holdings {count}, parties {parties}", "{count} 处持有、{parties} 个主体"),
    "region unknown": ("Region not known", "区划未知"),
    "other regions": ("Other regions: {count}", "其他 {count} 个区划"),
    "produced": ("produced", "生产"),
    "received": ("received", "收货"),
    "shipped": ("shipped", "发货"),
    "consumed": ("used", "投料"),
    "sold": ("sold", "售出"),
    "destroyed": ("destroyed", "销毁"),
    "sampled": ("sampled", "抽样"),
    "on_hand": ("on hand", "结存"),
    "in_transit": ("on the way here", "在途"),
    "nothing left": ("nothing left here", "已无结存"),
    "nothing told": ("quantity not known", "数量未知"),
    "lot": ("Lot {lot}", "批号 {lot}"),
    "place": ("Place: {place}", "场所：{place}"),
    "region": ("Region: {region}", "区划：{region}"),
    "since": ("Affected since {moment}", "受影响自 {moment}"),
    "until": ("Contributed until {moment}", "供货至 {moment}"),
    "hops": ("Hops: {hops}", "层级：{hops}"),
    "asked": ("The batch asked for", "所查批次"),
    "recalled": ("recalled", "召回"),
    "recalled ones": ("Recalled: {count}", "召回：{count}"),
    "gaps": ("Gaps in the records: {count}", "记录缺口：{count}"),
    "more": ("… and {count} more", "……另有 {count} 项"),
    "within": ("Flows that stay in this column: {count}", "同列之内的流向：{count} 条"),
    "move": ("move", "流转"),
    "transform": ("made into", "加工"),
    "lot_untold": ("perhaps, the lot is not told", "可能（未写明批号）"),
    "inferred": ("inferred", "推断"),
    "on the way": ("on the way", "在途"),
    "returns": ("leads back", "回流"),
    "flows": ("Flows: {count}", "流向：{count} 条"),
    "from moment": ("left {moment}", "发出 {moment}"),
    "to moment": ("came {moment}", "到达 {moment}"),
    "much unknown": ("quantity not told", "未写明数量"),
    # the legend
    "legend": ("Legend", "图例"),
    "is on_hand": ("something on hand (thick frame, bar)", "有结存（粗框、左侧色条）"),
    "is sold": ("sold out (round ends)", "已售完（圆头）"),
    "is gone": ("nothing left (thin frame)", "已无结存（细框）"),
    "is unknown": ("quantity not known (grey)", "数量未知（灰底）"),
    "is gap": ("gap in the records (dashed frame, !)", "有记录缺口（虚线框、!）"),
    "is asked": ("the batch asked for (double frame)", "所查批次（双框）"),
    "is recalled": ("recalled (tag R)", "已召回（“召”字）"),
    "R": ("R", "召"),
    "goes move": ("move", "流转"),
    "goes transform": ("made into (long dashes)", "加工（长划线）"),
    "goes unsure": ("inferred, or lot not told (dots)", "推断或未写明批号（点线）"),
    "goes way": ("on the way (dash and dot)", "在途（点划线）"),
    "goes back": ("leads back (below, open arrow)", "回流（下方，空心箭头）"),
    "hint": ("Hold the pointer over a box or line for more.", "将指针停在框或线上可看详情。"),
}
STATES: Final = (
    "produced", "received", "shipped", "consumed", "sold", "destroyed", "sampled", "on_hand", "in_transit"
)  # fmt: skip


class Wording:
    """Words in one language, moments in one zone (None: that of this machine)."""

    def __init__(self, trace: Trace, *, chinese: bool, zone: tzinfo | None) -> None:
        self.trace = trace
        self.chinese = chinese
        self.zone = zone

    def say(self, key: str, **values: object) -> str:
        """A text of the table, its places filled."""
        return WORDS[key][self.chinese].format(**values)

    def name(self, thing: Any, start: str = "name") -> str:
        """The name in this language, else in the other, else the URI."""
        first, second = ("zh", "en") if self.chinese else ("en", "zh")
        found = getattr(thing, f"{start}_{first}", None) or getattr(thing, f"{start}_{second}", None)
        return clean(found or thing.uri)

    def lot(self, batch: TracedBatch) -> str:
        """The lot, else the URI."""
        return clean(batch.lot or batch.uri)

    def goods(self, batch: TracedBatch, *, lot_first: bool = False) -> str:
        """Product and lot; the lot first where the end may be cut."""
        product = self.name(batch, "product_name") if batch.product_name_zh or batch.product_name_en else ""
        parts = (self.lot(batch), product) if lot_first else (product, self.lot(batch))
        return " ".join(filter(None, parts))

    def moment(self, moment: datetime) -> str:
        """Day, minute and offset."""
        return moment.astimezone(self.zone).isoformat(sep=" ", timespec="minutes")

    def amounts(self, by_unit: Mapping[str, Decimal]) -> str:
        """`1,250.5 KGM, 3 EA`."""
        return ", ".join(f"{number(quantity)} {clean(uom)}".strip() for uom, quantity in by_unit.items())

    def starts(self) -> str:
        """The batches asked for, the first few by name."""
        starts = self.trace.starts
        told = ("、" if self.chinese else ", ").join(self.goods(batch) for batch in starts[:STARTS_TOLD])
        more = len(starts) - STARTS_TOLD
        return self.say("and more", told=told, more=more) if more > 0 else told

    def region(self, box: Box) -> str:
        """The region of a group."""
        if box.others:
            return self.say("other regions", count=box.others)
        if box.region is None:
            return self.say("region unknown")
        return region_name(clean(box.region), chinese=self.chinese)

    def tier(self, box: Box, last: int) -> str:
        """How many steps from what was asked for, against the flows too."""
        first, end = box.tiers
        if self.trace.direction == "backward":
            first, end = last - end, last - first
        return self.say("tier", first=first) if first == end else self.say("tiers", first=first, last=end)

    def states(self, box: Box, states: Iterable[str] = STATES) -> list[str]:
        """`sold 3 EA` for each state of which there is any."""
        found = ((state, box.sums(state)) for state in states)
        return [f"{self.say(state)} {self.amounts(amounts)}" for state, amounts in found if amounts]

    def of_holding(self, box: Box, *, recalled: bool) -> list[str]:
        """The tooltip of a holding, line by line."""
        (holding,) = box.holdings
        party = self.trace.party_of(holding)
        region = holding.site.region or (party.region if party else None)
        asked = "since" if self.trace.direction == "forward" else "until"
        return [
            *([self.name(party)] if party else []),
            self.say("place", place=self.name(holding.site)),
            *(
                [self.say("region", region=region_name(clean(region), chinese=self.chinese))]
                if region
                else []
            ),
            self.goods(holding.batch),
            *([self.say("asked")] if not holding.hops else []),
            *([self.say("recalled")] if recalled else []),
            *self.states(box),
            *([self.say(asked, moment=self.moment(holding.affected_at))] if holding.affected_at else []),
            self.say("hops", hops=holding.hops),
            *self._gaps(box),
        ]

    def of_group(self, box: Box, recalled: int) -> list[str]:
        """The tooltip of a group, line by line."""
        batches = {holding.batch.id: holding.batch for holding in box.holdings}
        goods = [self.goods(batch) for batch in list(batches.values())[:TOLD_MOST]]
        return [
            self.region(box),
            self.holders(box),
            *self.states(box),
            *([self.say("within", count=len(box.within))] if box.within else []),
            *([self.say("recalled ones", count=recalled)] if recalled else []),
            *goods,
            *([self.say("more", count=len(batches) - len(goods))] if len(batches) > len(goods) else []),
            *self._gaps(box),
        ]

    def holders(self, box: Box) -> str:
        """How many holdings, and of how many parties."""
        parties = {holding.party_id for holding in box.holdings} - {None}
        return self.say("holders", count=f"{len(box.holdings):,}", parties=f"{len(parties):,}")

    def _gaps(self, box: Box) -> list[str]:
        if not box.gaps:
            return []
        told = [
            clean((gap.message_zh if self.chinese else gap.message) or gap.kind)
            for gap in box.gaps[:TOLD_MOST]
        ]
        more = len(box.gaps) - len(told)
        return [
            self.say("gaps", count=len(box.gaps)),
            *(f"- {sentence}" for sentence in told),
            *([self.say("more", count=more)] if more else []),
        ]

    def of_line(self, line: Line, ends: tuple[str, str]) -> list[str]:
        """The tooltip of a line: from where to where, how much in all, flow by flow."""
        told = [self._flow(flow) for flow in line.flows[:TOLD_MOST]]
        more = len(line.flows) - len(told)
        shipped = self._sum(flow.shipped for flow in line.flows)
        came = self._sum(flow.received for flow in line.flows)
        return [
            f"{ends[0]} → {ends[1]}",
            *([self.say("returns")] if line.back else []),
            self.say("flows", count=f"{len(line.flows):,}"),
            *([f"{self.say('shipped')} {shipped}"] if shipped else []),
            *([f"{self.say('received')} {came}"] if came else []),
            *told,
            *([self.say("more", count=more)] if more else []),
        ]

    def _sum(self, amounts: Iterable[Amount | None]) -> str:
        found: dict[str, Decimal] = {}
        for amount in amounts:
            if amount is not None and amount.quantity:
                found[amount.uom or ""] = found.get(amount.uom or "", Decimal(0)) + amount.quantity
        return self.amounts(found)

    def _flow(self, flow: Flow) -> str:
        parts = [
            self.say(flow.kind) if flow.kind in WORDS else clean(flow.kind),
            self._sum([flow.shipped]) or self._sum([flow.received]) or self.say("much unknown"),
            *([self.say("from moment", moment=self.moment(flow.departed_at))] if flow.departed_at else []),
            *([self.say("to moment", moment=self.moment(flow.arrived_at))] if flow.arrived_at else []),
            *([self.say("on the way")] if flow.in_transit else []),
            *([self.say("inferred")] if flow.inferred else []),
        ]
        return "- " + ("，" if self.chinese else ", ").join(parts)

    def head(self, shown: Shown, recalled: Sequence[TracedBatch]) -> list[str]:
        """What stands above the picture: the title first."""
        trace = self.trace
        counts = {
            "holdings": len(trace.holdings),
            "batches": len({holding.batch.id for holding in trace.holdings}),
            "parties": len({holding.party_id for holding in trace.holdings} - {None}),
            "flows": len(trace.flows),
            "gaps": len(trace.gaps),
        }
        second = self.say("counts", **{name: f"{count:,}" for name, count in counts.items()})
        if trace.computed_at:
            second += " · " + self.say("computed", moment=self.moment(trace.computed_at))
        totals = (
            (state, sums(trace.holdings, state)) for state in ("on_hand", "sold", "in_transit", "destroyed")
        )
        amounts = "; ".join(f"{self.say(state)} {self.amounts(some)}" for state, some in totals if some)
        lines = [self.say(trace.direction, starts=self.starts()), second]
        if recalled:
            lines.append(self.say("recalled start", lots=", ".join(map(self.goods, recalled[:TOLD_MOST]))))
        if amounts:
            lines.append(self.say("total", amounts=amounts))
        if shown.grouped:
            within = sum(len(box.within) for box in shown.boxes)
            level = self.say(f"level {shown.digits}")
            lines.append(self.say("grouped", level=level, groups=len(shown.boxes), within=f"{within:,}"))
        if shown.loose_flows or shown.loose_gaps:
            lines.append(self.say("loose", flows=shown.loose_flows, gaps=shown.loose_gaps))
        if not shown.boxes:
            lines.append(self.say("empty"))
        return lines


def number(quantity: Decimal) -> str:
    """`1,250.5`: no exponent, no empty places."""
    told = f"{quantity:,f}"
    return told.rstrip("0").rstrip(".") if "." in told else told
