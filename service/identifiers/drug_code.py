"""The Chinese drug traceability code (药品追溯码): 20 digits on each pack of a medicine.

Source: NMPAB/T 1002-2019 (National Medical Products Administration), coding requirements. The first seven
digits are the drug identification code; how the rest is made is the business of the body that issues it, and
no check rule is published, so none is checked.
"""

from typing import Final

from service.errors import Malformed
from service.identifiers.gs1 import is_digits

DRUG_CODE_LENGTH: Final = 20  # digits
IDENTIFICATION_LENGTH: Final = 7  # digits
DRUG_URI_PREFIX: Final = "urn:suyuan:drug:"


def parse_drug_code(text: str, field: str = "drug_code") -> str:
    """The 20 digits. Raises `Malformed`."""
    code = text.strip()
    if len(code) != DRUG_CODE_LENGTH or not is_digits(code):
        raise Malformed.field(
            field,
            text,
            "A Chinese drug traceability code has 20 digits and nothing else.",
            "药品追溯码为 20 位数字。",
            "drug-code:20-digits",
        )
    return code


def drug_identification_code(code: str) -> str:
    """The first seven digits: the preparation and its package. `code`: 20 digits. Raises `Malformed`."""
    return parse_drug_code(code)[:IDENTIFICATION_LENGTH]


def drug_code_uri(code: str) -> str:
    """`urn:suyuan:drug:{code}`. Raises `Malformed`."""
    return DRUG_URI_PREFIX + parse_drug_code(code)
