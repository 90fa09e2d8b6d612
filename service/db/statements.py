"""SQL as files: one statement each, named by its path, read once."""

from functools import cache
from importlib.resources import files


@cache
def statement(package: str, name: str) -> str:
    """The text of `{name}.sql` beside the code of `package` (e.g. `service.trace`, `starts`)."""
    return files(package).joinpath(f"{name}.sql").read_text(encoding="utf-8")
