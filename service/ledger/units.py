"""Units of measure as the ledger adds them up; the table is `identifiers.units`."""

from service.identifiers.units import EACH, in_reference

__all__ = ["EACH", "in_reference"]
