"""What OpenAPI tells of sheets: every list is given as one, by the same three parameters."""

from typing import Any, Final

from service.exports.listings import Listings
from service.exports.sheets import ROWS_MOST
from service.exports.wishes import MEDIA_TYPES, ZONE

Described = dict[str, Any]

PARAMETERS: Final[Described] = {
    "SheetFormat": {
        "name": "format",
        "in": "query",
        "description": "`csv` or `xlsx`: all of it as a sheet, not a page; of more than "
        f"{ROWS_MOST:,} rows the first, and told so (`Suyuan-Cut-At`). Accept asks as well. 导出为表格。",
        "schema": {"enum": ["json", "csv", "xlsx"], "type": "string"},
        "example": "json",
    },
    "SheetLanguage": {
        "name": "lang",
        "in": "query",
        "description": "Language of a sheet's heads; else by Accept-Language. 表头语言。",
        "schema": {"enum": ["zh", "en"], "type": "string"},
        "example": "zh",
    },
    "SheetZone": {
        "name": "zone",
        "in": "query",
        "description": "Time zone of a sheet's moments: a name, or an offset such as +08:00. 表格时区。",
        "schema": {"default": ZONE, "type": "string"},
        "example": ZONE,
    },
}


def describe_sheets(openapi: Described, listings: Listings) -> None:
    """Adds to an OpenAPI document that lists are given as sheets."""
    openapi["components"]["parameters"] |= PARAMETERS
    for listing in listings:
        operation = openapi["paths"][listing.path.replace(":path}", "}")]["get"]
        parameters = operation.setdefault("parameters", [])
        for name, parameter in PARAMETERS.items():
            own = next((each for each in parameters if each.get("name") == parameter["name"]), None)
            if own is None:
                parameters.append({"$ref": f"#/components/parameters/{name}"})
            else:
                _add_form(own["schema"])
        content = operation["responses"]["200"].setdefault("content", {})
        for media in MEDIA_TYPES.values():
            content.setdefault(media, {})
        operation["responses"].setdefault("400", {"$ref": "#/components/responses/Refused400"})


def _add_form(schema: Described) -> None:
    """A route that names its forms itself is given as a workbook beside them."""
    for each in (schema, *schema.get("anyOf", ())):
        if "enum" in each and "xlsx" not in each["enum"]:
            each["enum"].append("xlsx")
