"""Master data that came with captured documents, kept for queries (`WD_…`, `HASATTR_…`, `EQ_ATTR_…`).

What a later document tells of an element is laid over what is here, attribute by attribute.
"""

from collections.abc import Sequence

import msgspec

from service.db.transaction import Transaction
from service.events.cbv import BIZ_STEP, DISPOSITION
from service.events.facts import canonical
from service.events.json_document import dump_event
from service.events.model import VocabularyElement
from service.events.value_forms import MAX_URI

WORDS = {"BusinessStep": BIZ_STEP, "Disposition": DISPOSITION}

KEEP = """
INSERT INTO master_data_element AS kept (vocabulary, uri, attributes, children)
SELECT vocabulary, uri, attributes::jsonb, ARRAY(SELECT jsonb_array_elements_text(children::jsonb))
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS told (vocabulary, uri, attributes, children)
ORDER BY vocabulary, uri
ON CONFLICT (vocabulary, uri) DO UPDATE
    SET attributes = kept.attributes || excluded.attributes,
        children = CASE WHEN excluded.children = '{}' THEN kept.children ELSE excluded.children END
"""


def element_name(vocabulary: str, text: str) -> str:
    """How an element is named in events: a bare CBV word, or a canonical URI."""
    words = WORDS.get(vocabulary)
    return canonical(text) if words is None else words.spellings.get(text, text)


async def keep_master_data(tx: Transaction, elements: Sequence[VocabularyElement]) -> None:
    """Write down a document's master data."""
    told: dict[tuple[str, str], tuple[dict[str, object], list[str]]] = {}
    for element in elements:
        name = element_name(element.type, element.id)
        if len(name) + len(element.type) > MAX_URI:
            continue
        attributes, children = told.setdefault((element.type, name), ({}, []))
        attributes.update(element.attributes)
        children.extend(canonical(child) for child in element.children)
    if told:
        await tx.sql.execute(
            KEEP,
            [vocabulary for vocabulary, _ in told],
            [uri for _, uri in told],
            [dump_event(attributes).decode() for attributes, _ in told.values()],
            [msgspec.json.encode(list(dict.fromkeys(children))).decode() for _, children in told.values()],
        )
