"""Every setting is written down as it is, and read by somebody."""

import re

from scripts.write_settings import DOCUMENT, table
from service.settings import Settings
from tests.house.sources import ROOT, python


def test_the_page_of_settings_tells_them_as_they_are() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == table(), "python -m scripts.write_settings"


def test_no_setting_is_read_by_nobody() -> None:
    others = [path for path in python("service") if path != ROOT / "service" / "settings.py"]
    words = set(re.findall(r"\w+", "\n".join(path.read_text(encoding="utf-8") for path in others)))
    assert set(Settings.model_fields) - words == set()
