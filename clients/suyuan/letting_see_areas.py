"""Grants and jurisdictions, for ordinary code: written from its twin by `scripts.write_client`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from suyuan import keys, letting_see
from suyuan.letting_see import Grant, Jurisdiction

if TYPE_CHECKING:
    from suyuan.client import Suyuan


class Grants:
    """What parties let one another see."""

    def __init__(self, client: "Suyuan") -> None:
        self._client = client

    def list(self, *, direction: str | None = None) -> Iterator[Grant]:
        """Those of the caller's party (an operator sees all), ended ones too; `direction`: only those
        given, or received.
        """
        return self._client.each(letting_see.GRANTS.page({"direction": direction}))

    def give(self, grantee_id: int, **narrowed: Any) -> Grant:
        """Let a party see: `product_id`, `customer_id`, `events_from`, `events_until`, `expires_at`; an
        operator says the `grantor_id`. Raises `BadInput`, `NotAllowed`.
        """
        return self._client.send(letting_see.GRANTS.register({"grantee_id": grantee_id, **narrowed}))

    def revoke(self, grant_id: int) -> Grant:
        """End one at once. Raises `NotFound`."""
        return self._client.send(keys.revoke(letting_see.GRANTS, grant_id))


class Jurisdictions:
    """What authorities answer for; operators say it."""

    def __init__(self, client: "Suyuan") -> None:
        self._client = client

    def list(self, *, party_id: int | None = None) -> Iterator[Jurisdiction]:
        """All of them, or an authority's, ended ones too."""
        return self._client.each(letting_see.JURISDICTIONS.page({"party_id": party_id}))

    def give(self, party_id: int, *, region: str | None = None, category: str | None = None) -> Jurisdiction:
        """An authority answers for this from now on. Raises `BadInput`, `NotAllowed`."""
        told = {"party_id": party_id, "region": region, "category": category}
        return self._client.send(letting_see.JURISDICTIONS.register(told))

    def revoke(self, jurisdiction_id: int) -> Jurisdiction:
        """End one at once. Raises `NotFound`."""
        return self._client.send(keys.revoke(letting_see.JURISDICTIONS, jurisdiction_id))
