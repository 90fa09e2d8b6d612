"""Names of regions, no finer than a city: GB/T 2260 by its first four digits. Pure.

Source of `regions.txt`: GB/T 2260 as amended up to 2024, `code Chinese English`. A code that is not in it
falls back to its province, and other codes (ISO 3166) stand for themselves.
"""

from functools import cache
from importlib.resources import files

from service.scan.preferences import Language


@cache
def _names() -> dict[str, tuple[str, str]]:
    text = files("service.scan").joinpath("regions.txt").read_text(encoding="utf-8")
    rows = (line.split(" ", 2) for line in text.splitlines())
    return {code: (chinese, english) for code, chinese, english in rows}


def city_code(region: str | None) -> str | None:
    """The part of a region code that the public sees: city or province of a Chinese one, else all of it."""
    if not region:
        return None
    if not region.isdigit():
        return region
    names = _names()
    return next((region[:length] for length in (4, 2) if region[:length] in names), None)


def region_name(region: str, language: Language) -> str:
    """`福建省福州市`, `Fuzhou, Fujian`; `region` as `city_code` gives it."""
    names = _names()
    if region not in names:
        return region
    place = 0 if language == "zh" else 1
    parts = [names[code][place] for code in (region[:2], region) if code in names]
    parts = list(dict.fromkeys(parts))
    return "".join(parts) if language == "zh" else ", ".join(reversed(parts))
