"""`suyuan demo`: fill a service with a supply network that never was."""

import asyncio
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from suyuan.async_client import AsyncSuyuan
from suyuan.cli.captures import progress_bar
from suyuan.cli.directory import option
from suyuan.cli.output import Output
from suyuan.cli.session import BadInput, Json, Key, Url, ends
from suyuan.cli.texts import text
from suyuan.demo import CATEGORIES, World
from suyuan.demo.posting import Posted, Posting


def demo(
    seed: Annotated[int, typer.Option("--seed", min=0, max=2**31, help=text("--seed"))] = 1,
    size: Annotated[str, typer.Option("--size", help=text("--size"))] = "small",
    category: Annotated[list[str] | None, option("--category", key="--categories")] = None,
    truth: Annotated[Path | None, option("--truth", metavar="FILE")] = None,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Run the command."""
    out = Output(as_json)
    with ends(out):
        try:
            world = World.generate(seed, size, category or CATEGORIES)
        except ValueError as error:
            raise BadInput(str(error)) from error
        if truth and "food" not in world.categories:
            raise BadInput(text("no truth"))
        posted = asyncio.run(_post(out, world, url, key))
        if truth and posted.truth:
            posted.truth.write(truth)
        _tell(out, world, posted, truth)


async def _post(out: Output, world: World, url: str | None, key: str | None) -> Posted:
    with progress_bar(out) as bar:
        task = bar.add_task("", total=None)

        def progress(told: str, done: int, whole: int) -> None:
            bar.update(task, description=text(f"demo {told}"), completed=done, total=whole)

        async with AsyncSuyuan(url, key) as client:
            return await Posting(client, world, progress).post()


def _tell(out: Output, world: World, posted: Posted, truth: Path | None) -> None:
    if out.as_json:
        told = {name: getattr(posted, name) for name in Posted.__slots__ if name != "truth"}
        contaminated = posted.truth.contaminated if posted.truth else None
        out.line({"seed": world.seed, **told, "contaminated": msgspec.to_builtins(contaminated)})
        return
    if posted.already:
        out.say("demo there", seed=world.seed)
    else:
        counts = {name: getattr(posted, name) for name in ("parties", "sites", "products", "batches")}
        out.say("demo done", seed=world.seed, stored=posted.stored + posted.repeated, **counts)
    if posted.truth:
        contaminated = posted.truth.contaminated
        out.say("demo next", gtin=contaminated.gtin, lot=contaminated.lot)
        if truth:
            out.say("truth saved", holders=len(posted.truth.holders), path=truth)
