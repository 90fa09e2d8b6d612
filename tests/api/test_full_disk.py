"""Where the disk has no room for what is put aside while a file is sent, nothing is stored: 503."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from service.db.transaction import transaction
from tests.api.complaining import complaint
from tests.api.registering import register_batch, register_product
from tests.small_disk import disk_at

#: More than is kept in memory, and than the disk has.
LARGE = b"%PDF-1.7 " + bytes(2 * 1024 * 1024)
STORED = """
SELECT (SELECT count(*) FROM batch_document) + (SELECT count(*) FROM stored_file)
     + (SELECT count(*) FROM complaint)
"""

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a small disk")


@pytest.fixture
def full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Temporary files find no room."""
    with disk_at(tmp_path, "64k"):
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        yield


async def test_files_that_find_no_room_are_not_taken_by_halves(
    client: httpx.AsyncClient, engine: AsyncEngine, full: None
) -> None:
    await register_product(client)
    batch = await register_batch(client)
    document = {"kind": "certificate", "issuer": "Lab", "issued_on": "2026-03-01"}
    for path, data, field in (
        (f"/v1/batches/{batch['id']}/documents", document, "file"),
        ("/v1/complaints", complaint(), "photo"),
        ("/p/complain", complaint(), "photo"),
    ):
        answer = await client.post(path, data=data, files={field: ("a.pdf", LARGE, "application/pdf")})
        assert answer.status_code == 503, (path, answer.text)
        assert "retry-after" in answer.headers
        if answer.headers["content-type"] == "application/problem+json":
            assert "存储空间不足" in answer.json()["detail_zh"]
    async with transaction(engine) as tx:
        assert await tx.sql.fetchval(STORED) == 0
    assert (await client.get("/healthz")).status_code == 200
