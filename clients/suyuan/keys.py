"""Who may call, and for whom: keys, members, invitations, delegations; their shapes, and the calls."""

from collections.abc import Callable
from datetime import datetime
from typing import Final, TypeVar

import msgspec

from suyuan.call import Call, Page, as_json, reads
from suyuan.registry import Shelf

T = TypeVar("T")


class WhoAmI(msgspec.Struct):
    """Whom the service takes the caller for. `party_id`: None for an operator."""

    name: str
    role: str
    party_id: int | None = None
    permissions: list[str] = []


class Key(msgspec.Struct):
    """A key on record. `hint`: how it begins; `last_used_at`: to the minute; `key`: its text, told only in
    the answer that issues it.
    """

    id: int
    name: str
    role: str
    hint: str = ""
    party_id: int | None = None
    permissions: list[str] = []
    created_at: datetime | None = None
    created_by: str = ""
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None
    key: str | None = None


class Member(msgspec.Struct):
    """Somebody for whom an OpenID Connect issuer vouches."""

    id: int
    name: str
    role: str
    issuer: str
    subject: str
    party_id: int | None = None
    permissions: list[str] = []
    created_at: datetime | None = None
    created_by: str = ""
    revoked_at: datetime | None = None


class Invitation(msgspec.Struct):
    """An invitation on record. `invitation`: its text, told only in the answer that makes it."""

    id: int
    name: str
    role: str
    party_id: int | None = None
    permissions: list[str] = []
    created_at: datetime | None = None
    created_by: str = ""
    expires_at: datetime | None = None
    accepted_at: datetime | None = None
    revoked_at: datetime | None = None
    invitation: str | None = None


class AuditReader(msgspec.Struct):
    """Who read: `key` names the caller for good, as "key:5"."""

    name: str
    key: str
    role: str
    party_id: int | None = None


class AuditSubject(msgspec.Struct):
    """What the path of a question names: a case, a drill, …"""

    kind: str
    id: int


class AuditBatch(msgspec.Struct):
    """A batch that an answer was about."""

    id: int
    uri: str


class AuditRecord(msgspec.Struct):
    """One answer that showed somebody the trade of others. `route`: the template of its path; `batches`:
    those that the caller may see; `parties`: whose trade it was, told to operators alone.
    """

    id: int
    at: datetime
    reader: AuditReader
    method: str
    route: str
    subject: AuditSubject | None = None
    batches: list[AuditBatch] = []
    parties: list[int] | None = None


class Accepted(msgspec.Struct):
    """What an invitation became: a key, or membership."""

    key: Key | None = None
    member: Member | None = None


class Delegation(msgspec.Struct):
    """That a party lets another capture for it. `site_ids`: at which places; None: at all of them."""

    id: int
    party_id: int
    delegate_id: int
    site_ids: list[int] | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    created_at: datetime | None = None
    created_by: str = ""
    revoked_at: datetime | None = None


class DelegatedEvent(msgspec.Struct):
    """An event that was captured by a delegation."""

    event_id: str
    event_time: datetime
    record_time: datetime


KEYS: Final = Shelf("keys", Key, Page[Key])
MEMBERS: Final = Shelf("members", Member, Page[Member])
INVITATIONS: Final = Shelf("invitations", Invitation, Page[Invitation])
AUDIT: Final = Shelf("audit", AuditRecord, Page[AuditRecord])
DELEGATIONS: Final = Shelf("delegations", Delegation, Page[Delegation])


def whoami() -> Call[WhoAmI]:
    """Whom the service takes the caller for."""
    return Call("GET", "/v1/whoami", reads(WhoAmI))


def revoke(shelf: Shelf[T], row_id: int) -> Call[T]:
    """End one; again does nothing."""
    return Call("POST", f"/v1/{shelf.name}/{row_id:d}/revocation", reads(shelf.kind), repeatable=True)


def renew(key_id: int, overlap_hours: int) -> Call[Key]:
    """A key that may do the same; the old one ends after the overlap."""
    return Call("POST", f"/v1/keys/{key_id:d}/renewal", reads(Key), {"overlap_hours": overlap_hours})


def accept(invitation: str) -> Call[Accepted]:
    """Use an invitation up."""
    return Call("POST", "/v1/invitations/accept", reads(Accepted), **as_json({"invitation": invitation}))


def delegated(delegation_id: int) -> Callable[[str | None], Call[Page[DelegatedEvent]]]:
    """The events captured by a delegation, as pages."""
    return Shelf(f"delegations/{delegation_id:d}/events", DelegatedEvent, Page[DelegatedEvent]).page({})
