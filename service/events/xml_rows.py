"""Stored events as an answer in XML: `answers.query_document` for those who want XML."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from service.events.answers import event_with_server_fields, instant
from service.events.epc_format import EpcFormat, translate_event
from service.events.store import StoredRow
from service.events.xml_answers import dump_xml_query_document
from service.events.xml_writing import CbvFormat


def xml_query_document(
    rows: Sequence[StoredRow],
    *,
    now: datetime,
    query_name: str,
    epc_format: EpcFormat = EpcFormat.NO_PREFERENCE,
    cbv: CbvFormat = "No_Preference",
    subscription_id: str | None = None,
) -> bytes:
    """The events as an EPCISQueryDocument in XML. Raises `NotAcceptable` where an identifier has no URN."""
    contexts = {text: msgspec.json.decode(text) for text in {row.context for row in rows}}
    return dump_xml_query_document(
        [(translate_event(event_with_server_fields(row), epc_format), contexts[row.context]) for row in rows],
        query_name=query_name,
        created=instant(now),
        subscription_id=subscription_id,
        cbv=cbv,
    )
