"""What a scanned link names, and at which levels links may be registered for it. Pure.

Source: GS1-Conformant Resolver Standard 1.2, 2.4 (a request that is no Digital Link is refused) and 2.5.9
(which sets of identifiers may carry links: a serial stands alone with its key; without one, variant and lot).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final

from service.errors import Malformed
from service.identifiers import digital_link
from service.identifiers.ai_values import Element
from service.identifiers.explanation import explain
from service.identifiers.identity import Identity, Kind, identify
from service.identifiers.kinds import CANONICAL_HOST, escape, identity_of_key

#: Keys that have links here: trade items, logistic units and assets, places, parties.
SERVED: Final = ("00", "01", "414", "417", "8003", "8004")
MINTED: Final = "product"
TRADE_ITEMS: Final = (Kind.PRODUCT, Kind.BATCH, Kind.UNIT)
_SERIALS: Final = ("21", "235")
_TRADE_KEYS: Final = ("01", "8006")


@dataclass(frozen=True, slots=True)
class Level:
    """One set of identifiers that may carry links. `path`: `/01/…/10/…`, canonical; `uri`: as stored.

    `identity`: what it names in the rest of the service (there, a lot never carries the variant).
    """

    path: str
    uri: str
    identity: Identity


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a request names. `path`: all of it, canonical; `levels`: most specific first, the key last."""

    path: str
    identity: Identity
    levels: tuple[Level, ...]


def read_scanned(path: str, query: str, public_url: str) -> Scanned:
    """Read the path and query of a request as they were sent. One slash at the end is taken.

    Raises `Malformed` for what is no Digital Link of this service.
    """
    path = path.removesuffix("/")
    if path.split("/")[1:2] == [MINTED]:
        return _minted(path, public_url)
    link = digital_link.parse(f"{CANONICAL_HOST}{path}" + (f"?{query}" if query else ""))
    if link.stem != CANONICAL_HOST:
        raise Malformed.field(
            "uri",
            path,
            "The path holds two keys; a link of this service begins with its key.",
            "路径中有两个主标识；本服务的链接须以主标识开头。",
            "dl:stem",
        )
    return Scanned(
        _path(link.key, link.qualifiers),
        identity_of_key(link.key.ai, link.key.value, {one.ai: one.value for one in link.qualifiers}),
        tuple(_level(link.key, some) for some in _registrable(link.key.ai, link.qualifiers)),
    )


def _path(key: Element, qualifiers: Sequence[Element]) -> str:
    return "".join(f"/{one.ai}/{escape(one.value)}" for one in (key, *qualifiers))


def _level(key: Element, qualifiers: Sequence[Element]) -> Level:
    path = _path(key, qualifiers)
    given = {one.ai: one.value for one in qualifiers}
    return Level(path, CANONICAL_HOST + path, identity_of_key(key.ai, key.value, given))


def _registrable(key: str, qualifiers: Sequence[Element]) -> Iterator[tuple[Element, ...]]:
    """The subsets of the qualifiers that may carry links, most specific first; the lot before the variant."""
    rest = list(qualifiers)
    if key in _TRADE_KEYS:
        yield from ((one,) for one in qualifiers if one.ai in _SERIALS)
        rest = [one for one in qualifiers if one.ai not in _SERIALS]
    for size in range(len(rest), -1, -1):
        yield from reversed(list(combinations(rest, size)))


def _minted(path: str, public_url: str) -> Scanned:
    identity = identify(public_url + path)
    if identity.kind not in TRADE_ITEMS or not identity.uri.startswith(f"{public_url}/{MINTED}/"):
        raise Malformed.field(
            "link",
            path,
            "A link on a pack looks like /01/{GTIN}/10/{lot} or /product/{id}/lot/{lot}.",
            "包装上的链接形如 /01/{商品条码}/10/{批号} 或 /product/{编号}/lot/{批号}。",
            "link:minted",
        )
    whole = identity.batch_uri or identity.uri
    if identity.serial is not None:
        start = identity.batch_uri or identity.product_uri
        whole = f"{start}/unit/{escape(identity.serial)}"
    uris = dict.fromkeys(
        uri for uri in (identity.uri, identity.batch_uri, identity.product_uri) if uri is not None
    )
    levels = tuple(Level(uri.removeprefix(public_url), uri, identify(uri)) for uri in uris)
    return Scanned(whole.removeprefix(public_url), identity, levels)


def level_of(text: str, public_url: str) -> Level:
    """The level at which a link for this code (in any form) is registered.

    The lot of a serialised item is information, not part of the level. Raises `Malformed` for a code with a
    fault, and for what cannot carry links here.
    """
    found = explain(text)
    if found.faults:
        first = found.faults[0]
        faults = [replace(fault, field="/thing", value=text) for fault in found.faults]
        raise Malformed(first.message, first.message_zh, faults)
    if found.key is not None and found.key.ai in SERVED:
        key = Element(found.key.ai, found.key.value)
        given = [Element(one.ai, one.value) for one in found.qualifiers]
        return _level(key, next(_registrable(key.ai, given)))
    uri = found.identity.uri if found.identity else ""
    if uri.startswith(f"{public_url}/{MINTED}/"):
        return _minted(uri.removeprefix(public_url), public_url).levels[0]
    raise Malformed.field(
        "/thing",
        text,
        f"Links are kept for the GS1 keys {', '.join(SERVED)} and for products numbered by this service.",
        f"本服务只为 GS1 主标识 {'、'.join(SERVED)} 及由本服务编号的产品保存链接。",
        "link:key",
    )
