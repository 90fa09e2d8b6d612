"""From a web address to what it names: GS1 Digital Links of any domain, and the URIs minted here."""

import re
from typing import Final
from urllib.parse import unquote

from service.errors import Malformed
from service.identifiers.gs1 import parse_lot, parse_serial
from service.identifiers.key_rules import KEY_RULES, QUALIFIER_RULES, KeyRule, check_value
from service.identifiers.kinds import Identity, Kind, escape, identity_of_key
from service.identifiers.minted import is_minted_id
from service.identifiers.uscc import is_uscc

_LINK: Final = re.compile(r"([Hh][Tt]{2}[Pp][Ss]?)://([^/?#]+)(/[^?#]*)?(?:\?([^#]*))?(?:#.*)?")


def identify_link(uri: str) -> Identity:
    """What an http(s) URI names. Raises `Malformed` for a recognisable Digital Link that breaks a rule."""
    link = _LINK.fullmatch(uri)
    if link is None:
        return Identity(uri, Kind.OTHER)
    path = link[3] or ""
    if path.endswith("/"):
        path = path[:-1]
    segments = path.split("/")
    # The rightmost key wins; what stands left of it is a stem of the domain.
    for at in range(len(segments) - 2, 0, -1):
        rule = KEY_RULES.get(segments[at])
        if rule is not None:
            identity = _identify_digital_link(rule, segments[at + 1 :], link)
            if identity is not None:
                return identity
    return _identify_minted(link, segments) or Identity(uri, Kind.OTHER)


def _identify_digital_link(rule: KeyRule, rest: list[str], link: re.Match[str]) -> Identity | None:
    """The identity when key and rest are a Digital Link; None when they are not; `Malformed` when nearly."""
    value = unquote(rest[0])
    named = rest[1::2]
    fits = rule.value.pattern.fullmatch(value) is not None
    if len(rest) % 2 == 0 or not rule.qualifiers.issuperset(named):
        return None
    if not fits and not _is_meant(rule, value, link[2]):
        return None
    check_value(rule.ai, rule.value, value)
    qualifiers = {}
    for ai, text in zip(named, rest[2::2], strict=True):
        qualifiers[ai] = unquote(text)
        check_value(ai, QUALIFIER_RULES[ai], qualifiers[ai])
    if named and not rule.allows(tuple(named)):
        raise _refuse_order(rule, link[0])
    if link[4]:
        _refuse_qualifier_in_query(rule, named, link[4])
    return identity_of_key(rule.ai, value, qualifiers)


def _is_meant(rule: KeyRule, value: str, host: str) -> bool:
    """Whether a value that does not fit was meant as one: `/2024/01/15` is a date."""
    if host.lower() == "id.gs1.org":
        return True
    digits = sum(character in "0123456789" for character in value)
    return rule.value.checked > 0 and digits >= 8 and 2 * digits > len(value)


def _refuse_order(rule: KeyRule, uri: str) -> Malformed:
    orders = " | ".join("/".join(sequence) for sequence in rule.sequences)
    return Malformed.field(
        "identifier",
        uri,
        f"The qualifiers of AI {rule.ai} come in this order, each at most once: {orders}.",
        f"应用标识符 {rule.ai} 的限定符须按此顺序出现，且各至多一次：{orders}。",
        "dl:qualifier-order",
    )


def _refuse_qualifier_in_query(rule: KeyRule, named: list[str], query: str) -> None:
    sequence = next((s for s in rule.sequences if set(named) <= set(s)), ())
    for pair in query.replace(";", "&").split("&"):
        name = pair.partition("=")[0]
        if name in sequence:
            raise Malformed.field(
                "identifier",
                pair,
                f"AI {name} belongs into the path after AI {rule.ai}, not into the query.",
                f"应用标识符 {name} 应写在路径中 AI {rule.ai} 之后，不能写在查询部分。",
                "dl:qualifier-in-query",
            )


def _identify_minted(link: re.Match[str], segments: list[str]) -> Identity | None:
    """The minted forms `/product/{id}[/lot/{lot}][/unit/{serial}]`, `/site/{id}`, `/party/{id or USCC}`."""
    for at in range(len(segments) - 2, 0, -1):
        word, identifier, rest = segments[at], segments[at + 1], segments[at + 2 :]
        base = f"{link[1].lower()}://{link[2].lower()}{'/'.join(segments[:at])}/{word}/{identifier}"
        if word == "product" and is_minted_id(identifier):
            return _minted_trade_item(base, rest)
        if not rest and word == "site" and is_minted_id(identifier):
            return Identity(base, Kind.SITE)
        if not rest and word == "party" and (is_minted_id(identifier) or is_uscc(identifier)):
            return Identity(base, Kind.PARTY)
    return None


def _minted_trade_item(product: str, rest: list[str]) -> Identity | None:
    names, values = tuple(rest[::2]), rest[1::2]
    if len(rest) % 2 or names not in {(), ("lot",), ("unit",), ("lot", "unit")}:
        return None
    given = dict(zip(names, map(unquote, values), strict=True))
    lot = parse_lot(given["lot"], "identifier") if "lot" in given else None
    batch = None if lot is None else f"{product}/lot/{escape(lot)}"
    if "unit" in given:
        serial = parse_serial(given["unit"], "identifier")
        uri = f"{product}/unit/{escape(serial)}"
        return Identity(uri, Kind.UNIT, lot=lot, serial=serial, product_uri=product, batch_uri=batch)
    if batch is not None:
        return Identity(batch, Kind.BATCH, lot=lot, product_uri=product, batch_uri=batch)
    return Identity(product, Kind.PRODUCT, product_uri=product)
