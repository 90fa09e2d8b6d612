"""Recall statuses of plain codes that are alike but for what names the one: made once, filled in for each.

The status of a plain code depends on its batch's row, which is read at each scan, and on the day. So what was
made for a row like it is taken again, with the code and the moment put where they stand.
"""

import re
import secrets
from datetime import datetime
from typing import Final

import msgspec

from service.identifiers.identity import Identity
from service.scan.answers import as_json
from service.scan.plain_codes import Row, card_of_plain
from service.scan.verdict import PACK_TIME

FORMS_MOST: Final = 4_000
#: Nobody who registers a product can know it, so none can write it into a name.
_SECRET: Final = secrets.token_hex(16)
_CHECKED_AT, _URI, _SERIAL = (f"{_SECRET}{name}" for name in ("checked_at", "uri", "serial"))
_HOLES: Final = re.compile(f'"{_CHECKED_AT}"|"{_URI}"|"{_SERIAL}"'.encode())

#: What stands before, between and after the moment, the URI and the serial number; without a serial number
#: the last piece is empty.
Form = tuple[bytes, bytes, bytes, bytes]


class StatusForms:
    """Those made lately; the oldest make room."""

    def __init__(self) -> None:
        self._kept: dict[tuple[object, ...], Form] = {}

    def body_of(self, identity: Identity, row: Row, now: datetime) -> bytes:
        """The status of a code without anything special on record, as JSON. `row`: of `plain_codes.sql`."""
        day = now.astimezone(PACK_TIME).date()
        key = (
            *(identity.kind, identity.gtin, identity.lot, day),
            *(row["batch_id"], row["lot"], row["made_on"], row["expires_on"], row["gtin"]),
            *(row["product_name_zh"], row["product_name_en"], row["contacts"]),
        )
        form = self._kept.get(key)
        if form is None:
            form = _form_of(identity, row, now)
            while len(self._kept) >= FORMS_MOST:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = form
        before, at, uri, serial = form
        told = (before, b'"', now.isoformat().encode(), b'"', at, msgspec.json.encode(identity.uri), uri)
        if identity.serial is None:
            return b"".join(told)
        return b"".join((*told, msgspec.json.encode(identity.serial), serial))


def _form_of(identity: Identity, row: Row, now: datetime) -> Form:
    card = card_of_plain(identity, row, now)
    body = as_json(card.verdict, card, None) | {"checked_at": _CHECKED_AT, "uri": _URI}
    if identity.serial is not None:
        body["serial"] = _SERIAL
    pieces = _HOLES.split(msgspec.json.encode(body))
    before, at, uri, serial = (*pieces, b"")[:4]
    return before, at, uri, serial
