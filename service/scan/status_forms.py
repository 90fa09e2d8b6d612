"""Recall statuses of plain codes that are alike but for what names the one: made once, filled in for each.

The status of a plain code depends on its batch's row and on the day. So what was made for a row like it is
taken again, with the code and the moment put where they stand.
"""

import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from service.identifiers.identity import Identity
from service.scan.answers import as_json
from service.scan.plain_codes import Plain, card_of_plain
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

    def bodies_of(
        self, codes: Iterable[tuple[Identity, Plain]], now: datetime, seconds: float
    ) -> list[bytes]:
        """The statuses of codes without anything special on record, as JSON, in their order. `seconds`: it is
        now by the clock of `Lot.began`; each is told to be checked when its lot was.
        """
        day = now.astimezone(PACK_TIME).date()
        moments: dict[float, bytes] = {}
        told = []
        for identity, plain in codes:
            began = plain.lot.began
            moment = moments.get(began)
            if moment is None:
                checked_at = now - timedelta(seconds=seconds - began)
                moment = moments[began] = msgspec.json.encode(checked_at.isoformat())
            key = identity.kind, identity.gtin, identity.lot, day
            form = plain.lot.forms.get(key)
            if form is None:
                form = plain.lot.forms[key] = self._form(key, identity, plain, now)
            before, at, uri, serial = form
            parts = [before, moment, at, msgspec.json.encode(identity.uri), uri]
            if identity.serial is not None:
                parts += (msgspec.json.encode(identity.serial), serial)
            told.append(b"".join(parts))
        return told

    def _form(self, of: tuple[object, ...], identity: Identity, plain: Plain, now: datetime) -> Form:
        row = plain.lot.row
        names = (
            "batch_id",
            "lot",
            "made_on",
            "expires_on",
            "gtin",
            "product_name_zh",
            "product_name_en",
            "contacts",
        )
        key = (*of, *(row[name] for name in names))
        form = self._kept.get(key)
        if form is None:
            form = _form_of(identity, plain, now)
            while len(self._kept) >= FORMS_MOST:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = form
        return form


def _form_of(identity: Identity, plain: Plain, now: datetime) -> Form:
    card = card_of_plain(identity, plain, now)
    body = as_json(card.verdict, card, None) | {"checked_at": _CHECKED_AT, "uri": _URI}
    if identity.serial is not None:
        body["serial"] = _SERIAL
    pieces = _HOLES.split(msgspec.json.encode(body))
    before, at, uri, serial = (*pieces, b"")[:4]
    return before, at, uri, serial
