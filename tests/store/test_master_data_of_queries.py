"""Master data as queries ask for it: what came later is laid over what is here."""

import json

from sqlalchemy.ext.asyncio import AsyncEngine

from service.db.transaction import transaction
from service.events.master_data import keep_master_data
from service.events.model import VocabularyElement


async def test_later_master_data_is_laid_over_what_is_here(engine: AsyncEngine) -> None:
    site = "urn:epc:id:sgln:4012345.00001.0"
    told = [
        VocabularyElement("BusinessLocation", site, {"name": "Old", "city": "Aachen"}, ("urn:x:y",)),
        VocabularyElement("BusinessLocation", "https://id.gs1.org/414/4012345000016", {"name": "New"}),
        VocabularyElement("BusinessStep", "urn:epcglobal:cbv:bizstep:shipping", {"rank": 1}),
    ]
    async with transaction(engine) as tx:
        for element in told:
            await keep_master_data(tx, [element])
        rows = await tx.sql.fetch(
            "SELECT uri, attributes::text, children FROM master_data_element ORDER BY uri"
        )
    assert [(row[0], json.loads(row[1]), row[2]) for row in rows] == [
        ("https://id.gs1.org/414/4012345000016", {"name": "New", "city": "Aachen"}, ["urn:x:y"]),
        ("shipping", {"rank": 1}, []),
    ]
