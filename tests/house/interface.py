"""The service's interface as one text that can be compared line by line."""

import json
from functools import cache
from pathlib import Path

SNAPSHOT = Path(__file__).with_name("openapi.json")


@cache
def interface() -> str:
    """`openapi.json` with sorted keys, a line for each."""
    from service.app import create_app

    return json.dumps(create_app().openapi(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
