"""Notices to chat robots of DingTalk, WeCom and Feishu, by apprise."""

import asyncio
from importlib import import_module
from typing import Any

from service.notices.messages import Message
from service.subscriptions.posting import Refusal


async def tell_robot(address: str, message: Message) -> Refusal | None:
    """Post to a chat; None once its maker's server has taken it. apprise bounds its own time.

    It is loaded at the first use: that takes a second, and few processes ever need it.
    """
    return await asyncio.to_thread(_tell, address, message)


def _tell(address: str, message: Message) -> Refusal | None:
    apprise: Any = import_module("apprise")
    robot = apprise.Apprise.instantiate(address)
    if robot is None:
        return Refusal("this is no robot's address any more")
    taken = robot.notify(body=message.text, title=message.subject, body_format=apprise.NotifyFormat.TEXT)
    # Which of a refusal and a broken connection it was, apprise does not say.
    return None if taken else Refusal("the chat's server did not take it")
