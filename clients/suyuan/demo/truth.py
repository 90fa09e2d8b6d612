"""What a recall of the contaminated batch must find, from the world's own bookkeeping."""

from pathlib import Path

import msgspec


class ContaminatedBatch(msgspec.Struct, frozen=True):
    """The batch that a recall starts from."""

    uri: str
    gtin: str
    lot: str
    product_name_zh: str
    product_name_en: str


class TrueHolder(msgspec.Struct, frozen=True):
    """A heap of one batch at one site that contaminated goods touched. `affected_at`: ISO 8601, +08:00."""

    batch_uri: str
    gtin: str
    lot: str
    site_uri: str
    gln: str
    site_name_zh: str
    site_name_en: str
    site_kind: str
    region: str
    party_uri: str
    party_uscc: str
    party_name_zh: str
    affected_at: str
    #: False where nobody wrote down that the goods came: then records can show it only later.
    recorded: bool
    #: How much of it still lies there at the end of the world, in the product's unit.
    on_hand: int
    uom: str


class Truth(msgspec.Struct, frozen=True):
    """The answer that a recall is held against. `shops`: those among the sites that sell to consumers."""

    seed: int
    size: int
    events: int
    contaminated: ContaminatedBatch
    holders: tuple[TrueHolder, ...]
    shops: tuple[str, ...]

    def pairs(self) -> set[tuple[str, str]]:
        """The holders as (batch URI, site URI)."""
        return {(holder.batch_uri, holder.site_uri) for holder in self.holders}

    def batches(self) -> set[str]:
        """URIs of the affected batches."""
        return {holder.batch_uri for holder in self.holders}

    def write(self, path: Path) -> None:
        """As a JSON file."""
        path.write_bytes(msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n")

    @classmethod
    def read(cls, path: Path) -> "Truth":
        """From a file that `write` wrote."""
        return msgspec.json.decode(path.read_bytes(), type=cls)
