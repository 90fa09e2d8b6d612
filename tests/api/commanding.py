"""Running the command `suyuan`; the fixtures are in `conftest.py`."""

from collections.abc import Callable
from typing import Final

from typer.testing import Result

Run = Callable[..., Result]
#: Columns of the narrowest terminal that tables must fit.
NARROW: Final = 80
