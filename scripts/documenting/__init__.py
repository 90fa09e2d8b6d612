"""The documentation's site: the pages of `docs/`, and those made from the code; see `scripts/docs`."""
