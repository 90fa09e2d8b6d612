"""Strategies for identifiers: valid values for every kind of GS1 key, made by the rules, not from lists."""

from hypothesis import strategies as st

from service.identifiers.ai_values import Element
from service.identifiers.content_checks import check_pair
from service.identifiers.gs1 import check_digit

CSET82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
CSET39 = "#-/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def digits(length: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=length, max_size=length)


def checked(length: int) -> st.SearchStrategy[str]:
    """Numbers of this length whose last digit is the check digit."""
    return digits(length - 1).map(lambda body: f"{body}{check_digit(body)}")


def text(longest: int, shortest: int = 1) -> st.SearchStrategy[str]:
    return st.text(CSET82, min_size=shortest, max_size=longest)


prefix_lengths = st.integers(6, 12)
gtins = checked(14)
lots = text(20)
serials = text(20)


def _joined(*parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map("".join)


_pieces = st.tuples(st.integers(1, 99), st.integers(1, 99)).map(lambda two: f"{min(two):02}{max(two):02}")
_part_serials = st.integers(1, 999_999_999_999).map(str)

# For every key the elements of one identifier, key first, whose company prefix may be up to 12 digits long.
KEYS: dict[str, st.SearchStrategy[list[Element]]] = {
    "sgtin": st.tuples(gtins, serials).map(lambda two: [Element("01", two[0]), Element("21", two[1])]),
    "lgtin": st.tuples(gtins, lots).map(lambda two: [Element("01", two[0]), Element("10", two[1])]),
    "upui": st.tuples(gtins, text(28)).map(lambda two: [Element("01", two[0]), Element("235", two[1])]),
    "gtin": gtins.map(lambda gtin: [Element("01", gtin)]),
    "sscc": checked(18).map(lambda sscc: [Element("00", sscc)]),
    "sgln": st.tuples(checked(13), text(20).filter(lambda extension: extension != "0")).map(
        lambda two: [Element("414", two[0]), Element("254", two[1])]
    ),
    "gln": checked(13).map(lambda gln: [Element("414", gln)]),
    "pgln": checked(13).map(lambda gln: [Element("417", gln)]),
    "grai": _joined(st.just("0"), checked(13), text(16)).map(lambda value: [Element("8003", value)]),
    "grai class": _joined(st.just("0"), checked(13)).map(lambda value: [Element("8003", value)]),
    "giai": _joined(digits(12), text(18, 0)).map(lambda value: [Element("8004", value)]),
    "gdti": _joined(checked(13), text(17)).map(lambda value: [Element("253", value)]),
    "gcn": _joined(checked(13), digits(9)).map(lambda value: [Element("255", value)]),
    "gsrn": checked(18).map(lambda value: [Element("8018", value)]),
    "gsrnp": checked(18).map(lambda value: [Element("8017", value)]),
    "ginc": _joined(digits(12), text(18, 0)).map(lambda value: [Element("401", value)]),
    "gsin": checked(17).map(lambda value: [Element("402", value)]),
    "itip": st.tuples(_joined(gtins, _pieces), serials).map(
        lambda two: [Element("8006", two[0]), Element("21", two[1])]
    ),
    "cpi": st.tuples(_joined(digits(12), st.text(CSET39, min_size=1, max_size=18)), _part_serials).map(
        lambda two: [Element("8010", two[0]), Element("8011", two[1])]
    ),
}
any_key = st.one_of(*KEYS.values())

gmns = _joined(digits(6), text(17, 0)).map(lambda value: value + check_pair(value))
