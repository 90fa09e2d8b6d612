"""Who calls, and the transaction a request runs in: the only `Depends` aliases.

`Tx` commits *before* the answer is sent (`scope="function"`): a failing commit must not have
answered 201 already.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from service.auth.tokens import find_key
from service.db.transaction import Transaction, transaction
from service.errors import Unauthenticated


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the name of the key and its role."""

    name: str
    role: str


BEARER = HTTPBearer(auto_error=False, description="`Authorization: Bearer sy_…`")
API_KEY = APIKeyHeader(name="X-API-Key", auto_error=False, description="The API key itself.")


async def open_transaction(request: Request) -> AsyncIterator[Transaction]:
    """The request's transaction on the application's engine."""
    async with transaction(request.app.state.engine) as tx:
        yield tx


async def open_snapshot(request: Request) -> AsyncIterator[Transaction]:
    """A transaction that sees one moment and writes nothing: for answers made by several statements."""
    async with transaction(request.app.state.engine, snapshot=True) as tx:
        yield tx


Tx = Annotated[Transaction, Depends(open_transaction, scope="function")]
Snapshot = Annotated[Transaction, Depends(open_snapshot, scope="function")]
#: A `Snapshot` that stays open until the answer has been sent: for answers that are read as they are told.
LongSnapshot = Annotated[Transaction, Depends(open_snapshot, scope="request")]
BearerToken = Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]
KeyHeader = Annotated[str | None, Depends(API_KEY)]


Opener = Callable[[], AbstractAsyncContextManager[Transaction]]


def find_opener(request: Request) -> Opener:
    """What opens transactions on the application's engine."""
    return partial(transaction, request.app.state.engine)


#: For routes that read a large body first and hold no connection meanwhile. They leave the transaction before
#: they answer.
OpenTx = Annotated[Opener, Depends(find_opener)]


def given_key(bearer: BearerToken, header: KeyHeader) -> str | None:
    """The API key that a request gives, known or not."""
    return bearer.credentials if bearer else header


GivenKey = Annotated[str | None, Depends(given_key)]


async def find_caller_first(open_tx: OpenTx, key: GivenKey) -> Caller:
    """The caller by API key, in a transaction that ends before the route begins; raises `Unauthenticated`."""
    async with open_tx() as tx:
        return await find_by_key(tx, key)


async def find_caller(tx: Tx, bearer: BearerToken, header: KeyHeader) -> Caller:
    """The caller by API key; raises `Unauthenticated`."""
    return await _find(tx, bearer, header)


async def find_reader(tx: Snapshot, bearer: BearerToken, header: KeyHeader) -> Caller:
    """`find_caller` for routes that read in a `Snapshot`: one request, one transaction."""
    return await _find(tx, bearer, header)


async def find_long_reader(tx: LongSnapshot, bearer: BearerToken, header: KeyHeader) -> Caller:
    """`find_caller` for routes that read in a `LongSnapshot`."""
    return await _find(tx, bearer, header)


async def _find(tx: Transaction, bearer: HTTPAuthorizationCredentials | None, header: str | None) -> Caller:
    return await find_by_key(tx, bearer.credentials if bearer else header)


async def find_by_key(tx: Transaction, key: str | None) -> Caller:
    """The caller with this API key; raises `Unauthenticated`."""
    if not key:
        raise Unauthenticated(
            "Send your API key as `Authorization: Bearer …` or `X-API-Key: …`.",
            "请在 Authorization: Bearer 或 X-API-Key 请求头中提供 API 密钥。",
        )
    found = await find_key(tx, key)
    if found is None:
        raise Unauthenticated("This API key is not known or was revoked.", "该 API 密钥不存在或已吊销。")
    return Caller(found.name, found.role)


KnownCaller = Annotated[Caller, Depends(find_caller, scope="function")]
