"""What is known of parties, sites, products and batches that a file names: on record, or registered by
another row of the same file. Pure.

A name is looked for without regard to case, width and blanks. One that fits several things says none of them.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from service.errors import Malformed
from service.identifiers import minted
from service.identifiers.identity import identify
from service.registry.keys import PARTY_LINK, PRODUCT_LINK, SITE_LINK, party_key, product_key, site_key
from service.sheets.cells import Named

#: Things that a fault lists of those that a name fits.
LISTED_MOST: Final = 5


def plain(name: str) -> str:
    """A name as names are compared."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


@dataclass(frozen=True, slots=True)
class Thing:
    """A row of the registry, or one that this file registers. `owner`: the party whose it is; of a party,
    itself. `row`: its columns; `here`: where the file registers it (sheet, row), empty for what is on record.
    """

    uri: str
    owner: int | None
    row: Mapping[str, Any] = field(default_factory=dict)
    here: str = ""

    @property
    def called(self) -> str:
        """How a fault names it."""
        name = self.row.get("name_zh") or self.row.get("name_en") or ""
        number = self.row.get("uscc") or self.row.get("gln") or self.row.get("gtin") or self.here or self.uri
        return f"{name} ({number})" if name else str(number)


class Unclear(Exception):
    """What is named is not one known thing. `zh`: the same sentence in Chinese."""

    def __init__(self, message: str, zh: str, rule: str) -> None:
        super().__init__(message)
        self.message, self.zh, self.rule = message, zh, rule


class Directory:
    """Things of one kind, by URI, number and name."""

    def __init__(self, noun: str, zh: str, things: Iterable[Thing] = ()) -> None:
        self.noun, self.zh = noun, zh
        self.by_uri: dict[str, Thing] = {}
        self.by_number: dict[str, Thing] = {}
        self.by_name: dict[str, list[Thing]] = {}
        for thing in things:
            self.add(thing)

    def add(self, thing: Thing) -> None:
        """Know this, too."""
        self.by_uri[thing.uri] = thing
        for number in ("gtin", "gln", "uscc"):
            if thing.row.get(number):
                self.by_number.setdefault(f"{number}:{thing.row[number]}", thing)
        for name in {plain(thing.row.get(name) or "") for name in ("name_zh", "name_en")} - {""}:
            self.by_name.setdefault(name, []).append(thing)

    def named(self, name: str, mine: int | None) -> Thing | None:
        """The one thing of this name, the party's own first; None: there is none. Raises `Unclear`."""
        found = self.by_name.get(plain(name), [])
        own = [thing for thing in found if mine is not None and thing.owner == mine]
        found = own or found
        if len(found) > 1:
            listed = "; ".join(thing.called for thing in found[:LISTED_MOST])
            raise Unclear(
                f"{len(found)} {self.noun} have this name: {listed}. Put the number of one of them.",
                f"有 {len(found)} 个{self.zh}使用此名称：{listed}。请改填其编码。",
                "sheets:several",
            )
        return found[0] if found else None


