"""From GS1 elements to what they name."""

from collections.abc import Sequence

from service.errors import Malformed
from service.identifiers.ai_values import Element
from service.identifiers.key_rules import KEY_RULES, QUALIFIER_RULES, check_value
from service.identifiers.kinds import Identity, identity_of_key


def identity_of_elements(elements: Sequence[Element]) -> Identity:
    """What elements name: the first key, with those of its qualifiers that are there. Raises `Malformed`."""
    values = {element.ai: element.value for element in elements}
    key = next((element.ai for element in elements if element.ai in KEY_RULES), None)
    if key is None:
        raise Malformed.field(
            "code",
            "".join(f"({element.ai})" for element in elements),
            "The code holds no GS1 key such as (01), (00) or (414).",
            "编码中没有 (01)、(00)、(414) 等 GS1 主标识。",
            "gs1:no-key",
        )
    rule = KEY_RULES[key]
    check_value(key, rule.value, values[key])
    qualifiers = {ai: values[ai] for ai in rule.sequence_of(values) if ai in values}
    for ai, value in qualifiers.items():
        check_value(ai, QUALIFIER_RULES[ai], value)
    return identity_of_key(key, values[key], qualifiers)
