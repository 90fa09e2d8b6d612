"""Notices by e-mail: connections to one mail server, kept and used again."""

import asyncio
import ipaddress
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, parseaddr
from typing import Final
from urllib.parse import unquote, urlsplit

from aiosmtplib import SMTP
from aiosmtplib.errors import SMTPException, SMTPResponseException

from service.errors import Malformed
from service.notices.messages import Message
from service.subscriptions.posting import ANSWER_SHOWN, Refusal

PORTS: Final = {"smtp": 25, "smtps": 465}
#: From here on an answer of SMTP is for good (RFC 5321, 4.2.1).
PERMANENT: Final = 500
LANGUAGES: Final = {"zh": "zh-CN", "en": "en", "both": "zh-CN, en"}


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in. `tls`: from the first octet; `start_tls`: None where offered."""

    host: str
    port: int
    user: str | None
    password: str | None
    tls: bool
    start_tls: bool | None


def read_server(url: str) -> MailServer:
    """`smtp://user:password@host:587`, `smtps://…`. A password goes only over TLS, or to this machine.

    Raises `Malformed`.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in PORTS or not parts.hostname or parts.path not in ("", "/") or parts.query:
        raise Malformed.field(
            "SUYUAN_SMTP_URL",
            f"{parts.scheme}://…",
            "It looks like smtp://user:password@mail.example.cn:587 or smtps://….",
            "应形如 smtp://用户:口令@mail.example.cn:587 或 smtps://…。",
        )
    user = unquote(parts.username) if parts.username else None
    password = unquote(parts.password) if parts.password else None
    start_tls = True if password and not _is_here(parts.hostname) else None
    tls = parts.scheme == "smtps"
    return MailServer(
        parts.hostname, port or PORTS[parts.scheme], user, password, tls, False if tls else start_tls
    )


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def compose(
    message: Message,
    *,
    sender: str,
    to: str,
    name: str,
    key: str,
    language: str,
    written_at: datetime,
) -> EmailMessage:
    """The e-mail. Its Message-ID follows from the delivery's key, so that one sent again is known by it."""
    mail = EmailMessage(policy=SMTP_POLICY)
    user, _, domain = to.rpartition("@")
    mail["From"] = sender
    mail["To"] = Address(" ".join(name.split()), user, domain)
    mail["Subject"] = " ".join(message.subject.split())
    mail["Date"] = format_datetime(written_at)
    mail["Message-ID"] = f"<{key}@{parseaddr(sender)[1].rpartition('@')[2]}>"
    mail["Content-Language"] = LANGUAGES[language]
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no machine answers it
    mail.set_content(message.text, charset="utf-8", cte="base64")
    return mail


class Mailer:
    """Hands mail in at one server; one for a process. Who uses it bounds how much at once."""

    def __init__(self, server: MailServer, *, timeout: float) -> None:
        self.server = server
        self.timeout = timeout
        self._idle: list[SMTP] = []

    async def send(self, mail: EmailMessage, *, sender: str, to: str) -> Refusal | None:
        """Hand one mail in; None once the server has taken it."""
        try:
            async with asyncio.timeout(self.timeout):
                client = await self._begun(sender)
        except (SMTPException, OSError, TimeoutError) as error:
            return _refusal(error)
        kept = False
        began = False
        try:
            async with asyncio.timeout(self.timeout):
                await client.rcpt(to)
                began = True
                await client.data(mail.as_bytes())
            kept = True
        except SMTPResponseException as error:
            return _refusal(error)
        except (SMTPException, OSError, TimeoutError) as error:
            return _refusal(error, in_doubt=began)
        except (UnicodeError, ValueError) as error:
            return Refusal(f"{type(error).__name__}: {error}"[:ANSWER_SHOWN], status=PERMANENT)
        finally:
            if kept:
                self._idle.append(client)
            else:
                client.close()
        return None

    async def _begun(self, sender: str) -> SMTP:
        """A connection on which a mail was begun: one that is open still, else a new one."""
        while self._idle:
            client = self._idle.pop()
            try:
                await client.mail(sender)
            except (SMTPException, OSError):
                client.close()  # the server closed it meanwhile; nothing was sent yet
            else:
                return client
        server = self.server
        client = SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            use_tls=server.tls,
            start_tls=server.start_tls,
            timeout=self.timeout,
            tls_context=ssl.create_default_context(),
        )
        begun = False
        try:
            await client.connect()
            await client.mail(sender)
            begun = True
        finally:
            if not begun:
                client.close()
        return client

    async def close(self) -> None:
        """Let go of the connections."""
        for client in self._idle:
            client.close()
        self._idle.clear()


def _refusal(error: Exception, *, in_doubt: bool = False) -> Refusal:
    if isinstance(error, SMTPResponseException):
        said = " ".join(str(error.message).split())
        return Refusal(f"SMTP {error.code} {said}"[:ANSWER_SHOWN], status=error.code)
    return Refusal(f"{type(error).__name__}: {error}"[:ANSWER_SHOWN], in_doubt=in_doubt)
