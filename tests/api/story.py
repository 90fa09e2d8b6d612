"""A story told against a clock that the test moves: each step is done and written down with its moment."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx

Json = dict[str, Any]
LOCAL = ZoneInfo("Asia/Shanghai")


class Story:
    """The service's clock, its client, and what happened when."""

    def __init__(self, client: httpx.AsyncClient, title: str, begins: datetime) -> None:
        self.client, self.title, self.now = client, title, begins
        self.lines: list[tuple[datetime, str]] = []

    def __call__(self) -> datetime:
        """The service asks what time it is."""
        return self.now

    def pass_by(self, **how: float) -> None:
        self.now += timedelta(**how)

    def tell(self, what: str) -> None:
        self.lines.append((self.now, what))

    async def post(self, path: str, body: Json) -> Json:
        answer = await self.client.post(path, json=body)
        assert answer.status_code in (200, 201), f"{path}: {answer.text}"
        told: Json = answer.json()
        return told

    async def get(self, path: str, **query: Any) -> Json:
        answer = await self.client.get(path, params=query)
        assert answer.status_code == 200, f"{path}: {answer.text}"
        told: Json = answer.json()
        return told

    async def all(self, path: str, **query: Any) -> list[Json]:
        """Every row of a list."""
        rows: list[Json] = []
        page: Json = {}
        while True:
            told = await self.get(path, limit=500, **query, **page)
            rows += told["items"]
            if told["next_page"] is None:
                return rows
            page = {"page": told["next_page"]}

    def write(self, path: Path) -> str:
        """The file of what happened when."""
        told = [f"{at.astimezone(LOCAL):%Y-%m-%d %H:%M} | {what}" for at, what in self.lines]
        text = "\n".join([f"# {self.title}", "", "| when (Shanghai) | what |", "|---|---|"])
        text += "".join(f"\n| {line} |" for line in told) + "\n"
        path.write_text(text, encoding="utf-8")
        return text
