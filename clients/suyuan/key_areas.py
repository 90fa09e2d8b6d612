"""Who may call, and for whom, for ordinary code: written from its twin by `scripts.write_client`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from suyuan import keys
from suyuan.keys import Accepted, AuditRecord, DelegatedEvent, Delegation, Invitation, Key, Member
from suyuan.registry import Shelf

if TYPE_CHECKING:
    from suyuan.client import Suyuan

T = TypeVar("T")


class Callers(Generic[T]):
    """Those who may call, of one kind, or capture for another."""

    def __init__(self, client: "Suyuan", shelf: Shelf[T]) -> None:
        self._client = client
        self._shelf = shelf

    def list(self) -> Iterator[T]:
        """All of the caller's party (an operator sees all), ended ones too."""
        return self._client.each(self._shelf.page({}))

    def make(self, **fields: Any) -> T:
        """A new one: `name`, `role`, perhaps `party_id` and `permissions`, `expires_at`; a member's `issuer`
        and `subject`. The secret of a key or an invitation is in this answer alone.
        """
        return self._client.send(self._shelf.register(fields))

    def revoke(self, row_id: int) -> T:
        """End one at once. Raises `Conflict` for the last operator's key."""
        return self._client.send(keys.revoke(self._shelf, row_id))


class Keys(Callers[Key]):
    """API keys."""

    def __init__(self, client: "Suyuan") -> None:
        super().__init__(client, keys.KEYS)

    def renew(self, key_id: int, *, overlap_hours: int = 24) -> Key:
        """A key that may do the same; the old one ends after the overlap."""
        return self._client.send(keys.renew(key_id, overlap_hours))


class Members(Callers[Member]):
    """People and programs for whom an OpenID Connect issuer vouches."""

    def __init__(self, client: "Suyuan") -> None:
        super().__init__(client, keys.MEMBERS)


class Invitations(Callers[Invitation]):
    """Secrets by which somebody becomes a caller, once."""

    def __init__(self, client: "Suyuan") -> None:
        super().__init__(client, keys.INVITATIONS)

    def accept(self, invitation: str) -> Accepted:
        """Use one up: a key is issued, or the owner of the bearer token becomes a member."""
        return self._client.send(keys.accept(invitation))


class Delegations(Callers[Delegation]):
    """Who may capture for whom. `make`: `delegate_id`, perhaps `site_ids`, `starts_at`, `ends_at`; by an
    operator `party_id`.
    """

    def __init__(self, client: "Suyuan") -> None:
        super().__init__(client, keys.DELEGATIONS)

    def events(self, delegation_id: int) -> Iterator[DelegatedEvent]:
        """What was captured by one, in the order of recording."""
        return self._client.each(keys.delegated(delegation_id))


class Audit:
    """Records of who was shown whose trade."""

    def __init__(self, client: "Suyuan") -> None:
        self._client = client

    def list(self, **filters: Any) -> Iterator[AuditRecord]:
        """The latest first: to a party those that concern it, to an authority its own reads, to an operator
        all. `filters`: since, until (moments with offset), role, batch (id); an operator's also: party (id).
        """
        return self._client.each(keys.AUDIT.page(filters))
