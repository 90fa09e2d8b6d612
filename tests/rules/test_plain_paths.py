"""The short way to read a scanned path reads what the rule reads."""

from hypothesis import given
from hypothesis import strategies as st

from service.errors import Malformed
from service.identifiers.identity import Identity, Kind, identify
from service.identifiers.kinds import CANONICAL_HOST
from service.scan.front import identify_canonical, identify_plain

GTINS = st.sampled_from(("06901234567892", "04012345111118", "04012345111119", "00000000000000"))
WORDS = st.text("AZaz09._-~%2F!", max_size=22)
REST = st.one_of(
    *(st.just(""), WORDS.map("/10/{}".format), WORDS.map("/21/{}".format)),
    st.tuples(WORDS, WORDS).map(lambda two: "/10/{}/21/{}".format(*two)),
)


def ruled(code: str) -> Identity | None:
    """What the rule says of a lot or a unit."""
    try:
        found = identify(CANONICAL_HOST + code)
    except Malformed:
        return None
    return found if found.kind in (Kind.BATCH, Kind.UNIT) else None


@given(GTINS, REST)
def test_the_short_way_never_says_anything_else_than_the_rule(gtin: str, rest: str) -> None:
    code = f"/01/{gtin}{rest}"
    for found in (identify_plain(code), identify_canonical(code)):
        assert found is None or found == ruled(code)


def test_what_is_printed_most_takes_the_short_way() -> None:
    for rest in ("/10/L1", "/10/L1/21/S-1", "/21/a_b.C"):
        code = f"/01/06901234567892{rest}"
        assert identify_plain(code) == ruled(code)
        assert identify_plain(code) is not None
