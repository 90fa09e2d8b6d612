"""A table of bounded size that forgets what was put in longest ago. Pure.

It is of two generations: when the younger one is full the older one is forgotten, so that nothing is moved or
counted when something is looked up.
"""

from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Generations(Generic[Key, Value]):
    """`most`: how much both generations hold together."""

    def __init__(self, most: int) -> None:
        self._of_one = max(1, most // 2)
        self._young: dict[Key, Value] = {}
        self._old: dict[Key, Value] = {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def get(self, key: Key) -> Value | None:
        """What was put in, unless it is forgotten."""
        kept = self._young.get(key)
        return self._old.get(key) if kept is None else kept

    def put(self, key: Key, value: Value) -> None:
        """Put it in, in place of what was there."""
        self._young[key] = value
        if len(self._young) >= self._of_one:
            self._young, self._old = {}, self._young

    def drop(self, key: Key) -> None:
        """Forget this one."""
        self._young.pop(key, None)
        self._old.pop(key, None)
