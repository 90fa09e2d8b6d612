"""The page of spreadsheets as HTML, in the dress of the consumer's page."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from service.errors import Fault
from service.scan.page_frames import ROOM, html_language, page_headers, shell, templates_of
from service.scan.preferences import Language
from service.sheets.forms import FORMS
from service.sheets.page_forms import SKIP
from service.sheets.page_session import PATH
from service.sheets.page_words import words_in

_PAGES: Final = templates_of("service.sheets", "service.notices")
#: Style sheets of its pages, after that of all.
SHEETS: Final = ((ROOM, "complaint.css"), ("service.notices", "answer.css"), ("service.sheets", "import.css"))
BUSY: Final = ("waiting", "checking", "storing")
#: Seconds between two looks while the service is at work.
LOOK_SECONDS: Final = 2
#: Faults that the page shows; the marked workbook has all.
FAULTS_SHOWN: Final = 50
#: Batches that the result leads to.
BATCHES_SHOWN: Final = 5


def headers(language: Language) -> dict[str, str]:
    """What every page carries. Browsers tell from where a form is sent only if they may tell the origin."""
    return {
        **page_headers(*SHEETS, forms=True),
        "Referrer-Policy": "same-origin",
        "X-Robots-Tag": "noindex",
        "Cache-Control": "no-store",
        "Vary": "Cookie, Accept-Language",
        "Content-Language": html_language(language),
    }


def _render(template: str, language: Language, switch: str, heading: str, **more: Any) -> str:
    words = words_in(language)
    return _PAGES.get_template(template).render(
        shell(words, language, switch),
        tone="no_recall_known",
        heading=words[heading],
        path=PATH,
        query=f"?lang={language}",
        place=0 if language == "zh" else 1,
        **{"lead": "", **more},
    )


def sign_in_page(language: Language, switch: str, faults: Sequence[Fault] = ()) -> str:
    """The form that takes a key. `faults`: why the one that was given does not do."""
    told = _told(faults, language)
    return _render("import_sign_in.html", language, switch, "title", faults=told)


def start_page(
    language: Language, switch: str, caller: Mapping[str, Any], uploads: Sequence[Mapping[str, Any]]
) -> str:
    """The form that takes a file, templates, and the latest uploads."""
    return _render(
        "import_start.html",
        language,
        switch,
        "title",
        name=caller.get("name", ""),
        uploads=uploads,
        forms=_forms(language),
    )


def busy_page(language: Language, switch: str, upload: Mapping[str, Any]) -> str:
    """How far the service is."""
    storing = upload["state"] == "storing"
    done = upload["rows_stored"] + upload["rows_known"] if storing else upload["rows_checked"]
    words = words_in(language)
    return _render(
        "import_busy.html",
        language,
        switch,
        "busy",
        lead=words[f"state_{upload['state']}"],
        upload=upload,
        done=done,
        far=words["done_of"].format(done=done, all=upload["rows"]) if upload["rows"] else "",
    )


def upload_page(
    language: Language,
    switch: str,
    upload: Mapping[str, Any],
    faults: Sequence[Mapping[str, Any]],
    problem: Sequence[Fault] = (),
) -> str:
    """What was understood, what is wrong, and what can be done; or what came of it."""
    words = words_in(language)
    stored = upload["state"] == "stored"
    return _render(
        "import_upload.html",
        language,
        switch,
        "stored_title" if stored else "title",
        lead="" if stored else words[f"state_{upload['state']}"],
        upload=upload,
        problem=_told(problem, language) + _failure(upload, language),
        sheets=[_sheet(number, sheet, language) for number, sheet in enumerate(upload["sheets"])],
        forms=_forms(language),
        skip=SKIP,
        faults=[_fault(fault, _headings(upload), language) for fault in faults],
        more=max(0, upload["faults"] - len(faults)),
        good=upload["rows"] - upload["rows_faulty"],
        batches=list(_batches(upload)) if stored else [],
    )


def told_page(language: Language, switch: str, told: Sequence[str]) -> str:
    """Why something was not done."""
    return _render("import_told.html", language, switch, "refused", told=told)


def _told(faults: Sequence[Fault], language: Language) -> list[str]:
    return [fault.message_zh if language == "zh" else fault.message for fault in faults]


def _failure(upload: Mapping[str, Any], language: Language) -> list[str]:
    failure = upload.get("failure")
    return [failure["message_zh" if language == "zh" else "message"]] if failure else []


def _forms(language: Language) -> list[tuple[str, str]]:
    return [(key, form.zh if language == "zh" else form.en) for key, form in FORMS.items()]


def _sheet(number: int, sheet: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """A sheet, its columns each with what it may be taken for."""
    words = words_in(language)
    form = FORMS.get(sheet["form"] or "")
    columns_of = () if form is None else form.columns
    known = [(each.key, each.zh if language == "zh" else each.en) for each in columns_of]
    first = sheet["examples"][0] if sheet["examples"] else {}
    columns = [
        {
            "letter": column["column"],
            "label": words["column" if column["heading"] else "column_bare"].format(
                letter=column["column"], heading=column["heading"]
            ),
            "field": column["field"] or "",
            "example": first.get(column["field"] or "", ""),
        }
        for column in sheet["columns"]
    ]
    return {
        "number": number,
        "name": sheet["sheet"],
        "title": words["sheet"].format(name=sheet["sheet"]),
        "chosen": SKIP if sheet["skipped"] else sheet["form"] or "",
        "counts": words["sheet_counts"].format(rows=sheet["rows"], faulty=sheet["rows_faulty"]),
        "known": known,
        "columns": columns if known else [],
        "missing": ", ".join(dict(known).get(key, key) for key in sheet["missing"]),
    }


def _headings(upload: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    """Sheet and field of the form -> what the sheet has over that column."""
    return {
        (sheet["sheet"], column["field"]): column["heading"]
        for sheet in upload["sheets"]
        for column in sheet["columns"]
        if column["field"] and column["heading"]
    }


def _fault(
    fault: Mapping[str, Any], headings: Mapping[tuple[str, str], str], language: Language
) -> dict[str, str]:
    words = words_in(language)
    place = words["place" if fault["row"] else "place_sheet"].format(sheet=fault["sheet"], row=fault["row"])
    return {
        "place": place,
        "column": headings.get((fault["sheet"], fault["field"]), fault["column"] or ""),
        "value": words["stands"].format(value=fault["value"]) if fault["value"] else "",
        "told": fault["message_zh" if language == "zh" else "message"],
    }


def _batches(upload: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Pages of batches that the first rows name: what they are called, and where."""
    found = {}
    for sheet in upload["sheets"]:
        for row in sheet["examples"]:
            product, lot = row.get("product", ""), row.get("lot", "")
            if lot and product.isascii() and product.isdigit() and 8 <= len(product) <= 14:
                found[lot] = f"/01/{product.zfill(14)}/10/{quote(lot, safe='')}"
    return list(found.items())[:BATCHES_SHOWN]
