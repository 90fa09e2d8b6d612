"""Facts of stored events: the revision that brings them tells them of events captured before."""

import asyncio
import json
from typing import Any

from alembic import command
from sqlalchemy.ext.asyncio import AsyncEngine

from service.capture import conduct
from service.db.migrate import configuration, upgrade
from service.db.transaction import transaction
from service.events.json_document import dump_event, read_document
from service.events.master_data import keep_master_data
from service.events.model import VocabularyElement
from tests.varied_events import DOCUMENT

FACTS = "SELECT event_id, declares_error, facts::text FROM event ORDER BY id"


async def facts(engine: AsyncEngine) -> dict[tuple[str, bool], Any]:
    async with transaction(engine) as tx:
        return {(row[0], row[1]): json.loads(row[2]) for row in await tx.sql.fetch(FACTS)}


async def test_events_captured_before_have_facts_too(engine: AsyncEngine, database: str) -> None:
    async with transaction(engine) as tx:
        await conduct.capture(tx, read_document(dump_event(DOCUMENT), max_events=100))
    before = await facts(engine)
    assert sum(map(bool, before.values())) > len(before) // 2
    await engine.dispose()
    await asyncio.to_thread(command.downgrade, configuration(database), "0001")
    await asyncio.to_thread(upgrade, database)
    assert await facts(engine) == before


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
