"""Make the site: `python -m scripts.documenting [FOLDER]`; `build/docs` unless another is named."""

import sys
from pathlib import Path

from scripts.documenting.site import ROOT, build

if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "docs"
    failed = build(target)
    if not failed:
        print(f"{target / 'html' / 'index.html'}")
    sys.exit(failed)
