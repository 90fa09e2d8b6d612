"""Which of several links of one type suits a request best. Pure.

Source: GS1-Conformant Resolver Standard 1.2, 2.6.3; RFC 4647, 3.4 (lookup of languages); RFC 9110, 12.5.
The language decides first, then the media type, then the context.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from service.scan.preferences import entries

#: The worth of a link that says nothing about a property: more than one that says the wrong thing.
SILENT: Final = 0.0005
Score = tuple[float, int]
_UNFIT: Final[Score] = (0.0, 0)
_SILENT: Final[Score] = (SILENT, 0)
_EXACT, _SHORTENED, _EXTENDED = 3, 2, 1


@dataclass(frozen=True, slots=True)
class Link:
    """One link. `type`: as `link_types.plain_type` writes it; `hreflang`: `zh`, `zh-CN`, `en` …"""

    type: str
    href: str
    title: str
    media_type: str | None = None
    hreflang: tuple[str, ...] = ()
    context: tuple[str, ...] = ()

    @property
    def attributes(self) -> tuple[object, ...]:
        """What a request can choose by. Links that are equal in it cannot be told apart."""
        return self.media_type, frozenset(self.hreflang), frozenset(self.context)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a request prefers: (range, quality) pairs of the two headers, and contexts, in lower case."""

    languages: tuple[tuple[str, float], ...] = ()
    media: tuple[tuple[str, float], ...] = ()
    contexts: tuple[str, ...] = ()


def wishes_of(language: str | None, accept: str | None, contexts: Sequence[str] = ()) -> Wishes:
    """Read `Accept-Language`, `Accept` and the values of the parameter `context`."""
    return Wishes(
        tuple(entries(language or "")),
        tuple(entries(accept or "")),
        tuple(value.lower() for text in contexts for value in text.split(",") if value),
    )


def _fit(wanted: str, tag: str) -> int:
    """How well a tag fits a range: lookup shortens the range from the right; `zh` also takes `zh-CN`."""
    if wanted == tag:
        return _EXACT
    if wanted.startswith(f"{tag}-"):
        return _SHORTENED
    return _EXTENDED if tag.startswith(f"{wanted}-") else 0


def language_score(link: Link, languages: Sequence[tuple[str, float]]) -> Score:
    """The quality of the best fitting range, and how well it fits."""
    if not link.hreflang or not languages:
        return _SILENT
    anything = next((quality for wanted, quality in languages if wanted == "*"), 0.0)
    best = _UNFIT
    for tag in (one.lower() for one in link.hreflang):
        fitting = [(_fit(wanted, tag), wanted, quality) for wanted, quality in languages]
        covering = [(len(wanted), quality) for fit, wanted, quality in fitting if fit in (_EXACT, _EXTENDED)]
        if covering and max(covering)[1] == 0:
            continue  # refused, by the most specific range that the language falls under
        wished = [(quality, fit) for fit, _, quality in fitting if fit and quality > 0]
        best = max(best, *wished or [(anything, 0)])
    return best


def media_score(link: Link, media: Sequence[tuple[str, float]]) -> float:
    """The quality of the most specific range that the media type falls under."""
    if link.media_type is None or not media:
        return SILENT
    kind = link.media_type.lower()
    for wanted in (kind, kind.partition("/")[0] + "/*", "*/*"):
        found = [quality for name, quality in media if name == wanted]
        if found:
            return max(found)
    return 0.0


def context_score(link: Link, contexts: Sequence[str]) -> int:
    """2 for a context that was asked for, 1 for a link without one, 0 for another's."""
    if not link.context:
        return 1
    return 2 if any(one.lower() in contexts for one in link.context) else 0


def choose(links: Sequence[Link], wishes: Wishes) -> tuple[Link, ...]:
    """The best link; or several that nothing in a request can tell apart. `links`: at least one.

    Where preferences do not decide between links that do differ, the one registered first is taken.
    """
    scores = [
        (
            language_score(link, wishes.languages),
            media_score(link, wishes.media),
            context_score(link, wishes.contexts),
        )
        for link in links
    ]
    best = max(scores)
    top = [link for link, score in zip(links, scores, strict=True) if score == best]
    return tuple(link for link in top if link.attributes == top[0].attributes)


def speaks(link: Link, wishes: Wishes) -> bool:
    """Whether the link is in a language that the request names."""
    return language_score(link, wishes.languages) > _SILENT and any(
        _fit(wanted, tag.lower()) for wanted, _ in wishes.languages for tag in link.hreflang
    )