@dataclass(slots=True)
class Known:
    """Everything that is known of what a file names. `mine`: the party that imports, None: an operator;
    `base`: of URIs minted here; `batches`: URI -> row, of those that the caller may know of.
    """

    mine: int | None
    base: str
    parties: Directory
    sites: Directory
    products: Directory
    batches: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    #: Units of own products registered before: URI -> URI of the batch; drug codes: code -> (batch, level).
    units: dict[str, str] = field(default_factory=dict)
    drug_codes: dict[str, str] = field(default_factory=dict)
    #: First seven digits of drug codes of others' medicines.
    others_medicines: set[str] = field(default_factory=set)
    _lots: dict[tuple[str, str], str] = field(default_factory=dict)

    def product(self, named: Named) -> Thing:
        """The product that is named; a GTIN that nobody registered is one, too. Raises `Unclear`."""
        if named.by == "name":
            thing = self.products.named(named.text, self.mine)
            if thing is None:
                raise Unclear(
                    "No product has this name; put its GTIN, or register it in a sheet of products.",
                    "没有该名称的产品，请填写商品条码，或在产品表中登记。",
                    "sheets:unknown",
                )
            return thing
        uri = PRODUCT_LINK + named.text if named.by == "gtin" else product_key(named.text).uri
        found = self.products.by_uri.get(uri)
        if found is None and named.by == "gtin":
            found = self.products.by_number.get(f"gtin:{named.text}")
        return found or Thing(
            uri, None, {"gtin": named.text if named.by == "gtin" else product_key(uri).gtin}
        )

    def site(self, named: Named | None) -> Thing:
        """The site where something happened; the party's only one where none is named. Raises `Unclear`."""
        if named is None:
            return self._only_site()
        if named.by == "name":
            thing = self.sites.named(named.text, self.mine)
            if thing is None:
                raise Unclear(
                    "No site has this name; put its GLN, or register it in a sheet of sites.",
                    "没有该名称的场所，请填写 GLN，或在场所表中登记。",
                    "sheets:unknown",
                )
            return thing
        if named.by == "gln":
            known = self.sites.by_uri.get(SITE_LINK + named.text)
            known = known or self.sites.by_number.get(f"gln:{named.text}")
            return known or Thing(SITE_LINK + named.text, None, {"gln": named.text})
        uri = site_key(_canonical(named.text)).uri
        return self.sites.by_uri.get(uri) or Thing(uri, None)

    def _only_site(self) -> Thing:
        own = [
            thing
            for thing in self.sites.by_uri.values()
            if self.mine is not None and thing.owner == self.mine and not thing.row.get("unspecified")
        ]
        if len(own) == 1:
            return own[0]
        listed = "; ".join(thing.called for thing in own[:LISTED_MOST])
        raise Unclear(
            f"Say where: there are {len(own)} sites of yours{': ' + listed if listed else ''}.",
            f"请填写场所：贵方登记了 {len(own)} 个场所{'：' + listed if listed else ''}。",
            "sheets:where",
        )

    def party(self, named: Named) -> Thing:
        """The party that is named; numbers that nobody registered are parties, too. Raises `Unclear`."""
        if named.by == "name":
            thing = self.parties.named(named.text, self.mine)
            if thing is None:
                raise Unclear(
                    "No party has this name; put its credit code or GLN, or have it registered.",
                    "没有该名称的主体，请填写统一社会信用代码或 GLN，或请其登记。",
                    "sheets:unknown",
                )
            return thing
        known = self.parties.by_number.get(f"{named.by}:{named.text}")
        if known is not None:
            return known
        if named.by == "gln":
            return self.parties.by_uri.get(PARTY_LINK + named.text) or Thing(PARTY_LINK + named.text, None)
        text = minted.party_uri(self.base, named.text) if named.by == "uscc" else _canonical(named.text)
        uri = party_key(text).uri
        return self.parties.by_uri.get(uri) or Thing(uri, None)

    def place(self, named: Named) -> Thing:
        """Who or what is at the other end: a party, or a site. Raises `Unclear`."""
        if named.by == "gln":
            site = self.sites.by_number.get(f"gln:{named.text}")
            if site is not None and not site.row.get("unspecified"):
                return site
            party = self.parties.by_number.get(f"gln:{named.text}")
            return party or self.site(named)
        if named.by == "name":
            party = self.parties.named(named.text, self.mine)
            thing = party or self.sites.named(named.text, None)
            if thing is None:
                raise Unclear(
                    "No party and no site has this name; put a credit code or GLN, or have it registered.",
                    "没有该名称的主体或场所，请填写统一社会信用代码或 GLN，或请其登记。",
                    "sheets:unknown",
                )
            return thing
        return self.party(named)

    def batch_uri(self, product: Thing, lot: str) -> str:
        """The batch of a product. Raises `Malformed`, `Unclear`."""
        uri = self._lots.get((product.uri, lot))
        if uri is None:
            uri = self._lots[product.uri, lot] = self._batch_uri(product, lot)
        return uri

    def _batch_uri(self, product: Thing, lot: str) -> str:
        gtin = product.row.get("gtin")
        if gtin:
            return minted.gs1_batch_uri(gtin, lot)
        if "/product/" in product.uri:
            return minted.batch_uri(product.uri, lot)
        raise Unclear(
            "This product has a URI of somebody else's making; put the code of the batch instead.",
            "该产品使用外部 URI 标识，请改填批次的编码。",
            "registry:foreign-uri",
        )


def _canonical(uri: str) -> str:
    try:
        return identify(uri).uri
    except Malformed as error:
        raise Unclear(error.message, error.zh, "identifier") from error
