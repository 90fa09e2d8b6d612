"""An OpenID Connect issuer on paper: its keys, the tokens it signs, how often it was asked."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from service.auth.oidc import Issuers
from service.settings import Issuer

HOUSE = "https://login.example.cn"
FOLDER = "https://login.example.cn/keys"
ISSUER = Issuer(issuer=HOUSE, audience="suyuan")
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
NEXT = ec.generate_private_key(ec.SECP256R1())


def published(key: Any, key_id: str) -> dict[str, Any]:
    algorithm = (
        jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else jwt.algorithms.ECAlgorithm
    )
    told: dict[str, Any] = json.loads(algorithm.to_jwk(key.public_key()))
    return told | {"kid": key_id, "use": "sig"}


def claims(**other: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    told = {
        "iss": HOUSE,
        "aud": "suyuan",
        "sub": "li-na",
        "name": "李娜",
        "iat": now,
        "exp": now + timedelta(minutes=5),
    }
    return {name: value for name, value in (told | other).items() if value is not None}


def signed(key: Any = RSA, algorithm: str = "RS256", key_id: str | None = "one", **other: Any) -> str:
    return jwt.encode(claims(**other), key, algorithm, headers={"kid": key_id} if key_id else None)


class House:
    """An issuer on paper: what it publishes, how often it was asked, what time it is."""

    def __init__(self, *keys: dict[str, Any]) -> None:
        self.keys = list(keys) or [published(RSA, "one")]
        self.asked: list[str] = []
        self.time = 0.0
        self.answers: Callable[[httpx.Request], httpx.Response] = self.answer
        http = httpx.AsyncClient(transport=httpx.MockTransport(lambda request: self.answers(request)))
        self.issuers = Issuers([ISSUER], http, lambda: self.time)

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        if request.url.path == "/.well-known/openid-configuration":
            return httpx.Response(200, json={"issuer": HOUSE, "jwks_uri": FOLDER})
        return httpx.Response(200, json={"keys": self.keys})
