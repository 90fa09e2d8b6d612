"""Units of measure (UN/ECE Recommendation 20): one reference unit for each dimension.

Amounts of one dimension can be added up after conversion; amounts of two dimensions never are. A
code that is not listed here is a dimension of its own (a "case" of unknown size is only ever cases).
"""

from decimal import Decimal

EACH = "EA"

#: code -> (reference unit of its dimension, factor). Factors are exact by definition.
REFERENCE: dict[str, tuple[str, Decimal]] = {
    # mass, in kilograms
    "KGM": ("KGM", Decimal(1)),
    "GRM": ("KGM", Decimal("0.001")),
    "MGM": ("KGM", Decimal("0.000001")),
    "MC": ("KGM", Decimal("0.000000001")),
    "DTN": ("KGM", Decimal(100)),
    "TNE": ("KGM", Decimal(1000)),
    "KTN": ("KGM", Decimal(1000000)),
    "LBR": ("KGM", Decimal("0.45359237")),
    "ONZ": ("KGM", Decimal("0.028349523125")),
    # volume, in litres
    "LTR": ("LTR", Decimal(1)),
    "MLT": ("LTR", Decimal("0.001")),
    "CLT": ("LTR", Decimal("0.01")),
    "DLT": ("LTR", Decimal("0.1")),
    "HLT": ("LTR", Decimal(100)),
    "MTQ": ("LTR", Decimal(1000)),
    "DMQ": ("LTR", Decimal(1)),
    "CMQ": ("LTR", Decimal("0.001")),
    "GLL": ("LTR", Decimal("3.785411784")),
    "GLI": ("LTR", Decimal("4.54609")),
    # length, in metres
    "MTR": ("MTR", Decimal(1)),
    "MMT": ("MTR", Decimal("0.001")),
    "CMT": ("MTR", Decimal("0.01")),
    "DMT": ("MTR", Decimal("0.1")),
    "KMT": ("MTR", Decimal(1000)),
    "FOT": ("MTR", Decimal("0.3048")),
    "INH": ("MTR", Decimal("0.0254")),
    # area, in square metres
    "MTK": ("MTK", Decimal(1)),
    "CMK": ("MTK", Decimal("0.0001")),
    "DMK": ("MTK", Decimal("0.01")),
    "HAR": ("MTK", Decimal(10000)),
    # pieces
    EACH: (EACH, Decimal(1)),
    "C62": (EACH, Decimal(1)),
    "H87": (EACH, Decimal(1)),
    "PR": (EACH, Decimal(2)),
    "DZN": (EACH, Decimal(12)),
    "CEN": (EACH, Decimal(100)),
    "MIL": (EACH, Decimal(1000)),
}


def in_reference(quantity: Decimal | None, uom: str | None) -> tuple[Decimal | None, str]:
    """The amount in its dimension's reference unit; no unit means pieces (EPCIS 2.0 §7.3.3.3).

    >>> in_reference(Decimal(500), "GRM")
    (Decimal('0.500'), 'KGM')
    """
    code = (uom or EACH).strip().upper()
    reference, factor = REFERENCE.get(code, (code, Decimal(1)))
    return (None if quantity is None else quantity * factor), reference
