"""By what a row of the registry is known: the URI it is stored under, and the numbers that mean the same row.

A party registered under its credit code and given a GLN later is the party that an event names by that GLN.
"""

from dataclasses import dataclass
from typing import Final

from service.identifiers.identity import Kind
from service.identifiers.kinds import CANONICAL_HOST
from service.identifiers.lenient import identity_of
from service.identifiers.uscc import is_uscc

PARTY_LINK: Final = f"{CANONICAL_HOST}/417/"
SITE_LINK: Final = f"{CANONICAL_HOST}/414/"
PRODUCT_LINK: Final = f"{CANONICAL_HOST}/01/"


@dataclass(frozen=True, slots=True)
class PartyKey:
    """`uri` to store a new row under; `gln` and `uscc` where the URI says them."""

    uri: str
    gln: str | None = None
    uscc: str | None = None


@dataclass(frozen=True, slots=True)
class SiteKey:
    """`uri` to store a new row under; `gln` where the URI is a GLN's; `alias`: the GLN alone says which site
    it is, because the URI has no extension."""

    uri: str
    gln: str | None = None
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class ProductKey:
    """`uri` to store a new row under (a consumer variant, AI 22, is its GTIN's product), and the GTIN."""

    uri: str
    gtin: str | None = None


def party_key(uri: str) -> PartyKey:
    """The key of a party's canonical URI. An invoicing party (AI 415) is the party (AI 417) of that GLN."""
    identity = identity_of(uri)
    if identity.gln and uri in (f"{PARTY_LINK}{identity.gln}", f"{CANONICAL_HOST}/415/{identity.gln}"):
        return PartyKey(PARTY_LINK + identity.gln, gln=identity.gln)
    code = uri.rsplit("/", 1)[-1]
    if identity.kind is Kind.PARTY and is_uscc(code):
        return PartyKey(uri, uscc=code)
    return PartyKey(uri)


def site_key(uri: str) -> SiteKey:
    """The key of a site's canonical URI."""
    gln = identity_of(uri).gln
    return SiteKey(uri, gln, gln if gln and uri == SITE_LINK + gln else None)


def product_key(uri: str) -> ProductKey:
    """The key of a product's canonical URI."""
    identity = identity_of(uri)
    if identity.gtin and uri.startswith(PRODUCT_LINK):
        return ProductKey(PRODUCT_LINK + identity.gtin, identity.gtin)
    return ProductKey(uri)
