"""Bearer tokens of OpenID Connect issuers: which are taken, and how often an issuer is asked."""

import json
from datetime import UTC, datetime, timedelta

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from service.auth.oidc import AGAIN_SECONDS, KEPT_SECONDS, is_token
from service.errors import Unauthenticated, Unavailable
from service.settings import Issuer
from tests.issuer import FOLDER, HOUSE, NEXT, RSA, House, claims, published, signed


async def test_a_good_token_says_who_calls() -> None:
    vouched = await House().issuers.check(signed())
    assert (vouched.issuer, vouched.subject, vouched.name) == (HOUSE, "li-na", "李娜")
    nameless = await House().issuers.check(signed(name=None))
    assert nameless.name == "li-na"


@pytest.mark.parametrize(
    "token",
    [
        signed(aud="another"),
        signed(iss="https://elsewhere.example"),
        signed(iss=None),
        jwt.PyJWS().encode(json.dumps({"iss": [HOUSE], "sub": "li-na"}).encode(), RSA, "RS256"),
        signed(sub=None),
        signed(aud=None),
        signed(exp=None),
        signed(exp=datetime.now(UTC) - timedelta(minutes=5)),
        signed(nbf=datetime.now(UTC) + timedelta(minutes=5)),
        signed(iat=datetime.now(UTC) + timedelta(minutes=5)),
        signed(key=rsa.generate_private_key(public_exponent=65537, key_size=2048)),
        signed(key=NEXT, algorithm="ES256"),
        signed(key_id="unknown"),
        jwt.encode(claims(), "", "none", headers={"kid": "one"}),
        jwt.encode(claims(), "a secret of at least thirty-two octets", "HS256", headers={"kid": "one"}),
        signed()[:-4] + "AAAA",
        "eyJ.e30.x",
        "eyJhbGciOiJSUzI1NiJ9..",
        "eyJ" + "a" * 20_000 + ".e30.x",
    ],
)
async def test_any_other_token_is_refused(token: str) -> None:
    assert is_token(token)
    with pytest.raises(Unauthenticated) as refused:
        await House().issuers.check(token)
    assert refused.value.zh != refused.value.message


async def test_keys_are_read_once_and_again_when_they_change() -> None:
    house = House()
    for _ in range(3):
        await house.issuers.check(signed())
    assert len(house.asked) == 2  # its description, its keys
    house.keys = [published(NEXT, "two")]
    with pytest.raises(Unauthenticated):
        await house.issuers.check(signed(NEXT, "ES256", "two"))
    assert len(house.asked) == 2  # it was asked a moment ago
    house.time += AGAIN_SECONDS + 1
    await house.issuers.check(signed(NEXT, "ES256", "two"))
    with pytest.raises(Unauthenticated):
        await house.issuers.check(signed())
    assert len(house.asked) == 4


async def test_keys_go_on_while_their_issuer_is_away() -> None:
    house = House()
    await house.issuers.check(signed())
    house.answers = lambda request: httpx.Response(500)
    house.time += KEPT_SECONDS + 1
    await house.issuers.check(signed())


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500),
        httpx.Response(302, headers={"Location": "http://169.254.169.254/"}),
        httpx.Response(200, content=b"<html>"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"issuer": "https://another.example", "jwks_uri": FOLDER}),
        httpx.Response(200, content=b" " * 600_000),
    ],
)
async def test_an_issuer_that_does_not_answer_well_is_told(answer: httpx.Response) -> None:
    house = House()
    house.answers = lambda request: answer
    with pytest.raises(Unavailable):
        await house.issuers.check(signed())
    house.answers = house.answer
    await house.issuers.check(signed())


async def test_keys_for_other_uses_are_left_out() -> None:
    house = House(published(RSA, "one") | {"use": "enc"}, {"kty": "oct", "k": "c2VjcmV0", "kid": "shared"})
    with pytest.raises(Unauthenticated):
        await house.issuers.check(signed())


async def test_a_token_without_key_id_needs_an_issuer_with_one_key() -> None:
    await House().issuers.check(signed(key_id=None))
    with pytest.raises(Unauthenticated):
        await House(published(RSA, "one"), published(NEXT, "two")).issuers.check(signed(key_id=None))


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
async def test_no_text_breaks_the_reading(first: str, second: str, third: str) -> None:
    house = House()
    with pytest.raises(Unauthenticated):
        await house.issuers.check(f"eyJ{first}.{second}.{third}")


@pytest.mark.parametrize(
    "address", ["http://login.example.cn", "http://127.0.0.1.example.cn", "ftp://x", "login.example.cn"]
)
def test_an_issuer_without_tls_is_not_taken(address: str) -> None:
    with pytest.raises(ValueError, match="https"):
        Issuer(issuer=address, audience="suyuan")
