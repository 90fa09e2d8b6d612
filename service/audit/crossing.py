"""Which reads are written down: those that show somebody the trade of others.

Every reading request of a caller who is not bound to its own part crosses that line, unless its path is named
here: a new endpoint is written down until somebody decides otherwise. Parties, places and products are public
knowledge (a consumer's page names them), and so are words and definitions that name nobody's goods; keys and
members are the caller's own.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from service.audit.shown import Kind

#: Paths (as the OpenAPI document has them) that show nobody's trade.
PUBLIC_KNOWLEDGE: Final = frozenset(
    {
        *("/v1/parties", "/v1/parties/{party_id}", "/v1/sites", "/v1/sites/{site_id}"),
        *("/v1/products", "/v1/products/{product_id}", "/v1/links", "/v1/links/{link_id}"),
        *("/v1/recalls/deadlines", "/v1/recalls/profiles"),
        *("/epcis", "/epcis/eventTypes", "/epcis/bizSteps", "/epcis/dispositions"),
        *("/epcis/eventTypes/{name}", "/epcis/bizSteps/{name}", "/epcis/dispositions/{name}"),
    }
)
#: Paths about the caller or the service itself.
OWN_AFFAIRS: Final = frozenset(
    {
        *("/v1/whoami", "/v1/keys", "/v1/members", "/v1/invitations", "/v1/audit", "/metrics"),
        *("/v1/grants", "/v1/jurisdictions", "/v1/delegations", "/v1/delegations/{delegation_id}"),
    }
)
READING: Final = frozenset({"GET", "HEAD"})

#: Parameters of paths, and the kind of thing that each names: the first that a path has is its subject.
SUBJECTS: Final[dict[str, Kind]] = {
    "recall_id": "case",
    "drill_id": "drill",
    "complaint_id": "complaint",
    "suspect_id": "suspect_code",
    "notice_id": "notice",
    "batch_id": "batch",
    "party_id": "party",
}


def shows_trade(method: str, route: str) -> bool:
    """Whether a request of this method and path template shows trade by itself, whatever it finds."""
    return method in READING and route not in PUBLIC_KNOWLEDGE and route not in OWN_AFFAIRS


def subject_of(parameters: Mapping[str, Any]) -> tuple[Kind, int] | None:
    """What a path names, by its parameters: the kind of thing, and its id. None for lists and queries."""
    for name, kind in SUBJECTS.items():
        if name in parameters:
            # As lenient as the route is, which takes 5.0 for 5.
            return kind, int(Decimal(parameters[name]))
    return None
