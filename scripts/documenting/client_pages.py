"""The Python client as a page: what autodoc reads from its docstrings, in the order of use."""

from collections.abc import Sequence
from inspect import isclass
from typing import Final

import suyuan
from suyuan import areas, filing_areas, key_areas, letting_see_areas, notice_areas, report_areas
from suyuan import problems as errors

#: Modules whose classes are the areas of a client, `client.parties` and so on.
AREAS: Final = (areas, key_areas, letting_see_areas, notice_areas, report_areas, filing_areas)
HEAD: Final = """\
# Python client 客户端

A guide with an example of each kind of call: [the Python client](../client.md). `AsyncSuyuan` has the same
methods, to be awaited; lists are asynchronous iterators.
"""


def page() -> str:
    """The page."""
    problems = [name for name in suyuan.__all__ if _is_problem(name)]
    clients = ["Suyuan", "AsyncSuyuan"]
    below = [f"{module.__name__}.{name}" for module in AREAS for name in _classes(module)]
    helpers = ["CaptureQueue", "Retry", "Connection"]
    rest = sorted(set(suyuan.__all__) - {*problems, *clients, *helpers, "NEVER", "verify_signature"})
    return "\n".join(
        [
            HEAD,
            _section("The client", [_directive("autoclass", "suyuan.Suyuan", "inherited-members")]),
            _section("Areas", [_directive("autoclass", name) for name in below]),
            _section("Events of the trade", [_directive("automodule", "suyuan.trade_events")]),
            _section(
                "Beside the client",
                [
                    *(_directive("autoclass", f"suyuan.{name}") for name in helpers),
                    _directive("autofunction", "suyuan.verify_signature"),
                ],
            ),
            _section("Errors", [_directive("autoexception", f"suyuan.{name}") for name in problems]),
            _section("What is answered", [_directive("autoclass", f"suyuan.{name}") for name in rest]),
        ]
    )


def _is_problem(name: str) -> bool:
    kind = getattr(suyuan, name)
    return isclass(kind) and issubclass(kind, errors.SuyuanError)


def _classes(module: object) -> list[str]:
    own = vars(module)
    return [name for name, kind in own.items() if isclass(kind) and kind.__module__ == own["__name__"]]


def _directive(kind: str, name: str, *options: str) -> str:
    return f".. {kind}:: {name}\n" + "".join(f"   :{option}:\n" for option in options)


def _section(title: str, directives: Sequence[str]) -> str:
    return f"## {title}\n\n```{{eval-rst}}\n" + "\n".join(directives) + "```\n"
