"""Where this service posts to on somebody else's word: not into its own network, however that is written."""

import ipaddress
import socket
from typing import Any

import httpx
import pytest

from service.errors import Malformed
from service.subscriptions.destinations import ClosedAddress, address_of, check_dest, is_closed
from service.subscriptions.posting import Poster

OPEN = [
    "https://client.example.com/callback?a=1",
    "http://8.8.8.8:8080/",
    "https://[2a00:1450:4001::1]/",
    "https://追溯.example.cn/",
    "https://client.example.com:443/",
]
#: Private to a network, and that network's own business.
PRIVATE = [
    "http://127.0.0.1/",
    "http://127.8.9.1:8000/",
    "http://localhost/",
    "http://LOCALHOST./",
    "http://db.localhost/",
    "http://printer.local/",
    "http://vault.internal/",
    "http://10.0.0.1/",
    "http://172.16.3.4/",
    "http://192.168.1.1/",
    "http://100.64.0.1/",
    "http://[::1]/",
    "http://[fd12:3456::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:10.0.0.1]/",
    "http://[2002:7f00:1::]/",
    "http://[64:ff9b::10.0.0.1]/",
    "http://client.example.com:25/",
    "http://client.example.com:22/",
]
#: Nobody's, whatever is allowed.
NEVER = [
    "http://169.254.169.254/latest/meta-data/",
    "http://[::ffff:169.254.169.254]/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://[fe80::1]/",
    "http://[fe80::1%25eth0]/",
    "http://[fd00:ec2::254]/",
    "http://100.100.100.200/",
    "http://0.0.0.0/",
    "http://[::]/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://[ff02::1]/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.1/",
    "http://017700000001/",
    "http://127.1/",
    "http://127.0.0.1./",
    "http://1.2.3.4.5/",
    "http://user:secret@client.example.com/",
    "http://client.example.com@127.0.0.1/",
    "ftp://client.example.com/",
    "file:///etc/passwd",
    "gopher://client.example.com/",
    "//client.example.com/",
    "http:client.example.com",
    "http:///nowhere",
    "http://client.example.com:99999/",
    "http://[::1",
    "http://client.example.com\\@127.0.0.1/",
    "http://client.example.com/\r\nHost: x",
    "http://client.example.com/\u202egnp.exe",
    "http://" + "a" * 3000,
]


@pytest.mark.parametrize("dest", OPEN)
def test_an_address_of_the_open_internet_is_taken(dest: str) -> None:
    assert check_dest(dest, private=False) == check_dest(dest, private=True) == dest


@pytest.mark.parametrize("dest", PRIVATE)
def test_a_private_address_is_taken_where_the_operator_allows_it(dest: str) -> None:
    with pytest.raises(Malformed) as refused:
        check_dest(dest, private=False)
    assert refused.value.faults[0].field == "/dest"
    assert check_dest(dest, private=True) == dest


@pytest.mark.parametrize("dest", NEVER)
def test_some_addresses_are_never_taken(dest: str) -> None:
    for private in (False, True):
        with pytest.raises(Malformed) as refused:
            check_dest(dest, private=private)
        assert "secret" not in str(refused.value.faults[0].value)


def test_an_address_inside_another_is_the_one_that_counts() -> None:
    for outer in ("::ffff:{}", "64:ff9b::{}", "64:ff9b:1::{}", "::{}"):
        for inner, closed in (("8.8.8.8", False), ("192.168.0.1", True), ("169.254.169.254", True)):
            assert is_closed(ipaddress.ip_address(outer.format(inner)), private=False) is closed
    assert is_closed(ipaddress.ip_address("2002:a9fe:a9fe::1"), private=True)


class Names:
    """A resolver that answers as it is told, another address each time."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    def __call__(self, host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        self.asked += 1
        family = socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (each, port)) for each in self.answers.pop(0)]


@pytest.mark.parametrize(
    "leads_to", [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["::ffff:7f00:1"], ["169.254.169.254"]]
)
async def test_a_name_that_leads_inside_is_not_connected_to(
    leads_to: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", Names(leads_to))
    with pytest.raises(ClosedAddress):
        await address_of("client.example.com", 443, private=False)


async def test_what_is_connected_to_is_the_address_that_was_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name that means another address the second time it is looked up is looked up once."""
    connected: list[str] = []
    names = Names(["8.8.8.8"], ["127.0.0.1"])
    monkeypatch.setattr(socket, "getaddrinfo", names)

    class Noting(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: Any) -> Any:
            connected.append(str(request.url))
            assert request.headers["Host"] == "client.example.com"
            assert request.extensions["sni_hostname"] == "client.example.com"
            return httpx.Response(
                302, headers={"Location": "http://127.0.0.1/"}, stream=httpx.ByteStream(b"")
            )

    poster = Poster(timeout=5, private=False)
    monkeypatch.setattr(poster._http, "_transport", Noting())
    refusal = await poster.post("https://client.example.com/callback", b"{}", {})
    assert refusal is not None
    assert refusal.status == 302, "a redirect is not followed"
    assert (connected, names.asked) == (["https://8.8.8.8/callback"], 1)
    refusal = await poster.post("https://client.example.com/callback", b"{}", {})
    assert refusal is not None
    assert "127.0.0.1" in refusal.reason
    assert len(connected) == 1
    await poster.close()
