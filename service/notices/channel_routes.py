"""HTTP of the ways to tell a party."""

from fastapi import APIRouter, Depends, Response

from service import clock
from service.auth.caller import Caller, KnownCaller, Tx, find_caller
from service.errors import Forbidden
from service.notices import channels
from service.notices.schemas import Channels, NewChannel, PartyChannel
from service.registry.fields import PathId

router = APIRouter(
    prefix="/v1/parties", tags=["notices"], dependencies=[Depends(find_caller, scope="function")]
)


@router.get("/{party_id}/channels", summary="How a party is told 通知渠道")
async def list_channels(tx: Tx, caller: KnownCaller, party_id: PathId) -> Channels:
    """The party's channels for notices of recalls; without any it is told by e-mail to its contact for
    recalls, its quality manager or its legal representative, as the registry names them.
    """
    _require_own(caller, party_id)
    return await channels.list_channels(tx, party_id)


@router.post("/{party_id}/channels", status_code=201, summary="Add a channel 添加通知渠道")
async def add_channel(
    tx: Tx, caller: KnownCaller, party_id: PathId, body: NewChannel, response: Response
) -> PartyChannel:
    """Tell the party this way, too. Notices of running cases that could not be sent so far are sent now.

    Webhooks get `Suyuan-Signature`: HMAC-SHA256 of the body's octets by the channel's key, in hexadecimal,
    and `Suyuan-Delivery`, which is the same whenever the same notice is sent again.
    """
    _require_own(caller, party_id)
    made = await channels.add_channel(tx, party_id, body, now=clock.now(), by=caller.name)
    response.headers["Location"] = f"/v1/parties/{party_id}/channels"
    return made


@router.delete(
    "/{party_id}/channels/{channel_id}",
    status_code=204,
    summary="Remove a channel 删除通知渠道",
    responses={204: {"description": "It is used no more. 已停用。"}},
)
async def remove_channel(tx: Tx, caller: KnownCaller, party_id: PathId, channel_id: PathId) -> None:
    """Tell the party this way no more; its key is forgotten, what waits to be sent by it is cancelled."""
    _require_own(caller, party_id)
    await channels.remove_channel(tx, party_id, channel_id, clock.now())


def _require_own(caller: Caller, party_id: int) -> None:
    """Raises `Forbidden` where it is another party's."""
    if not caller.speaks_for(party_id):
        raise Forbidden(
            f"This is another party's; {caller.name} speaks for party {caller.party_id}.",
            f"这属于其他主体；{caller.name} 代表主体 {caller.party_id}。",
        )
