"""Who calls, and the transaction a request runs in: the only `Depends` aliases.

`Tx` commits *before* the answer is sent (`scope="function"`): a failing commit must not have
answered 201 already.
"""

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Annotated

import asyncpg
from fastapi import Depends, Header, Request
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from service import clock
from service.audit.crossing import shows_trade, subject_of
from service.audit.recorder import Read, Reader, Recorder
from service.audit.shown import Shown, watch
from service.auth import last_used
from service.auth.members import find_member
from service.auth.oidc import is_token, issuers
from service.auth.permissions import BOUND, MEANINGS, Permission, Role, Sight, needed, sight
from service.auth.sight import see_as
from service.auth.tokens import find_key, find_keys
from service.db.freshness import position_of
from service.db.transaction import Transaction, transaction
from service.errors import Forbidden, Malformed, SuyuanError, Unauthenticated, Unavailable
from service.web.reading import POSITION, as_of_of, reading, usable
from service.web.within import opened


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, for which party (None: the service's own), and what they may do."""

    name: str
    #: What names the caller for good: "key:5", "member:3".
    key: str
    role: Role
    party_id: int | None
    permissions: frozenset[Permission]

    @property
    def bound_to(self) -> int | None:
        """The party of which alone the caller sees and tells; None for who is not bound."""
        return self.party_id if self.role in BOUND else None

    @property
    def sees_everything(self) -> bool:
        """Whether no row is kept from the caller: an operator."""
        return self.role is Role.OPERATOR

    def speaks_for(self, party_id: int | None) -> bool:
        """Whether the caller reads and says what is this party's: its own; an operator, anybody's."""
        return self.sees_everything or self.party_id == party_id

    def require(self, permission: Permission | None) -> None:
        """Raises `Forbidden` where the caller has not got the permission."""
        if permission is not None and permission not in self.permissions:
            meaning, zh = MEANINGS[permission]
            raise Forbidden(
                f"This needs the permission `{permission}` ({meaning}), which {self.name} has not got.",
                f"此操作需要 {permission} 权限（{zh}），{self.name} 没有该权限。",
            )


BEARER = HTTPBearer(
    auto_error=False, description="`Authorization: Bearer sy_…`, or a token of an issuer trusted here."
)
API_KEY = APIKeyHeader(name="X-API-Key", auto_error=False, description="The API key itself.")


async def open_transaction(request: Request) -> AsyncIterator[Transaction]:
    """The request's transaction on the application's engine."""
    async with opened(request.scope) as tx:
        yield tx


async def open_snapshot(request: Request) -> AsyncIterator[Transaction]:
    """A transaction that sees one moment and writes nothing: for answers made by several statements."""
    async with opened(request.scope, snapshot=True) as tx:
        yield tx


async def open_reading(
    request: Request,
    position: Annotated[
        str | None,
        Header(
            alias=POSITION,
            description="As an answer to a capture had it: what was captured is seen then, though the "
            "service reads from a replica. 采集应答中的同名值：保证读到该次采集。",
        ),
    ] = None,
) -> AsyncIterator[Transaction]:
    """As `open_snapshot`, but of the replica if that is young enough and has what the caller wants to see.

    `Cache-Control: no-cache` asks for the primary.
    """
    try:
        wanted = -1 if position is None else position_of(position)
    except ValueError:
        raise Malformed.field(
            POSITION,
            position,
            "Give back the value of this header as an answer to a capture had it, such as 0/16B3748.",
            "请原样送回采集应答中该响应头的值，例如 0/16B3748。",
        ) from None
    state = request.app.state
    fresh = "no-cache" in request.headers.get("cache-control", "").lower()
    replica = None if fresh else usable(state, wanted)
    if replica is not None:
        request.state.as_of = as_of_of(replica)
    try:
        async with reading(state, replica, snapshot=True) as tx:
            yield tx
    except asyncpg.SerializationError as error:
        # What was being read was cleaned up on the primary, and the replica had to follow.
        raise Unavailable(
            "The replica could not finish reading; ask again, and the primary will.",
            "只读副本未能完成读取，请重试，将由主库应答。",
        ) from error


Tx = Annotated[Transaction, Depends(open_transaction, scope="function")]
Snapshot = Annotated[Transaction, Depends(open_snapshot, scope="function")]
#: A `Snapshot` that stays open until the answer has been sent: for answers that are read as they are told.
LongSnapshot = Annotated[Transaction, Depends(open_snapshot, scope="request")]
#: A `LongSnapshot` for answers that may be some seconds old: of the replica, if there is one (`web.reading`).
LongReading = Annotated[Transaction, Depends(open_reading, scope="request")]
BearerToken = Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]
KeyHeader = Annotated[str | None, Depends(API_KEY)]


