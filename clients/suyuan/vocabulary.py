"""Words of the Core Business Vocabulary (CBV 2.0) that people give to events of the trade."""

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: CBV 2.0, 7.2.
DISPOSITIONS: Final = _words(
    "active available completeness_inferred completeness_verified conformant container_closed "
    "container_open damaged destroyed dispensed disposed encoded expired in_progress in_transit "
    "inactive mismatch_class mismatch_instance mismatch_quantity needs_replacement no_pedigree_match "
    "non_conformant non_sellable_other partially_dispensed recalled reserved retail_sold returned "
    "sellable_accessible sellable_not_accessible stolen unavailable unknown"
)
#: CBV 2.0, 7.3.
DOCUMENT_TYPES: Final = _words(
    "bol cert desadv inv pedigree po poc prodorder recadv rma testprd testres upevt"
)
