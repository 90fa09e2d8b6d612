"""Bearer tokens of OpenID Connect issuers: whose word is taken, and how it is checked.

Checked are the signature (by the issuer's published keys), `iss`, `aud`, `exp`, `nbf` and `iat`; only
algorithms with two keys are taken, so that nobody signs with what is published. Keys are read from the
issuer's own description and kept; a token signed with an unknown one has them read again, but not more often
than every `AGAIN_SECONDS`.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import httpx
import jwt

from service.errors import Unauthenticated, Unavailable
from service.settings import Issuer, settings

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
#: Octets of a token.
TOKEN_MOST: Final = 16 * 1024
#: Octets of an issuer's description, and of its keys.
ANSWER_MOST: Final = 512 * 1024
#: How far the issuer's clock may be from ours.
LEEWAY_SECONDS: Final = 60
FETCH_SECONDS: Final = 5.0
#: How long keys are taken for the issuer's, and how soon they are read again for an unknown one.
KEPT_SECONDS: Final = 3600.0
AGAIN_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Vouched:
    """For whom an issuer vouches. `subject`: its `sub`; `name`: what to call them, if the token says."""

    issuer: str
    subject: str
    name: str


def is_token(text: str) -> bool:
    """Whether a bearer's text has the form of a signed token (a JWS in compact form)."""
    return text.count(".") == 2 and text.startswith("eyJ")


class Keys:
    """The published keys of one issuer."""

    def __init__(self, issuer: Issuer, http: httpx.AsyncClient, ticks: Callable[[], float]) -> None:
        self.issuer = issuer
        self._http = http
        self._ticks = ticks
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._read_at: float | None = None
        self._reading = asyncio.Lock()

    async def find(self, key_id: str | None) -> jwt.PyJWK | None:
        """The key with this `kid`; a token without one may be of an issuer with one key only.

        Raises `Unavailable` where the issuer does not answer and its keys are not known yet.
        """
        async with self._reading:
            found = self._choose(key_id)
            wait = AGAIN_SECONDS if found is None else KEPT_SECONDS
            if self._read_at is None or self._ticks() - self._read_at > wait:
                await self._read()
                found = self._choose(key_id)
        return found

    def _choose(self, key_id: str | None) -> jwt.PyJWK | None:
        if key_id is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(key_id)

    async def _read(self) -> None:
        try:
            keys = (await self._fetch(await self._address()))["keys"]
            self._keys = {
                key.get("kid"): jwt.PyJWK.from_dict(key)
                for key in keys
                if key.get("use", "sig") == "sig" and key.get("kty") in ("RSA", "EC", "OKP")
            }
        except (httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError, jwt.PyJWTError) as error:
            if not self._keys:
                raise Unavailable(
                    f"The issuer {self.issuer.issuer} does not tell its keys: {type(error).__name__}.",
                    f"签发方 {self.issuer.issuer} 未能提供其公钥，请稍后重试。",
                ) from error
        self._read_at = self._ticks()

    async def _address(self) -> str:
        if self.issuer.jwks_uri:
            return self.issuer.jwks_uri
        described = await self._fetch(self.issuer.issuer.rstrip("/") + "/.well-known/openid-configuration")
        if described["issuer"] != self.issuer.issuer:
            raise ValueError("another issuer's description")
        return str(described["jwks_uri"])

    async def _fetch(self, address: str) -> dict[str, Any]:
        async with self._http.stream("GET", address, headers={"Accept": "application/json"}) as answer:
            answer.raise_for_status()
            octets = b""
            async for part in answer.aiter_bytes():
                octets += part
                if len(octets) > ANSWER_MOST:
                    raise ValueError("too long an answer")
        told: dict[str, Any] = httpx.Response(200, content=octets).json()
        return told


class Issuers:
    """The issuers whose word is taken."""

    def __init__(
        self,
        issuers: Sequence[Issuer],
        http: httpx.AsyncClient | None = None,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        http = http or httpx.AsyncClient(timeout=FETCH_SECONDS, follow_redirects=False)
        self._keys = {issuer.issuer: Keys(issuer, http, ticks) for issuer in issuers}

    async def check(self, token: str) -> Vouched:
        """For whom the token vouches. Raises `Unauthenticated` saying what is wrong, `Unavailable`."""
        if len(token) > TOKEN_MOST:
            raise _refusal("it is too long", "令牌过长")
        try:
            heading = jwt.get_unverified_header(token)
            issuer = jwt.decode(token, options={"verify_signature": False}).get("iss")
        except (jwt.PyJWTError, ValueError) as error:
            raise _refusal("it cannot be read", "令牌无法解析") from error
        keys = self._keys.get(issuer) if isinstance(issuer, str) else None
        if keys is None:
            raise _refusal("its issuer is not one whose word is taken here", "其签发方不受本服务信任")
        if heading.get("alg") not in ALGORITHMS:
            raise _refusal("its algorithm is not taken here", "不接受其签名算法")
        key = await keys.find(heading.get("kid"))
        if key is None:
            raise _refusal("its key is not one of the issuer's", "其密钥不属于该签发方")
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=[heading["alg"]],
                audience=keys.issuer.audience,
                issuer=keys.issuer.issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise _refusal(str(error) or type(error).__name__, "签名、受众或有效期不符") from error
        name = claims.get("name") or claims.get("preferred_username") or claims["sub"]
        return Vouched(keys.issuer.issuer, claims["sub"], str(name)[:200])


def _refusal(why: str, zh: str) -> Unauthenticated:
    return Unauthenticated(f"This bearer token is refused: {why}.", f"该 Bearer 令牌被拒绝：{zh}。")


@lru_cache(maxsize=1)
def issuers() -> Issuers:
    """The issuers of the settings; their keys are kept for the life of the process."""
    return Issuers(settings().oidc_issuers)