Opener = Callable[[], AbstractAsyncContextManager[Transaction]]


def opener_of(request: Request) -> Opener:
    """What opens transactions on the application's engine."""
    return partial(opened, request.scope)


# The framework calls what is no coroutine in a thread, which costs more than all that is done in these.


async def find_opener(request: Request) -> Opener:
    """`opener_of`."""
    return opener_of(request)


#: For routes that read a large body first and hold no connection meanwhile. They leave the transaction before
#: they answer.
OpenTx = Annotated[Opener, Depends(find_opener)]


async def given_key(bearer: BearerToken, header: KeyHeader) -> str | None:
    """The API key that a request gives, known or not."""
    return bearer.credentials if bearer else header


GivenKey = Annotated[str | None, Depends(given_key)]


async def key_given_by(request: Request) -> str | None:
    """`given_key`, where nothing else is asked of the framework."""
    return await given_key(await BEARER(request), await API_KEY(request))


# What others' trade an answer shows is put on record when the route has found it, before any of it is sent:
# these end with the route (`scope="function"`), whatever the scope of the transaction.


async def find_caller_first(request: Request, open_tx: OpenTx, key: GivenKey) -> AsyncIterator[Caller]:
    """The caller, in a transaction that ends before the route begins; raises as `find_by_key`."""
    async with open_tx() as tx:
        caller = await _admit(request, tx, key)
    async with _on_record(request, caller):
        yield caller


async def find_caller(request: Request, tx: Tx, key: GivenKey) -> AsyncIterator[Caller]:
    """The caller, who may do what the endpoint does; raises as `find_by_key`."""
    caller = await _admit(request, tx, key)
    async with _on_record(request, caller):
        yield caller


async def find_reader(request: Request, tx: Snapshot, key: GivenKey) -> AsyncIterator[Caller]:
    """`find_caller` for routes that read in a `Snapshot`: one request, one transaction."""
    caller = await _admit(request, tx, key)
    async with _on_record(request, caller):
        yield caller


async def find_long_reader(request: Request, tx: LongSnapshot, key: GivenKey) -> AsyncIterator[Caller]:
    """`find_caller` for routes that read in a `LongSnapshot`."""
    caller = await _admit(request, tx, key)
    async with _on_record(request, caller):
        yield caller


async def find_reading_caller(request: Request, tx: LongReading, key: GivenKey) -> AsyncIterator[Caller]:
    """`find_caller` for routes that read in a `LongReading`. Keys are always the primary's: one that was
    revoked opens nothing.
    """
    if tx.orm.bind is request.app.state.engine:
        caller = await _admit(request, tx, key)
    else:
        async with transaction(request.app.state.engine) as own:
            caller = await _admit(request, own, key, reading=tx)
    async with _on_record(request, caller):
        yield caller


@asynccontextmanager
async def _on_record(request: Request, caller: Caller) -> AsyncIterator[None]:
    """Put on record what the route shows of others' trade. Raises `Unavailable` where that cannot be done."""
    shown: Shown = request.state.shown
    yield
    if not shown.crossing:
        return
    route: str = request.scope["route"].path
    subject = subject_of(request.path_params) if shows_trade(request.method, route) else None
    if subject is not None:
        kind, row_id = subject
        shown.add(kind, {row_id})
    if not shown:
        return
    recorder: Recorder = request.app.state.recorder
    by_leave_of = None if shown.beyond else shown.grantors
    reader = Reader(caller.name, caller.key, caller.role, caller.party_id, by_leave_of)
    await recorder.record(Read(clock.now(), reader, request.method, route, subject, shown))
    # What is streamed goes on for long, and may be of a hundred thousand places.
    shown.ids.clear()


