"""Where the service is and with which key: arguments, then the environment, then the configuration file."""

import ipaddress
import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx

from suyuan.problems import SuyuanError

DEFAULT_URL: Final = "http://127.0.0.1:8000"


class BadConfiguration(SuyuanError):
    """The configuration file or the address cannot be used."""


@dataclass(frozen=True, slots=True)
class Connection:
    """`url`: scheme and host, no trailing slash. `key`: an API key (`sy_…`), or empty."""

    url: str
    key: str

    def loopback(self) -> bool:
        """Is the service on this machine? Then no proxy stands between."""
        host = httpx.URL(self.url).host
        try:
            return host == "localhost" or ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False


def config_path(environment: Mapping[str, str] = os.environ) -> Path:
    """The configuration file: `suyuan/config.toml` in `$XDG_CONFIG_HOME`, usually `~/.config`."""
    start = environment.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(start) / "suyuan" / "config.toml"


def find_connection(
    url: str | None = None, key: str | None = None, environment: Mapping[str, str] = os.environ
) -> Connection:
    """The connection to use. A key from the file belongs to the address in the file, and goes nowhere else.

    Raises `BadConfiguration`.
    """
    wanted = url or environment.get("SUYUAN_URL") or ""
    given = key or environment.get("SUYUAN_KEY") or ""
    stored = {} if wanted and given else _read(config_path(environment))
    address = _address(wanted or stored.get("url") or DEFAULT_URL)
    if not given and address == _address(stored.get("url") or address):
        given = stored.get("key", "")
    if not given.isascii() or not given.isprintable():
        raise BadConfiguration("An API key has ASCII characters only; it looks like sy_…")
    return Connection(address, given)


def _address(url: str) -> str:
    try:
        urlsplit(url)  # strict about brackets, where httpx is not
        parts = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        parts = httpx.URL("")
    if parts.scheme not in ("http", "https") or not parts.host:
        raise BadConfiguration(f"{url} is no address of a service; one looks like https://trace.example.cn")
    return url.rstrip("/")


def _read(path: Path) -> dict[str, str]:
    try:
        stored = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadConfiguration(f"{path} cannot be read: {error}") from error
    return {name: value for name, value in stored.items() if isinstance(value, str)}


def store_connection(connection: Connection, environment: Mapping[str, str] = os.environ) -> Path:
    """Write the configuration file, for its owner alone (mode 0600). Raises `BadConfiguration`."""
    path = config_path(environment)
    # A JSON string is a TOML basic string.
    text = f"url = {json.dumps(connection.url)}\nkey = {json.dumps(connection.key)}\n"
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(
            os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
        ) as file:
            file.write(text)
        fresh.replace(path)
    except OSError as error:
        raise BadConfiguration(f"{path} cannot be written: {error}") from error
    return path
