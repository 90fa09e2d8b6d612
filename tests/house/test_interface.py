"""The interface is what was reviewed, and every part of it is explained."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from tests.house.interface import SNAPSHOT, interface

#: What FastAPI writes when nobody did.
UNWRITTEN = "Successful Response"


@cache
def document() -> dict[str, Any]:
    told: dict[str, Any] = json.loads(interface())
    return told


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in document()["paths"].items():
        for method, operation in item.items():
            yield f"{method.upper()} {path}", operation


def test_the_interface_is_the_one_reviewed() -> None:
    assert interface() == SNAPSHOT.read_text(encoding="utf-8"), (
        "The interface changed. If that is meant, run scripts/snapshot and review the difference."
    )


def test_every_operation_has_a_summary_and_a_description() -> None:
    bare = [name for name, it in operations() if not (it.get("summary") and it.get("description"))]
    assert not bare, "\n".join(bare)


def test_every_operation_describes_what_it_answers() -> None:
    bare = [
        name
        for name, operation in operations()
        for status, answer in operation["responses"].items()
        if status.startswith("2")
        and answer["description"] in ("", UNWRITTEN)
        and not any(media.get("schema") for media in answer.get("content", {}).values())
    ]
    assert not bare, "\n".join(bare)


def test_every_parameter_is_described() -> None:
    shared = document()["components"]["parameters"]
    bare = [
        f"{name}: {parameter}"
        for name, operation in operations()
        for parameter in operation.get("parameters", [])
        if not (parameter.get("description") or shared[parameter["$ref"].rpartition("/")[2]]["description"])
    ]
    assert not bare, "\n".join(bare)


def test_operations_have_names_of_their_own() -> None:
    names = [operation["operationId"] for _, operation in operations()]
    assert len(names) == len(set(names))


def test_every_operation_tells_whom_and_what_it_refuses() -> None:
    untold = []
    for name, operation in operations():
        method, path = name.split(" ")
        if not path.startswith("/v1/"):
            continue
        answers = operation["responses"].keys()
        wanted = {"401"} if operation.get("security") else set()
        wanted |= {"404"} if "{" in path else set()
        wanted |= {"400", "413"} if "requestBody" in operation else set()
        wanted |= {"409"} if method == "PATCH" else set()
        if missing := wanted - answers:
            untold.append(f"{name}: {sorted(missing)}")
    assert not untold, "\n".join(untold)
