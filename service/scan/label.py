"""The label's information in the order of a printed label. Pure.

Source of the order: GB 7718-2025, 4.1 (mandatory labelling of prepackaged foods), and its digital label,
which shows these on the first page, without what is not on the label between them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from service.scan.days import day_text
from service.scan.preferences import Language

#: Told by master data under the words of the GS1 web vocabulary; they have no column of their own.
INGREDIENTS: Final = "ingredientStatement"
ALLERGENS: Final = "allergenStatement"
STORAGE: Final = "consumerStorageInstructions"

#: (Chinese, English) -> the text in the reader's language, else in the other.
Told = Callable[[str | None, str | None], str | None]


@dataclass(frozen=True, slots=True)
class Row:
    """A fact: `term` and `value` in the reader's language; `code`: letter by letter; `iso`: of a day; `note`:
    what its writer adds, in whatever language.
    """

    term: str
    value: str
    code: bool = False
    iso: str | None = None
    note: str | None = None


def label_rows(
    facts: Mapping[str, Any],
    codes: tuple[str | None, str | None, str | None],
    contact: str | None,
    words: Mapping[str, str],
    language: Language,
) -> list[Row]:
    """What is known, in order. `facts`: of a card; `codes`: lot, serial number, GTIN; `contact`: of the
    producer, for consumers.
    """
    told = told_in(language)
    lot, serial, gtin = codes
    days = facts.get("shelf_life_days")
    rows: list[Row | None] = [
        _row(words["name"], told(facts.get("product_name_zh"), facts.get("product_name_en"))),
        _row(words["brand"], facts.get("brand")),
        _row(words["ingredients"], _attribute(facts, INGREDIENTS, language)),
        _row(words["allergens"], _attribute(facts, ALLERGENS, language)),
        _row(words["specification"], facts.get("specification")),
        _row(words["party"], told(facts.get("party_name_zh"), facts.get("party_name_en"))),
        _row(words["address"], facts.get("party_address")),
        _row(words["contact"], contact),
        _row(words["origin"], told(facts.get("site_name_zh"), facts.get("site_name_en"))),
        _day(words["made_on"], facts.get("made_on"), language),
        _row(words["lot"], lot, code=True),
        _row(words["shelf_life"], words["days"].format(days=days) if days else None),
        _day(words["expires_on"], facts.get("expires_on"), language),
        _row(words["storage"], _attribute(facts, STORAGE, language)),
        _row(words["licence"], _licence(facts)),
        _row(words["executed_standard"], facts.get("executed_standard")),
        _row(words["approval_number"], facts.get("approval_number")),
        _row(words["serial"], serial, code=True),
        _row(words["gtin"], gtin, code=True),
    ]
    return [row for row in rows if row is not None]


def told_in(language: Language) -> Told:
    """Chooses the text of a language."""
    if language == "zh":
        return lambda chinese, english: chinese or english
    return lambda chinese, english: english or chinese


def _row(term: str, value: str | None, *, code: bool = False) -> Row | None:
    return Row(term, value, code) if value else None


def _day(term: str, day: date | None, language: Language) -> Row | None:
    return Row(term, day_text(day, language), iso=day.isoformat()) if day else None


def _licence(facts: Mapping[str, Any]) -> str | None:
    """The number of the licence to produce, among all that the producer holds."""
    for licence in facts.get("licences") or ():
        if isinstance(licence, dict) and "生产许可" in str(licence.get("kind")):
            return str(licence.get("number") or "") or None
    return None


def _attribute(facts: Mapping[str, Any], word: str, language: Language) -> str | None:
    """A text of master data: plain, or one for each language (`@language`, `@value`)."""
    value = (facts.get("attributes") or {}).get(word)
    texts = value if isinstance(value, list) else [value]
    by_language: dict[str, str] = {}
    for text in texts:
        if isinstance(text, str):
            by_language.setdefault("", text)
        elif isinstance(text, dict) and isinstance(text.get("@value"), str):
            by_language.setdefault(str(text.get("@language", ""))[:2].lower(), text["@value"])
    return by_language.get(language) or next(iter(by_language.values()), None)
