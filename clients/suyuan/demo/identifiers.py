"""How a company's systems write identifiers: EPC URN, Digital Link, or Digital Link of its own domain.

The same thing appears in several forms in the events of several companies, as in real life.
"""

from typing import Final
from urllib.parse import quote

from suyuan.demo.network import PLACEHOLDER, Company, Place, Product, Uris

GS1: Final = "https://id.gs1.org"
FORMS: Final = ("urn", "link", "own")
#: Escaped in EPC URNs (Tag Data Standard, table of URI escapes).
_URN_ESCAPES: Final = {sign: f"%{ord(sign):02X}" for sign in '"%&/<>?#'}


def _escape_urn(text: str) -> str:
    return "".join(_URN_ESCAPES.get(sign, sign) for sign in text)


def _host(writer: Company) -> str:
    return f"https://id.{writer.domain}" if writer.form == "own" else GS1


def canonical_batch(product: Product, lot: str, uris: Uris) -> str:
    """The batch's URI as the service keeps it."""
    if product.gtin:
        return f"{GS1}/01/{product.gtin}/10/{quote(lot, safe='')}"
    return f"{product.uri(uris)}/lot/{quote(lot, safe='')}"


def batch_id(writer: Company, product: Product, lot: str, uris: Uris) -> str:
    """The class-level identifier of a lot, as the writer writes it."""
    if not product.gtin:
        return canonical_batch(product, lot, uris)
    if writer.form == "urn":
        prefix = product.company.prefix
        item = product.gtin[0] + product.gtin[1 + len(prefix) : 13]
        return f"urn:epc:class:lgtin:{prefix}.{item}.{_escape_urn(lot)}"
    return f"{_host(writer)}/01/{product.gtin}/10/{quote(lot, safe='')}"


def unit_id(writer: Company, product: Product, serial: str) -> str:
    """One serialised unit or case."""
    if writer.form == "urn":
        prefix = product.company.prefix
        item = product.gtin[0] + product.gtin[1 + len(prefix) : 13]
        return f"urn:epc:id:sgtin:{prefix}.{item}.{_escape_urn(serial)}"
    return f"{_host(writer)}/01/{product.gtin}/21/{quote(serial, safe='')}"


def sscc_id(writer: Company, sscc: str, prefix: str) -> str:
    """A pallet or case. `prefix`: the company prefix inside the SSCC."""
    if writer.form == "urn":
        return f"urn:epc:id:sscc:{prefix}.{sscc[0]}{sscc[1 + len(prefix) : 17]}"
    return f"{_host(writer)}/00/{sscc}"


def vehicle_id(writer: Company, prefix: str, number: str) -> str:
    """A truck: an individual asset (GIAI)."""
    if writer.form == "urn":
        return f"urn:epc:id:giai:{prefix}.{number}"
    return f"{_host(writer)}/8004/{prefix}{number}"


def site_id(writer: Company, place: Place, uris: Uris) -> str:
    """A place."""
    if not place.gln:
        return place.uri(uris)
    if writer.form == "urn":
        prefix = place.company.prefix
        return f"urn:epc:id:sgln:{prefix}.{place.gln[len(prefix) : 12]}.0"
    return f"{_host(writer)}/414/{place.gln}"


def party_id(writer: Company, company: Company, uris: Uris) -> str:
    """A party."""
    if not company.gln:
        return company.uri(uris)
    if writer.form == "urn":
        return f"urn:epc:id:pgln:{company.prefix}.{company.gln[len(company.prefix) : 12]}"
    return f"{_host(writer)}/417/{company.gln}"


def document_number(writer: Company, kind: str, number: str) -> str:
    """A business document: CBV's URN where the writer has a GLN, else a URI under its own domain."""
    if writer.gln:
        return f"urn:epcglobal:cbv:bt:{writer.gln}:{kind}-{number}"
    return f"{PLACEHOLDER}/document/{writer.key.replace(':', '-')}/{kind}-{number}"
