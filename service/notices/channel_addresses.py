"""By which ways a party can be told, how their addresses look, and what of them may be shown.

A chat robot's address is written as apprise writes it. Only robots whose messages go to a fixed host of their
maker are taken, and nothing is taken behind a `?`: an address chooses no host and switches off no check.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from service.errors import Malformed
from service.registry.fields import parse_email
from service.subscriptions.destinations import check_dest

Kind = Literal["email", "webhook", "apprise"]
Language = Literal["zh", "en", "both"]

#: Scheme -> the form of what follows. DingTalk may have a signing secret before `@`.
ROBOTS: Final[dict[str, re.Pattern[str]]] = {
    "dingtalk": re.compile(r"(?:[A-Za-z0-9]{1,128}@)?[A-Za-z0-9]{1,128}/?"),
    "wecombot": re.compile(r"[A-Za-z0-9-]{1,128}/?"),
    "feishu": re.compile(r"[A-Za-z0-9-]{1,128}/?"),
    "lark": re.compile(r"[A-Za-z0-9-]{1,128}/?"),
}
#: Characters at the end of a robot's key that are shown: enough to tell two apart.
SHOWN: Final = 4
ADDRESS_MOST: Final = 2000  # characters
#: A regional code of six digits is of China (GB/T 2260).
_CHINA: Final = re.compile(r"[0-9]{6}|CN(-.*)?")


@dataclass(frozen=True, slots=True)
class Channel:
    """A way to tell somebody. `id`: None where it follows from what the registry knows of them."""

    id: int | None
    kind: Kind
    address: str
    shown: str
    language: Language


def read_address(kind: Kind, text: str, *, private: bool) -> tuple[str, str]:
    """The address as it is kept, and as it may be shown. `private`: see `check_dest`. Raises `Malformed`."""
    if kind == "email":
        address = _email(text)
        return address, address
    if kind == "webhook":
        address = check_dest(text, private=private, field="/address")
        parts = urlsplit(address)
        if parts.username or parts.password:
            raise Malformed.field(
                "/address",
                f"{parts.scheme}://…@{parts.hostname}",
                "A webhook's address holds no user and password; its posts are signed.",
                "webhook 地址不得包含用户名和口令，推送内容带有签名。",
            )
        # What stands in the path or the query may be somebody's secret.
        return address, f"{parts.scheme}://{parts.netloc}/…" if parts.path or parts.query else address
    scheme, found, rest = text.partition("://")
    form = ROBOTS.get(scheme.lower())
    if not found or form is None or not form.fullmatch(rest):
        raise Malformed.field(
            "/address",
            f"{scheme[:20]}://…" if found else "…",
            "A chat robot is dingtalk://TOKEN, dingtalk://SECRET@TOKEN, wecombot://KEY, feishu://TOKEN or "
            "lark://TOKEN, and nothing behind it.",
            "群机器人地址形如 dingtalk://TOKEN、dingtalk://SECRET@TOKEN、wecombot://KEY、feishu://TOKEN 或 "
            "lark://TOKEN，其后不得有其他内容。",
            "channel:robot",
        )
    key = rest.rstrip("/").rpartition("@")[2]
    return f"{scheme.lower()}://{rest.rstrip('/')}/", f"{scheme.lower()}://…{key[-SHOWN:]}"


def _email(text: str) -> str:
    if any(letter.isspace() or not letter.isprintable() or letter in '<>",;:\\' for letter in text):
        raise Malformed.field(
            "/address", text, "One plain e-mail address: name@example.cn.", "请填写一个电子邮箱地址。"
        )
    try:
        return parse_email(text)
    except Malformed as error:
        raise Malformed.field("/address", text, error.message, error.zh, "email:shape") from error


def language_for(region: str | None, name_zh: str | None) -> Language:
    """What a party reads, where nobody said: Chinese in China, else English; both where nothing tells."""
    if region is None:
        return "both"
    reads_chinese = name_zh is not None and region[:2] in ("HK", "MO", "TW", "SG")
    return "zh" if reads_chinese or _CHINA.fullmatch(region) else "en"


def default_channels(party: Mapping[str, Any]) -> list[Channel]:
    """E-mail to whom the registry names: contacts for recalls, else the quality manager, else the legal
    representative, else any contact; nobody where it names no address. `party`: `contacts`,
    `quality_manager`, `legal_representative`, `region`, `name_zh`.
    """
    contacts = [contact for contact in party["contacts"] if contact.get("email")]
    for_recalls = [contact for contact in contacts if "recall" in (contact.get("purpose") or "").lower()]
    persons = [party["quality_manager"], party["legal_representative"]]
    first = next((person for person in persons if person.get("email")), None)
    chosen = for_recalls or ([first] if first else contacts[:1])
    language = language_for(party["region"], party["name_zh"])
    found: dict[str, Channel] = {}
    for person in chosen:
        address = str(person["email"])
        found.setdefault(address.lower(), Channel(None, "email", address, address, language))
    return list(found.values())
