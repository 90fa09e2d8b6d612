"""What no text that people are shown may hold: characters that move a terminal's cursor, break a line where
there is one, or turn the direction of writing about, so that what is read is not what is stored. Pure.

Source: Unicode Technical Report 36 (security), 3.6, and UAX 9 (bidirectional text), 2: embeddings, overrides
and isolates. Arabic and Hebrew themselves need none of them, nor are the marks LRM and RLM among them.
"""

import re
from typing import Any, Final

#: C0 but tab and line feed, DEL, C1; line and paragraph separators; embeddings, overrides, isolates of
#: direction; what is no character.
STRANGERS: Final = "\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff"
_STRANGER: Final = re.compile(f"[{STRANGERS}\ud800-\udfff]")


def stranger_in(text: str) -> str | None:
    """The first such character, as `U+202E`; None where there is none."""
    found = _STRANGER.search(text)
    return None if found is None else f"U+{ord(found[0]):04X}"


def without_strangers(text: str) -> str:
    """The text without them."""
    return text if _STRANGER.search(text) is None else _STRANGER.sub("", text)


def shown(value: Any) -> Any:
    """What a template prints (`Environment.finalize`): texts without strangers, all else as it is. What is
    marked as safe markup stays so.
    """
    return type(value)(without_strangers(value)) if isinstance(value, str) else value
