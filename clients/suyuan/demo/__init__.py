"""A realistic supply network that never was: seeded, deterministic, and with its own truth.

world = World.generate(seed=7, size="small")
run = world.run()
for document in run.documents(): ...
run.truth().write(Path("truth.json"))
"""

from suyuan.demo.truth import ContaminatedBatch, TrueHolder, Truth
from suyuan.demo.world import CATEGORIES, SIZES, Run, World

__all__ = ["CATEGORIES", "SIZES", "ContaminatedBatch", "Run", "TrueHolder", "Truth", "World"]
