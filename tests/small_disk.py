"""A disk that is soon full: a small file system of its own. Needs root."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def disk_at(place: Path, size: str) -> Iterator[None]:
    """One on this directory until the block ends. `size`: as `mount` takes it, "64k", "260m"."""
    options = f"size={size},mode=0755"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "suyuan-tests", str(place)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)
