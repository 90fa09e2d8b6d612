"""Spreadsheets that go in, for asyncio."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suyuan import imports
from suyuan.imports import EVERY_FORM, FIRST_LOOK, LONGEST_LOOK, Form, Import, ImportFault, Rows

if TYPE_CHECKING:
    from suyuan.async_client import AsyncSuyuan


class Imports:
    """Uploaded XLSX and CSV files."""

    def __init__(self, client: "AsyncSuyuan") -> None:
        self._client = client

    async def upload(
        self,
        file: Path | str | bytes,
        *,
        name: str | None = None,
        form: str | None = None,
        zone: str | None = None,
        store: Rows | None = None,
    ) -> Import:
        """Send a file (its path, or its content and `name`) to be checked. `form`: what all its sheets are
        about, if that is not to be found out; `zone`: of times that name none (`+08:00`, the service's
        usual); `store`: what to store right after the check, as of `store`.
        """
        return await self._client.send(imports.upload(file, name, form=form, zone=zone, store=store))

    async def fetch(self, import_id: int) -> Import:
        """One upload. Raises `NotFound`."""
        return await self._client.send(imports.fetch(import_id))

    async def wait(self, import_id: int, look: Callable[[Import], None] = lambda _: None) -> Import:
        """Wait until the service is done with checking or storing; `look` is shown each state on the way."""
        pause = FIRST_LOOK
        while True:
            seen = await self.fetch(import_id)
            look(seen)
            if not seen.busy:
                return seen
            await self._client.pause(pause)
            pause = min(2 * pause, LONGEST_LOOK)

    def list(self) -> AsyncIterator[Import]:
        """Uploads of one's party, the latest first."""
        return self._client.each(imports.page())

    async def choose(self, import_id: int, sheets: Sequence[Mapping[str, Any]]) -> Import:
        """Say what sheets are: each `sheet` (its name), and perhaps `form`, `skip`, `columns` ({heading or
        letter: key of the form's column, or "" to leave it out}). All is checked again.
        """
        return await self._client.send(imports.choose(import_id, sheets))

    async def store(self, import_id: int, rows: Rows = "all") -> Import:
        """Store what was checked: `all` rows, or nothing where one has a fault; or the `good` ones. What is
        there already is not doubled. Raises `Conflict` where something is wrong with `all`.
        """
        return await self._client.send(imports.store(import_id, rows))

    def faults(self, import_id: int) -> AsyncIterator[ImportFault]:
        """What is wrong, in the order of sheets and rows."""
        return self._client.each(imports.faults(import_id))

    async def marked(self, import_id: int, language: str = "zh") -> bytes:
        """The same workbook (XLSX, also of a CSV) with each bad cell coloured, and a sentence on it."""
        return await self._client.send(imports.marked(import_id, language))

    async def forms(self) -> Sequence[Form]:
        """What a sheet can be about, and the columns of each."""
        return await self._client.send(imports.forms())

    async def template(self, form: str = EVERY_FORM, ending: str = "xlsx") -> bytes:
        """An empty workbook to fill in: of one form, or with a sheet for each; `ending`: xlsx or csv."""
        return await self._client.send(imports.template(form, ending))
