"""Write every setting down, with its default: `docs/settings.md`, which a test holds."""

from pathlib import Path
from typing import Final

from pydantic import AliasChoices
from pydantic.fields import FieldInfo

from service.settings import Settings

DOCUMENT: Final = Path(__file__).resolve().parents[1] / "docs" / "settings.md"
HEAD: Final = """# Settings

Written by `python -m scripts.write_settings`. Each is an environment variable of the service; what bounds
what, and how it is answered, is told in [operation.md](operation.md).

| variable | default | what it says |
|---|---|---|
"""


def variable_of(name: str, field: FieldInfo) -> str:
    """The environment variable of a field of `Settings`."""
    alias = field.validation_alias
    return str(alias.choices[0]) if isinstance(alias, AliasChoices) else f"SUYUAN_{name.upper()}"


def table() -> str:
    """The whole document."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = field.get_default(call_default_factory=True)
        told = "" if default in (None, "", []) else f"`{default}`"
        rows.append(f"| `{variable_of(name, field)}` | {told} | {field.description} |\n")
    return HEAD + "".join(rows)


if __name__ == "__main__":
    DOCUMENT.write_text(table(), encoding="utf-8")
