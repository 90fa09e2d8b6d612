"""Serials that are read quickly are read the same as by the full reader, or left to it."""

from hypothesis import given
from hypothesis import strategies as st

from service.errors import Malformed
from service.identifiers.kinds import Identity
from service.identifiers.plain_serials import identify_plain_serial
from service.identifiers.uri_identity import _identify

prefixes = st.sampled_from(("9521234", "952123", "95212345678901", "690123456789"))
items = st.sampled_from(("000001", "100001", "0000012", "1", ""))
numbers = st.sampled_from(("06901234567892", "06901234567893", "9521234000013", "09521234000013"))
serials = st.text("Az09-.%2F_ \n", max_size=24)


def in_full(uri: str) -> Identity | None:
    try:
        return _identify(uri)
    except Malformed:
        return None


@given(
    uri=st.one_of(
        st.builds("urn:epc:id:sgtin:{}.{}.{}".format, prefixes, items, serials),
        st.builds("https://id.gs1.org/01/{}/21/{}".format, numbers, serials),
        st.builds("https://id.gs1.org/01/{}/10/L/21/{}".format, numbers, serials),
    )
)
def test_a_plain_serial_is_what_the_full_reader_says(uri: str) -> None:
    quickly = identify_plain_serial(uri)
    assert quickly is None or quickly == in_full(uri)


def test_the_serials_of_most_documents_are_plain() -> None:
    for uri in ("urn:epc:id:sgtin:9521234.000001.2x77", "https://id.gs1.org/01/06901234567892/21/A9"):
        assert identify_plain_serial(uri) == in_full(uri) is not None
