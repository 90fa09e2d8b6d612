"""The links that this service itself gives for a thing: the page first, then what it knows. Pure."""

from dataclasses import dataclass
from typing import Final

from service.identifiers.identity import Kind
from service.scan.levels import TRADE_ITEMS, Level
from service.scan.link_choice import Link
from service.scan.link_types import DEFAULT

PAGES: Final = "/p"
#: Published files of documents; no Digital Link begins so.
FILES: Final = "/p/file"
RECALL_STATUS: Final = "/v1/recall-status"
#: Notices of published cases, by number.
NOTICES: Final = "/recalls"
HTML: Final = "text/html"
BOTH: Final = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Thing:
    """What is on record of one thing. `noun`: product, batch, unit, site or party."""

    noun: str
    uri: str
    lot: str | None
    name_zh: str | None
    name_en: str | None
    region: str | None
    address: str | None
    has_documents: bool


def own_links(level: Level, path: str, things: dict[str, Thing], host: str) -> tuple[Link, ...]:
    """The service's links at a level. `path`: of its page; `things`: by URI; `host`: scheme and host."""
    page = f"{host}{PAGES}{path}"
    if level.identity.kind not in TRADE_ITEMS:
        title = "What is on record here 登记信息"
        return (
            Link(DEFAULT, page, title),
            Link("gs1:registryEntry", page, title, HTML, BOTH),
        )
    title = "Product and recall status 产品信息与召回状态"
    links = [
        Link(DEFAULT, page, title),
        Link("gs1:pip", page, title, HTML, BOTH),
        Link("gs1:recallStatus", page, "Recall status 召回状态", HTML, BOTH),
        Link(
            "gs1:recallStatus",
            f"{host}{RECALL_STATUS}{path}",
            "Recall status as data 召回状态（数据）",
            "application/json",
        ),
    ]
    thing = things.get(level.identity.uri)
    if level.identity.kind is not Kind.PRODUCT and thing is not None:
        links.append(Link("gs1:traceability", page, "Producer and origin 生产者与产地", HTML, BOTH))
    if thing is not None and thing.has_documents:
        links.append(
            Link("gs1:certificationInfo", page, "Certificates and test reports 证书与检验报告", HTML, BOTH)
        )
    return tuple(links)


def described(level: Level, things: dict[str, Thing]) -> str:
    """A line about the thing at a level: names, lot, serial, as far as they are known."""
    identity = level.identity
    known = [
        things.get(uri) for uri in (identity.uri, identity.batch_uri, identity.product_uri) if uri is not None
    ]
    thing = next((one for one in known if one is not None), None)
    names = [] if thing is None else [thing.name_zh, thing.name_en]
    parts = [" ".join(name for name in names if name)]
    lot = identity.lot or (thing.lot if thing is not None and identity.kind is Kind.UNIT else None)
    parts += [f"批号 lot {lot}"] if lot else []
    parts += [f"序列号 serial {identity.serial}"] if identity.serial else []
    return ", ".join(part for part in parts if part)
