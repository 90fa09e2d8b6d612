"""The links that packs carry, under the operator's own domain."""

from functools import lru_cache

from service.identifiers import minted
from service.identifiers.identity import Kind, identify
from service.settings import settings


def public_url() -> str:
    """Scheme and host of printed codes in lower case, as identifiers are compared; no trailing slash."""
    return _compared(settings().public_url)


@lru_cache(maxsize=2)
def _compared(url: str) -> str:
    scheme, _, rest = url.rstrip("/").partition("://")
    host, slash, stem = rest.partition("/")
    return f"{scheme.lower()}://{host.lower()}{slash}{stem}"


def digital_link(gtin: str | None, product_uri: str | None, lot: str | None) -> str | None:
    """`{public_url}/01/{gtin14}/10/{lot}`, or below the URI of a product minted here; None for others."""
    if lot is None:
        return None
    if gtin is not None:
        return minted.gs1_batch_uri(gtin, lot, public_url())
    if product_uri is not None and is_minted_product(product_uri):
        return minted.batch_uri(minted.product_uri(public_url(), product_uri.rsplit("/", 1)[-1]), lot)
    return None


def is_minted_product(uri: str) -> bool:
    """Whether the URI is of the form `…/product/{minted id}`."""
    return "/product/" in uri and identify(uri).kind is Kind.PRODUCT and identify(uri).gtin is None