async def _admit(
    request: Request, tx: Transaction, key: str | None, reading: Transaction | None = None
) -> Caller:
    """The caller, who may do what the request does. From then on the transaction (`reading`: another one, if
    the request reads there) shows what they may see.
    """
    method, path = request.method, request.url.path
    caller = await find_by_key(tx, key, needed(method, path))
    # Whose turn it is when many ask at once (`service.admission`).
    request.state.party_id = caller.party_id
    seen = sight(caller.role, method, path)
    if seen is Sight.CLOSED:
        raise Forbidden(
            "This is not open to parties yet; an operator does it for you.",
            "该操作尚未对企业主体开放，请联系运营者代为办理。",
        )
    request.state.shown = watch(bound=caller.bound_to is not None)
    if seen in (Sight.PARTY, Sight.REGULATOR):
        assert caller.party_id is not None
        await see_as(reading or tx, caller.role, caller.party_id, now=clock.now())
    return caller


async def find_by_key(tx: Transaction, key: str | None, needs: Permission | None) -> Caller:
    """The caller with this API key or bearer token. Raises `Unauthenticated`; `Forbidden` where they have not
    got the permission that is needed; `Unavailable` where a token's issuer cannot be asked.
    """
    if not key:
        raise Unauthenticated(
            "Send your API key as `Authorization: Bearer …` or `X-API-Key: …`.",
            "请在 Authorization: Bearer 或 X-API-Key 请求头中提供 API 密钥。",
        )
    if is_token(key):
        caller = await _of_token(tx, key)
    else:
        now = clock.now()
        caller = _of_key(await find_key(tx, key, now), now)
    caller.require(needs)
    return caller


async def find_by_keys(
    tx: Transaction, keys: Collection[str | None], needs: Permission | None
) -> dict[str | None, Caller | SuyuanError]:
    """For each key the caller, or what `find_by_key` raises; API keys are looked up all at once."""
    now = clock.now()
    plain = [key for key in keys if key and not is_token(key)]
    rows = await find_keys(tx, plain, now) if plain else {}
    found: dict[str | None, Caller | SuyuanError] = {}
    for key in keys:
        try:
            if key and not is_token(key):
                caller = _of_key(rows.get(key), now)
                caller.require(needs)
            else:
                caller = await find_by_key(tx, key, needs)
            found[key] = caller
        except (Unauthenticated, Forbidden, Unavailable) as error:
            found[key] = error
    return found


def _of_key(found: asyncpg.Record | None, now: datetime) -> Caller:
    if found is None:
        raise Unauthenticated(
            "This API key is not known, has expired, or was revoked.", "该 API 密钥不存在、已过期或已吊销。"
        )
    last_used.note(found["id"], found["last_used_at"], now)
    return _caller(found["name"], "key", found)


async def _of_token(tx: Transaction, token: str) -> Caller:
    vouched = await issuers().check(token)
    found = await find_member(tx, vouched.issuer, vouched.subject)
    if found is None:
        raise Forbidden(
            f"{vouched.issuer} vouches for {vouched.subject}, who is no member here: ask for an invitation.",
            f"{vouched.issuer} 证明了 {vouched.subject} 的身份，但其不是本服务的成员，请申请邀请。",
        )
    return _caller(vouched.name, "member", found)


def _caller(name: str, kind: str, row: asyncpg.Record) -> Caller:
    granted = frozenset(Permission(word) for word in row["permissions"])
    return Caller(name, f"{kind}:{row['id']}", Role(row["role"]), row["party_id"], granted)


KnownCaller = Annotated[Caller, Depends(find_caller, scope="function")]
