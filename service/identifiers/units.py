"""Units of measure (UN/ECE Recommendation 20): one reference unit for each dimension.

Amounts of one dimension can be added up and compared after conversion; amounts of two dimensions never are. A
code that is not listed here is a dimension of its own (a "case" of unknown size is only ever cases).
"""

from decimal import Context, Decimal
from typing import Final

EACH: Final = "EA"

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

#: What sensors measure besides: code -> (reference unit, numerator, denominator), as exact integers.
MEASURED: dict[str, tuple[str, int, int]] = {
    # time, in seconds
    "SEC": ("SEC", 1, 1),
    "C26": ("SEC", 1, 1_000),
    "MIN": ("SEC", 60, 1),
    "HUR": ("SEC", 3_600, 1),
    "DAY": ("SEC", 86_400, 1),
    # speed, in metres a second
    "MTS": ("MTS", 1, 1),
    "KMH": ("MTS", 10, 36),
    "HM": ("MTS", 44_704, 100_000),
    "KNT": ("MTS", 1_852, 3_600),
    # pressure, in pascals
    "PAL": ("PAL", 1, 1),
    "A97": ("PAL", 100, 1),
    "KPA": ("PAL", 1_000, 1),
    "MPA": ("PAL", 1_000_000, 1),
    "MBR": ("PAL", 100, 1),
    "BAR": ("PAL", 100_000, 1),
    "ATM": ("PAL", 101_325, 1),
    # shares: per cent, per million, per thousand million of the whole
    "P1": ("P1", 1, 1),
    "59": ("P1", 1, 10_000),
    "61": ("P1", 1, 10_000_000),
    # mass of a volume, in kilograms a cubic metre
    "KMQ": ("KMQ", 1, 1),
    "23": ("KMQ", 1_000, 1),
    "A93": ("KMQ", 1, 1_000),
    "GL": ("KMQ", 1, 1),
    "GP": ("KMQ", 1, 1_000_000),
    "M1": ("KMQ", 1, 1_000),
    # frequency, energy, power, electricity
    "HTZ": ("HTZ", 1, 1),
    "KHZ": ("HTZ", 1_000, 1),
    "MHZ": ("HTZ", 1_000_000, 1),
    "JOU": ("JOU", 1, 1),
    "KJO": ("JOU", 1_000, 1),
    "WHR": ("JOU", 3_600, 1),
    "KWH": ("JOU", 3_600_000, 1),
    "WTT": ("WTT", 1, 1),
    "KWT": ("WTT", 1_000, 1),
    "VLT": ("VLT", 1, 1),
    "2Z": ("VLT", 1, 1_000),
    "KVT": ("VLT", 1_000, 1),
    "AMP": ("AMP", 1, 1),
    "4K": ("AMP", 1, 1_000),
    "NEW": ("NEW", 1, 1),
    "B47": ("NEW", 1_000, 1),
}
#: Temperatures, whose scales begin at different points: code -> (added, numerator, denominator), in kelvin.
TEMPERATURES: dict[str, tuple[Decimal, int, int]] = {
    "KEL": (Decimal(0), 1, 1),
    "CEL": (Decimal("273.15"), 1, 1),
    "FAH": (Decimal("459.67"), 5, 9),
}
KELVIN: Final = "KEL"
#: Significant digits of a converted reading: more than a sensor has, and few enough that a third of a
#: degree comes out the same from either side of a conversion.
READING: Final = Context(prec=15)
_EXACT: Final = Context(prec=120)


def in_reference(quantity: Decimal | None, uom: str | None) -> tuple[Decimal | None, str]:
    """The amount in its dimension's reference unit; no unit means pieces (EPCIS 2.0 §7.3.3.3).

    >>> in_reference(Decimal(500), "GRM")
    (Decimal('0.500'), 'KGM')
    """
    known = REFERENCE.get(uom or EACH)
    if known is None:
        code = (uom or EACH).strip().upper()
        known = REFERENCE.get(code) or (code, Decimal(1))
    reference, factor = known
    return (None if quantity is None else quantity * factor), reference


def reading_in_reference(value: Decimal, uom: str) -> tuple[Decimal, str]:
    """A sensor's reading in its dimension's reference unit, to 15 significant digits.

    >>> reading_in_reference(Decimal(5), "CEL")
    (Decimal('278.15'), 'KEL')
    """
    code = uom.strip().upper()
    if code in TEMPERATURES:
        zero, numerator, denominator = TEMPERATURES[code]
        raised = _EXACT.multiply(_EXACT.add(value, zero), Decimal(numerator))
        return READING.divide(raised, Decimal(denominator)), KELVIN
    if code in MEASURED:
        reference, numerator, denominator = MEASURED[code]
        return READING.divide(_EXACT.multiply(value, Decimal(numerator)), Decimal(denominator)), reference
    reference, factor = REFERENCE.get(code, (code, Decimal(1)))
    return READING.multiply(value, factor), reference
