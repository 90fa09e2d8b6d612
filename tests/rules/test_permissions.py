"""What a caller may do: the table of endpoints, and that nobody can give more than he has."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.access.granting import granted
from service.auth.permissions import HELD_BY, MEANINGS, Permission, Role, may_grant, needed
from service.errors import Forbidden, Malformed

INTERFACE = Path(__file__).parents[1] / "house" / "openapi.json"
METHODS = {"get", "put", "post", "delete", "patch", "head", "options"}

PERMISSIONS = st.sets(st.sampled_from(Permission))
PARTIES = st.none() | st.integers(1, 3)


def closed_operations() -> list[tuple[str, str]]:
    """Every operation that asks who calls: (method, path with examples for its parameters)."""
    paths = json.loads(INTERFACE.read_text("utf-8"))["paths"]
    return [
        (method.upper(), path.replace("{", "").replace("}", ""))
        for path, operations in paths.items()
        for method, operation in operations.items()
        if method in METHODS and operation.get("security")
    ]


#: What only those who run the service do; everything else was given to somebody of the trade.
OPERATORS_OWN = {
    *(("POST", "/v1/ledger/rebuild"), ("GET", "/metrics"), ("POST", "/v1/jurisdictions")),
    ("POST", "/v1/jurisdictions/jurisdiction_id/revocation"),
}


def test_every_endpoint_was_given_to_somebody() -> None:
    left = {
        (method, path) for method, path in closed_operations() if needed(method, path) == Permission.OPERATE
    }
    assert left == OPERATORS_OWN


def test_reading_is_never_enough_to_change_anything() -> None:
    only_reading = {
        (method, path)
        for method, path in closed_operations()
        if needed(method, path) in (None, Permission.READ) and method not in ("GET", "OPTIONS")
    }
    assert only_reading == {("DELETE", "/epcis/nextPageToken/token"), ("POST", "/v1/units/verify")}


@pytest.mark.parametrize("path", ["/v1/keysmith", "/v1/new", "/epcis/capturing", "/V1/parties", "/", "/v1"])
def test_a_path_that_nobody_decided_on_is_closed_for_writing(path: str) -> None:
    assert needed("POST", path) == Permission.OPERATE


def test_every_permission_is_explained_and_held_by_the_operator() -> None:
    assert set(MEANINGS) == set(Permission) == HELD_BY[Role.OPERATOR]
    assert all(HELD_BY[role] < HELD_BY[Role.OPERATOR] for role in Role if role is not Role.OPERATOR)


@given(PERMISSIONS, PARTIES, PERMISSIONS, PARTIES, PERMISSIONS, PARTIES)
def test_what_is_given_on_is_never_more_than_the_first_giver_had(
    first: set[Permission],
    party: int | None,
    second: set[Permission],
    second_party: int | None,
    third: set[Permission],
    third_party: int | None,
) -> None:
    if may_grant(first, party, second, second_party) and may_grant(second, second_party, third, third_party):
        assert may_grant(first, party, third, third_party)
        assert third <= first
        assert party is None or party == third_party


@given(st.sampled_from(Role), st.none() | PERMISSIONS, PARTIES, PERMISSIONS, PARTIES, st.sampled_from(Role))
def test_whoever_is_let_in_has_what_role_and_giver_have_in_common(
    role: Role,
    asked: set[Permission] | None,
    party: int | None,
    holds: set[Permission],
    of: int | None,
    giver: Role,
) -> None:
    try:
        given_on = granted(role, asked, party=party, holds=holds, of_party=of, of_role=giver)
    except Malformed:
        assert (party is None) != (role is Role.OPERATOR) or not (asked or set()) <= HELD_BY[role]
    except Forbidden:
        assert not (asked or set()) <= holds or of not in (None, party) or giver is not role
    else:
        assert set(given_on) == (holds & HELD_BY[role] if asked is None else asked)
        assert of in (None, party)
        assert giver in (role, Role.OPERATOR)
