"""Both clients have the same methods: one is written from the other."""

import pytest

from scripts.write_client import CLIENT, TWINS, twin_of


@pytest.mark.parametrize("source", TWINS)
def test_the_client_for_ordinary_code_is_the_one_for_asyncio(source: str) -> None:
    written = twin_of((CLIENT / source).read_text("utf-8"))
    assert (CLIENT / TWINS[source]).read_text("utf-8") == written, (
        f"edit clients/suyuan/{source}, then run: .venv/bin/python -m scripts.write_client"
    )


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("    if (await x.fetch(g(1))).ok:\n        return", "    if x.fetch(g(1)).ok:\n        return"),
        ("    return h(await x.send(1))", "    return h(x.send(1))"),
        ("    for row in page.items:\n        yield row", "    yield from page.items"),
    ],
)
def test_brackets_and_loops_come_out_as_people_write_them(theirs: str, ours: str) -> None:
    assert ours in twin_of(f'"""It, for asyncio."""\n\n\nasync def f():\n{theirs}\n')
