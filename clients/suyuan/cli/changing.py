"""`suyuan party|site|product|batch change`."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import typer

from suyuan.areas import Rows
from suyuan.cli import directory
from suyuan.cli.directory import Name
from suyuan.cli.fields import changes_of
from suyuan.cli.find import find_batch, find_party, find_product, find_site
from suyuan.cli.session import Json, Key, Url, session
from suyuan.cli.texts import text
from suyuan.client import Suyuan
from suyuan.registry import Batch, Party, Product, Site

T = TypeVar("T", Party, Site, Product, Batch)
Changes = Annotated[list[str], typer.Argument(metavar="FIELD=VALUE", show_default=False)]


def add_commands() -> None:
    """Add `change` to each group."""
    _add(
        directory.party,
        find_party,
        lambda client: client.parties,
        "suyuan party change 6901234000009 disclosure=name name_en='Jinsui Mill'",
        """suyuan party change 3 'roles:=["producer","processor"]'""",
    )
    _add(
        directory.site,
        find_site,
        lambda client: client.sites,
        "suyuan site change 6901234000016 kind=mill address=",
    )
    _add(
        directory.product,
        find_product,
        lambda client: client.products,
        "suyuan product change 06901234567892 brand=金穗 shelf_life_days=300",
    )
    _add(
        directory.batch,
        find_batch,
        lambda client: client.batches,
        "suyuan batch change '06901234567892 L1' quantity=2400 uom=EA",
    )


def _add(
    group: typer.Typer,
    find: Callable[[Suyuan, str], T],
    rows: Callable[[Suyuan], Rows[Any]],
    *examples: str,
) -> None:
    shown = "\n".join(f"  {line}" for line in examples)

    @group.command("change", help=text("change", examples=shown))
    def change(name: Name, changes: Changes, url: Url = None, key: Key = None, as_json: Json = False) -> None:
        with session(url, key, as_json) as (client, out):
            fields = changes_of(changes)
            row: T = rows(client).change(find(client, name).id, **fields)
            out.say("changed", id=row.id, uri=row.uri)
            out.document(row)
