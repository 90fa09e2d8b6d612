"""What is right at a glance: tests that pass nearly every value by, so that its rule need not be asked. Pure.

A test that says yes is never wrong: its rule would find no fault. One that says no says nothing; then the
rule is asked, and tells what is wrong, if anything is.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, wraps
from typing import Any, Final

from service.errors import Fault
from service.events.cbv import WordList
from service.events.namespaces import Namespaces
from service.events.value_forms import MAX_QUANTITY_DIGITS, is_uri
from service.identifiers.odd_uris import odd_uri
from service.identifiers.units import REFERENCE

Rule = Callable[[Any, str, str, list[Fault], Namespaces], None]
Glance = Callable[[Any], bool]

#: Characters of an identifier that is remembered as faultless, and how many are.
MAX_REMEMBERED: Final = 200
REMEMBERED: Final = 16_384
TOO_MUCH: Final = 10**MAX_QUANTITY_DIGITS


def unless(glance: Glance, rule: Rule) -> Rule:
    """The rule, asked only of what is not right at a glance."""

    @wraps(rule)
    def checked(value: Any, at: str, name: str, faults: list[Fault], names: Namespaces) -> None:
        if not glance(value):
            rule(value, at, name, faults, names)

    return checked


def is_identifier(value: Any) -> bool:
    """A URI that names something: what `identifier_rules.identifier` has nothing against."""
    if type(value) is not str:
        return False
    return _remembered(value) if len(value) <= MAX_REMEMBERED else _is_identifier(value)


def _is_identifier(text: str) -> bool:
    return is_uri(text) and odd_uri("", text) is None


# The same places, parties and lots are named again and again.
_remembered = lru_cache(maxsize=REMEMBERED)(_is_identifier)


def is_place(value: Any) -> bool:
    """A place with its `id` and nothing else."""
    return type(value) is dict and len(value) == 1 and is_identifier(value.get("id"))


def is_whole_amount(value: Any) -> bool:
    """A quantity without fraction."""
    return type(value) is int and 0 <= value < TOO_MUCH


def is_known_unit(value: Any) -> bool:
    """A unit that amounts are converted from."""
    return type(value) is str and value in REFERENCE


def is_word(words: WordList) -> Glance:
    """A published spelling of a word of the list."""
    return lambda value: type(value) is str and value in words.spellings


def are_identifiers(*, unique: bool) -> Glance:
    """An array of identifiers; `unique`: none of them twice."""

    def glance(value: Any) -> bool:
        return (
            type(value) is list
            and all(map(is_identifier, value))
            and not (unique and len(set(value)) != len(value))
        )

    return glance


def are_records(fields: Mapping[str, Glance], required: Sequence[str]) -> Glance:
    """An array of objects with some of these fields, the required ones among them, and no others."""

    def glance(value: Any) -> bool:
        if type(value) is not list:
            return False
        for each in value:
            if type(each) is not dict:
                return False
            for name, member in each.items():
                right = fields.get(name)
                if right is None or not right(member):
                    return False
            for name in required:
                if name not in each:
                    return False
        return True

    return glance
