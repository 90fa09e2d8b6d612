"""Of what kind a request is: what it costs, and who goes first when not all can. Pure.

Scans and what the public reads of recalls go before everything else. Traces, downloads and captured documents
hold a connection for long, so there are never so many of them that none is left for the rest.
"""

from enum import IntEnum
from typing import Final


class Kind(IntEnum):
    """In the order in which they are let in."""

    #: Whether the service lives: never refused.
    FREE = 0
    #: What people and their apps ask without a key: codes, recalls, links of notices.
    SCAN = 1
    #: One event: many are captured together, by few connections.
    EVENT = 2
    #: What is asked with a key and done at once.
    ORDINARY = 3
    #: A document to be captured.
    CAPTURE = 4
    #: A trace, a download, a report, a rebuild.
    HEAVY = 5


FREE_PATHS: Final = frozenset({"/healthz", "/readyz"})
#: Beginnings of paths that are asked with a key; all others are public.
KEYED: Final = ("/v1/", "/epcis", "/metrics")
#: Beginnings of those among them that are public all the same.
PUBLIC: Final = ("/v1/recall-status/", "/v1/identify", "/v1/invitations/accept")
#: The page of spreadsheets, for who is signed in there.
SIGNED_IN: Final = "/import"
#: What the public sends where others read with a key.
TOLD_BY_PUBLIC: Final = ("/v1/complaints",)
CAPTURES: Final = ("/epcis/capture",)
EVENTS: Final = ("/epcis/events",)
HEAVY_BEGINNINGS: Final = ("/v1/trace/", "/v1/filings/", "/v1/ledger/", "/v1/drills")
HEAVY_ENDS: Final = (
    *("/labels.pdf", "/report.pdf", "/holders.csv", "/serials", "/drug-codes"),
    *("/recalls/preview", "/reports", "/reports/draft"),
)


def kind_of(method: str, path: str) -> Kind:
    """The kind of a request, by its method and its path without the query."""
    if path in FREE_PATHS:
        return Kind.FREE
    if path == SIGNED_IN or path.startswith(f"{SIGNED_IN}/"):
        return Kind.ORDINARY
    if not path.startswith(KEYED) or path.startswith(PUBLIC):
        return Kind.SCAN
    if method == "POST" and path in EVENTS:
        return Kind.EVENT
    if method == "POST" and path in TOLD_BY_PUBLIC:
        return Kind.SCAN
    if method == "POST" and path in CAPTURES:
        return Kind.CAPTURE
    if path.startswith(HEAVY_BEGINNINGS) or path.endswith(HEAVY_ENDS):
        return Kind.HEAVY
    return Kind.ORDINARY


#: Beginnings of paths of codes: as printed, their pages, their status.
CODES: Final = (
    "/p/",
    "/v1/recall-status/",
    "/00/",
    "/01/",
    "/414/",
    "/417/",
    "/8003/",
    "/8004/",
    "/product/",
)
#: Pages below those of codes that are of no code.
NO_CODES: Final = ("/p/complain", "/p/file/")


def is_code(path: str) -> bool:
    """Whether a path asks for a code."""
    return path.startswith(CODES) and not path.startswith(NO_CODES)


class Guess(IntEnum):
    """A secret that a request shows, and that somebody could guess at."""

    KEY = 1
    LINK = 2
    INVITATION = 3


def guess_of(path: str, *, has_key: bool) -> Guess | None:
    """What a request may be guessing at."""
    if path.startswith("/r/"):
        return Guess.LINK
    if path == "/v1/invitations/accept":
        return Guess.INVITATION
    return Guess.KEY if has_key else None


def is_wrong(guess: Guess, status: int) -> bool:
    """Whether an answer says that it was guessed wrong."""
    if guess is Guess.KEY:
        return status == 401
    return status in (401, 403, 404) if guess is Guess.INVITATION else status == 404
