"""Rows that register: bodies of the registry, whose they are, and whether they say what is on record.

What is registered already and said again is no fault and stores nothing; said otherwise, it is a fault that
shows both values.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from service.registry.company_prefixes import covers_gln, covers_item
from service.registry.schemas import NewParty, NewProduct, NewSite
from service.sheets.known import Directory, Known, Thing, Unclear
from service.web.refusals import fault_of

MODELS: Final[dict[str, type[BaseModel]]] = {"parties": NewParty, "sites": NewSite, "products": NewProduct}
#: Columns whose value on record can be compared with what a row says.
COMPARED: Final = {
    "parties": ("uscc", "gln", "name_zh", "name_en", "region", "address", "disclosure"),
    "sites": ("gln", "name_zh", "name_en", "kind", "region", "address"),
    "products": (
        *("gtin", "name_zh", "name_en", "category", "brand", "specification", "executed_standard"),
        *("approval_number", "shelf_life_days"),
    ),
}
PERSONS: Final = ("legal_representative", "quality_manager")
LICENCE: Final = {
    "licence_kind": "kind",
    "licence_number": "number",
    "licence_issuer": "issuer",
    "licence_from": "valid_from",
    "licence_until": "valid_until",
}


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing wrong with a row, at a column of its form (None: the row)."""

    key: str | None
    message: str
    zh: str
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Registration:
    """A row that registers something, as its body."""

    form: str
    sheet: str
    row: int
    body: BaseModel


def body_of(form: str, values: Mapping[str, Any], owner: Thing | None) -> dict[str, Any]:
    """The body that a row's values are. `owner`: whose it is, where the row says so."""
    given = {key: value for key, value in values.items() if key in MODELS[form].model_fields}
    if form == "parties":
        given |= _people(values)
    given.pop("party", None)
    if owner is not None:
        given["party"] = owner.uri
    if "shelf_life_days" in given:
        given["shelf_life_days"] = int(given["shelf_life_days"])
    if "roles" in given:
        given["roles"] = list(given["roles"])
    return given


def _people(values: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for person in PERSONS:
        found = {
            part: values[f"{person}_{part}"] for part in ("name", "phone") if values.get(f"{person}_{part}")
        }
        if found:
            told[person] = found
    contact = {
        part: values[f"contact_{part}"]
        for part in ("name", "phone", "email")
        if values.get(f"contact_{part}")
    }
    if contact:
        told["contacts"] = [contact]
    licence = {name: values[key] for key, name in LICENCE.items() if values.get(key)}
    if licence:
        told["licences"] = [licence]
    return told


def validated(form: str, given: Mapping[str, Any]) -> BaseModel | list[Wrong]:
    """The body, or what is wrong with it."""
    try:
        return MODELS[form].model_validate(dict(given))
    except ValidationError as error:
        wrong = []
        for item in error.errors(include_url=False):
            fault = fault_of({**item, "loc": ("body", *item["loc"])})
            wrong.append(Wrong(_key_of(fault.field), fault.message, fault.message_zh, fault.rule))
        return wrong


def _key_of(pointer: str) -> str | None:
    """The column that a field of a body came from."""
    parts = pointer.strip("/").split("/")
    if parts[0] == "licences":
        return next((key for key, name in LICENCE.items() if name == parts[-1]), "licence_kind")
    if parts[0] == "contacts":
        return f"contact_{parts[-1]}"
    if parts[0] in PERSONS:
        return f"{parts[0]}_{parts[-1]}"
    return parts[0] or None


def on_record(form: str, given: Mapping[str, Any], known: Known, owner: int | None) -> Thing | None:
    """The row that is meant: by its number, or without one by its name among those of its owner. Raises
    `Unclear`.
    """
    directory: Directory = getattr(known, form)
    for number in ("gtin", "uscc", "gln"):
        if given.get(number):
            found = directory.by_number.get(f"{number}:{given[number]}")
            if found is not None:
                return found
    if given.get("gtin") or (form != "parties" and given.get("gln")):
        return None
    name = given.get("name_zh") or given.get("name_en")
    found = None if name is None else directory.named(name, owner)
    if found is None or (form != "parties" and found.owner != owner):
        return None
    if any(given.get(number) and found.row.get(number) for number in ("gln", "uscc")):
        return None  # Another one of the same name, with a number of its own.
    return found


def contradictions(form: str, given: Mapping[str, Any], thing: Thing) -> Iterator[Wrong]:
    """What a row says otherwise than the registration on record."""
    where = f"in {thing.here}" if thing.here else "on record"
    where_zh = f"在 {thing.here} 中" if thing.here else "登记中"
    for key in COMPARED[form]:
        said, kept = given.get(key), thing.row.get(key)
        if said is None or said == kept:
            continue
        yield Wrong(
            key,
            f"Registered already, and {where} it is {_shown(kept)}, not {said}. Put what is on record, or "
            "change it there.",
            f"已登记，{where_zh}为{_shown_zh(kept)}，而不是 {said}。请改为一致，或先修改登记。",
            "sheets:contradicts",
        )


def _shown(value: Any) -> str:
    return "empty" if value is None else str(value)


def _shown_zh(value: Any) -> str:
    return "空" if value is None else f" {value}"


def not_mine(form: str, given: Mapping[str, Any], known: Known, owner: Thing | None) -> Iterator[Wrong]:
    """Why a party may not register this; operators may."""
    mine = known.mine
    if mine is None:
        return
    own = next((thing for thing in known.parties.by_uri.values() if thing.owner == mine), None)
    row: Mapping[str, Any] = {} if own is None else own.row
    prefixes = row.get("company_prefixes") or ()
    if form == "parties":
        yield Wrong(
            None,
            "Operators register parties; ask them to register this one.",
            "主体由运营者登记，请联系运营者。",
            "registry:not-yours",
        )
    if owner is not None and owner.owner != mine:
        yield Wrong(
            "party",
            "A party registers for itself; leave this empty.",
            "主体只能为自己登记，请留空。",
            "registry:not-yours",
        )
    gln, gtin = given.get("gln"), given.get("gtin")
    if form == "sites" and gln and gln != row.get("gln") and not covers_gln(prefixes, gln):
        yield _not_given("gln")
    if form == "products" and gtin and not covers_item(prefixes, gtin):
        yield _not_given("gtin")


def _not_given(key: str) -> Wrong:
    return Wrong(
        key,
        "This number is not of a GS1 company prefix of yours. Leave it empty and this service gives one, or "
        "ask an operator to record your prefix.",
        "该编码不在贵方的 GS1 厂商识别代码之下。可留空，由本服务编号；或请运营者登记您的厂商识别代码。",
        "registry:not-yours",
    )


def owner_of(known: Known, values: Mapping[str, Any]) -> Thing | None:
    """Whose a row says that it is. Raises `Unclear`."""
    named = values.get("party")
    return None if named is None else known.party(named)


__all__ = [
    "MODELS",
    "Registration",
    "Unclear",
    "Wrong",
    "body_of",
    "contradictions",
    "not_mine",
    "on_record",
    "owner_of",
    "validated",
]
