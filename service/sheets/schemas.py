"""Uploaded spreadsheets over HTTP: what goes in and out."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from service.registry.fields import Name
from service.sheets.forms import FORMS
from service.web.refusals import refusal

State = Literal["waiting", "checking", "checked", "storing", "stored", "failed"]
Keep = Literal["all", "good"]
#: Columns of one sheet, and sheets of one file, that a person can say something of.
COLUMNS_MOST = 500
SHEETS_MOST = 200


def require_form(key: str | None) -> str | None:
    """A key of a form, or None. Raises a pydantic error."""
    if key is not None and key not in FORMS:
        raise refusal(
            f"A form is one of {', '.join(FORMS)}; /v1/imports/forms lists them.",
            f"表单应为 {'、'.join(FORMS)} 之一，见 /v1/imports/forms。",
            "sheets:form",
        )
    return key


class SheetChoice(BaseModel):
    """What a person says of one sheet of the file."""

    model_config = ConfigDict(extra="forbid")

    sheet: Name = Field(description="Its name. 工作表名称。")
    skip: bool = Field(default=False, description="Leave it out. 不导入此表。")
    form: str | None = Field(
        default=None, description="What it is about; null: as found. 表单，空为自动识别。"
    )
    columns: dict[str, str] = Field(
        default_factory=dict,
        max_length=COLUMNS_MOST,
        description="Heading, or column letter, to key of the form's column; an empty text leaves the column "
        "out. 表头或列标对应的字段，空文本表示不使用该列。",
    )

    @field_validator("form")
    @classmethod
    def _known(cls, form: str | None) -> str | None:
        return require_form(form)


class Mapping(BaseModel):
    """What a person says of the file's sheets; sheets that are not named stay as they were."""

    model_config = ConfigDict(extra="forbid")

    sheets: list[SheetChoice] = Field(min_length=1, max_length=SHEETS_MOST)


class ToStore(BaseModel):
    """What is to be stored."""

    model_config = ConfigDict(extra="forbid")

    store: Keep = Field(
        default="all",
        description="`all`: every row, or nothing where a row has a fault; `good`: the rows without one. "
        "`all`：全部或不存储；`good`：仅存储无误的行。",
    )


class SheetColumn(BaseModel):
    """A column of an uploaded sheet. `field`: the key of the form's column that it is taken for."""

    column: str = Field(description="Its letter. 列标。")
    heading: str
    field: str | None
    field_zh: str | None
    field_en: str | None


class SheetFound(BaseModel):
    """One sheet, as it was understood. `missing`: required columns that are not there; `examples`: its first
    rows, column key to text.
    """

    sheet: str
    skipped: bool
    form: str | None
    form_zh: str | None
    form_en: str | None
    certainty: float = Field(description="0 to 1. 识别把握，0 至 1。")
    others: list[str] = Field(description="Other forms that it may be. 其他可能的表单。")
    columns: list[SheetColumn]
    missing: list[str]
    rows: int
    rows_faulty: int
    examples: list[dict[str, str]]


class Failure(BaseModel):
    """Why nothing more is done."""

    message: str
    message_zh: str


class Import(BaseModel):
    """One uploaded spreadsheet. 一次表格导入。

    `rows`: that hold something; `rows_known`: that say what is here already. Numbers grow while it is
    checked and stored.
    """

    id: int
    party_id: int | None
    file_name: str
    file_sha256: str
    zone: str
    state: State
    store: Keep | None
    rows: int
    rows_checked: int
    rows_faulty: int
    rows_stored: int
    rows_known: int
    events_stored: int
    faults: int
    sheets: list[SheetFound]
    failure: Failure | None
    created_at: datetime
    updated_at: datetime


class ImportFault(BaseModel):
    """One thing wrong. `row`: as the spreadsheet counts, null: of the whole sheet; `column`: its heading;
    `field`: the form's column; `value`: as it stands there.
    """

    number: int
    sheet: str
    row: int | None
    column: str | None
    field: str | None
    value: str | None
    message: str
    message_zh: str
    rule: str


class FormColumn(BaseModel):
    """A column of a form."""

    key: str
    zh: str
    en: str
    kind: str
    required: bool
    example: str
    note_zh: str
    note_en: str
    choices: list[dict[str, str]]


class FormOut(BaseModel):
    """What a sheet can be about. 表单。"""

    key: str
    zh: str
    en: str
    columns: list[FormColumn]
    any_of: list[list[str]] = Field(
        description="Groups of columns of which each row fills in at least one. 每组至少填一项。"
    )
    templates: dict[str, str] = Field(description="Form of file to its address. 模板下载地址。")


def forms_out() -> list[dict[str, Any]]:
    """Every form, as it is told."""
    return [
        {
            "key": form.key,
            "zh": form.zh,
            "en": form.en,
            "any_of": form.any_of,
            "templates": {kind: f"/v1/imports/templates/{form.key}.{kind}" for kind in ("xlsx", "csv")},
            "columns": [
                {
                    "key": column.key,
                    "zh": column.zh,
                    "en": column.en,
                    "kind": column.kind.value,
                    "required": column.required,
                    "example": column.example,
                    "note_zh": column.note_zh,
                    "note_en": column.note_en,
                    "choices": [
                        {"value": choice.value, "zh": choice.zh, "en": choice.en} for choice in column.choices
                    ],
                }
                for column in form.columns
            ],
        }
        for form in FORMS.values()
    ]
