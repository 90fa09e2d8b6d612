"""Notices of a case, for asyncio."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from suyuan import notices
from suyuan.notices import AnswerLine, Channel, Channels, Link, Notice, Proof, Recipient, TakenAnswer

if TYPE_CHECKING:
    from suyuan.async_client import AsyncSuyuan


class Notices:
    """Notices, whom they reach, what was answered."""

    def __init__(self, client: "AsyncSuyuan") -> None:
        self._client = client

    def list(self, **filters: Any) -> AsyncIterator[Notice]:
        """All that fit the filters `party` (id, URI, credit code, GLN), `recall` (id), `unread`."""
        return self._client.each(notices.notices(filters))

    async def fetch(self, notice_id: int) -> Notice:
        """One. Raises `NotFound`."""
        return await self._client.send(notices.notice(notice_id))

    async def acknowledge(self, notice_id: int, name: str | None = None) -> Notice:
        """Say that it was read."""
        return await self._client.send(notices.acknowledge(notice_id, name))

    def recipients(self, recall_id: int) -> AsyncIterator[Recipient]:
        """Whom a case tells, and what became of it."""
        return self._client.each(notices.recipients(recall_id))

    async def link(self, recall_id: int, recipient_id: int) -> Link:
        """A link for a recipient, to be told by telephone, letter or chat."""
        return await self._client.send(notices.link(recall_id, recipient_id))

    def answers(self, recall_id: int, differing: bool = False) -> AsyncIterator[AnswerLine]:
        """What recipients last said of their batches; `differing`: only where the events differ."""
        return self._client.each(notices.answers(recall_id, differing))

    async def answer(self, recall_id: int, recipient_id: int, **fields: Any) -> TakenAnswer:
        """Answer for a recipient: `by`, `lines`, `passed_on`, `note`. Raises `Conflict` once it is over."""
        return await self._client.send(notices.answer(recall_id, recipient_id, fields))

    def proofs(self, recall_id: int) -> AsyncIterator[Proof]:
        """Files that came with answers."""
        return self._client.each(notices.proofs(recall_id))

    async def proof(self, recall_id: int, proof_id: int) -> bytes:
        """The content of one."""
        return await self._client.send(notices.proof(recall_id, proof_id))

    async def channels(self, party_id: int) -> Channels:
        """How a party is told."""
        return await self._client.send(notices.channels(party_id))

    async def add_channel(self, party_id: int, **fields: Any) -> Channel:
        """Tell a party this way, too: `kind`, `address`, perhaps `language` and `secret`."""
        return await self._client.send(notices.add_channel(party_id, fields))

    async def remove_channel(self, party_id: int, channel_id: int) -> None:
        """Tell a party this way no more."""
        await self._client.send(notices.remove_channel(party_id, channel_id))
