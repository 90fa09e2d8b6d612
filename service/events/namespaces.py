"""What prefixes mean: JSON-LD contexts, resolved without fetching anything.

The standard prefixes are always known, whichever of the published context addresses a document names.
A document, an event or an extension may define more in its own `@context`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

EPCIS_CONTEXT = "https://ref.gs1.org/standards/epcis/epcis-context.jsonld"
#: Prefixes that every document may use (EPCIS 2.0.1 context; `cbvmda` from CBV's ILMD, which it leaves out).
STANDARD_PREFIXES = {
    "epcis": "https://ref.gs1.org/epcis/",
    "cbv": "https://ref.gs1.org/cbv/",
    "cbvmda": "urn:epcglobal:cbv:mda#",
    "gs1": "https://ref.gs1.org/voc/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "dcterms": "http://purl.org/dc/terms/",
    "schema": "https://schema.org/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
}
#: Schemes after which a name is a whole URI and no CURIE, even without `//`.
URI_SCHEMES = frozenset(("urn", "http", "https", "ni", "did", "tag", "geo", "mailto", "tel", "data", "info"))
#: JSON-LD keywords may stand in extension values.
KEYWORDS = frozenset(
    (
        *(
            "@id",
            "@type",
            "@value",
            "@language",
            "@direction",
            "@list",
            "@set",
            "@graph",
            "@index",
            "@reverse",
        ),
        *("@context", "@base", "@vocab", "@nest", "@none", "@version", "@included", "@container", "@prefix"),
        *("@propagate", "@protected", "@import", "@json"),
    )
)


def is_standard_context(url: str) -> bool:
    """Whether `url` is one of the addresses under which GS1 has published the EPCIS context, any release."""
    return url.endswith("epcis-context.jsonld") or url in {
        "https://ref.gs1.org/epcis/",
        "https://ref.gs1.org/standards/epcis/",
        "https://ns.gs1.org/epcis/",
    }


@dataclass(frozen=True, slots=True)
class Namespaces:
    """The prefixes and terms that hold at one place of a document.

    `open`: a context that is known by address only also holds, so an unknown prefix may be defined there.
    """

    prefixes: dict[str, str]
    terms: dict[str, str]
    open: bool = False

    def under(self, context: Any) -> "Namespaces":
        """These namespaces with those of a nested `@context` (any JSON value) laid over them."""
        if context is None or context == [] or context == {}:
            return self
        prefixes, terms, is_open = dict(self.prefixes), dict(self.terms), self.open
        for entry in context if isinstance(context, list) else [context]:
            if isinstance(entry, str):
                is_open = is_open or not is_standard_context(entry)
            elif isinstance(entry, dict):
                for name, uri in _definitions(entry):
                    prefixes[name] = terms[name] = uri
        for name, uri in terms.items():
            terms[name] = prefixes[name] = _expanded(uri, prefixes)
        return Namespaces(prefixes, terms, is_open)

    def expand(self, name: str) -> str:
        """The whole URI of a CURIE, of a URI (itself) or of a term that the context defines."""
        prefix, colon, rest = name.partition(":")
        if not colon:
            return self.terms.get(name, name)
        if rest.startswith("//"):
            return name
        namespace = self.prefixes.get(prefix)
        return name if namespace is None else namespace + rest

    def defines(self, name: str) -> bool:
        """Whether an extension's name means something here: its prefix is defined, or it is a whole URI."""
        prefix, colon, rest = name.partition(":")
        if not colon:
            return name in self.terms
        return prefix in self.prefixes or rest.startswith("//") or prefix.lower() in URI_SCHEMES or self.open


def _definitions(entry: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in entry.items():
        if name.startswith("@"):
            continue
        if isinstance(value, dict):
            value = value.get("@id")
        if isinstance(value, str) and not value.startswith("@"):
            yield name, value


def _expanded(uri: str, prefixes: dict[str, str]) -> str:
    prefix, colon, rest = uri.partition(":")
    if colon and not rest.startswith("//") and prefix in prefixes and prefixes[prefix] != uri:
        return prefixes[prefix] + rest
    return uri


STANDARD = Namespaces(STANDARD_PREFIXES, {})


@lru_cache(maxsize=4096)
def local_name(name: str) -> str:
    """The last part of a name in any spelling: `lotNumber` of `cbvmda:lotNumber` or a whole URI."""
    return name[max(name.rfind("#"), name.rfind("/"), name.rfind(":")) + 1 :]
