"""Finding one row by whatever a person calls it: the id, a number, a URI."""

from typing import TypeVar

from suyuan.cli.session import BadInput
from suyuan.cli.texts import text
from suyuan.client import Suyuan
from suyuan.registry import Batch, Party, Product, Site

T = TypeVar("T")

GLN_DIGITS = 13
GTIN_DIGITS = (8, 12, 13, 14)
USCC_CHARACTERS = 18


def find_party(client: Suyuan, name: str) -> Party:
    """By id, GLN, credit code or URI. Raises `BadInput`, `NotFound`."""
    if name.isdecimal() and len(name) < GLN_DIGITS:
        return client.parties.fetch(int(name))
    if name.isdecimal() and len(name) == GLN_DIGITS:
        return _known(client.parties.find(gln=name), name)
    if name.isalnum() and len(name) == USCC_CHARACTERS:
        return _known(client.parties.find(uscc=name), name)
    return _known(client.parties.find(uri=name), name)


def find_site(client: Suyuan, name: str) -> Site:
    """By id, GLN or URI. Raises `BadInput`, `NotFound`."""
    if name.isdecimal() and len(name) < GLN_DIGITS:
        return client.sites.fetch(int(name))
    if name.isdecimal():
        return _known(client.sites.find(gln=name), name)
    return _known(client.sites.find(uri=name), name)


def find_product(client: Suyuan, name: str) -> Product:
    """By id, GTIN or URI. Raises `BadInput`, `NotFound`."""
    if name.isdecimal() and len(name) not in GTIN_DIGITS:
        return client.products.fetch(int(name))
    if name.isdecimal():
        return _known(client.products.find(gtin=name), name)
    return _known(client.products.find(uri=name), name)


def find_batch(client: Suyuan, name: str) -> Batch:
    """By id, or in any form of identifier: Digital Link, URN, `GTIN lot`. Raises `BadInput`, `NotFound`."""
    if name.isdecimal() and len(name) < GTIN_DIGITS[1]:
        return client.batches.fetch(int(name))
    return _known(client.batches.find(batch=name), name)


def _known(found: T | None, name: str) -> T:
    if found is None:
        raise BadInput(text("not found", what=name))
    return found
