"""Ways to tell a party: added, listed, removed."""

import secrets
from datetime import datetime
from typing import Any, Final

from service.db.transaction import Transaction
from service.errors import Conflict, Missing, TooLarge
from service.jobs.duties import tell_work
from service.notices import channel_store as store
from service.notices.channel_addresses import Channel, read_address
from service.notices.schemas import Channels, DefaultChannel, NewChannel, PartyChannel
from service.settings import settings

#: Octets of a key that is drawn here.
SECRET_OCTETS: Final = 32


async def add_channel(
    tx: Transaction, party_id: int, asked: NewChannel, *, now: datetime, by: str
) -> PartyChannel:
    """Add a way to tell a party; a webhook's key is told this once. Raises `Missing`, `Malformed`,
    `Conflict` for an address that is here already.
    """
    if not await store.lock_party(tx, party_id):
        raise unknown_party(party_id)
    address, shown = read_address(asked.kind, asked.address, private=settings().delivery_private)
    if await store.find_same(tx, party_id, asked.kind, address) is not None:
        raise Conflict("The party is told by this address already.", "该主体已登记此通知地址。")
    if await store.count_channels(tx, party_id) >= store.CHANNELS_MOST:
        raise TooLarge(
            f"A party has at most {store.CHANNELS_MOST} channels; remove one first.",
            f"每个主体最多 {store.CHANNELS_MOST} 个通知渠道，请先删除一个。",
        )
    drawn = None
    if asked.kind == "webhook" and asked.secret is None:
        drawn = secrets.token_urlsafe(SECRET_OCTETS)
    channel = Channel(None, asked.kind, address, shown, asked.language)
    row = await store.insert_channel(tx, party_id, channel, asked.secret or drawn, now=now, by=by)
    tell_work(tx)  # who could not be told so far can be now
    return PartyChannel.model_validate({**row, "secret": drawn})


async def list_channels(tx: Transaction, party_id: int) -> Channels:
    """A party's own channels, and by what it is told. Raises `Missing`."""
    found = await store.find_channels(tx, [party_id])
    if party_id not in found:
        raise unknown_party(party_id)
    own = [PartyChannel.model_validate(row) for row in await store.list_channels(tx, party_id)]
    named: list[dict[str, Any]] = [
        {"kind": channel.kind, "shown": channel.shown, "language": channel.language}
        for channel in found[party_id]
        if channel.id is None
    ]
    return Channels(items=own, by_default=[DefaultChannel.model_validate(one) for one in named])


async def remove_channel(tx: Transaction, party_id: int, channel_id: int, now: datetime) -> None:
    """Use a channel no more. Raises `Missing`."""
    if not await store.remove_channel(tx, party_id, channel_id, now):
        raise Missing(
            f"Party {party_id} has no channel {channel_id}.", f"主体 {party_id} 没有渠道 {channel_id}。"
        )


def unknown_party(party_id: int) -> Missing:
    """There is no such party."""
    return Missing(f"There is no party {party_id}.", f"没有编号为 {party_id} 的主体。")
