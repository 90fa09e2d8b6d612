"""What a party lets others see, and what authorities answer for: shapes, and calls."""

from datetime import datetime
from typing import Final

import msgspec

from suyuan.call import Page
from suyuan.registry import Shelf


class Grant(msgspec.Struct):
    """A party (grantor) lets another one (grantee) see its part, narrowed by what is not None."""

    id: int
    grantor_id: int
    grantee_id: int
    product_id: int | None = None
    customer_id: int | None = None
    events_from: datetime | None = None
    events_until: datetime | None = None
    expires_at: datetime | None = None
    created_at: datetime | None = None
    created_by: str = ""
    revoked_at: datetime | None = None
    revoked_by: str | None = None


class Jurisdiction(msgspec.Struct):
    """What an authority answers for; None: every region, every category."""

    id: int
    party_id: int
    region: str | None = None
    category: str | None = None
    created_at: datetime | None = None
    created_by: str = ""
    revoked_at: datetime | None = None
    revoked_by: str | None = None


GRANTS: Final = Shelf("grants", Grant, Page[Grant])
JURISDICTIONS: Final = Shelf("jurisdictions", Jurisdiction, Page[Jurisdiction])
