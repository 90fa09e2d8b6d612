"""What is on record of the one code at hand, beyond its lot: read from its row, its events and its acts."""

from collections.abc import Sequence
from typing import Final

from service.db.statements import statement
from service.db.transaction import Transaction
from service.events.namespaces import local_name
from service.identifiers.identity import Identity
from service.scan.sales import Sale, distinct_sales
from service.scan.unit_state import UnitSigns
from service.scan.verdict import SOLD
from service.units import store
from service.units.cards import Known, look_at

#: What the latest event of a unit may say that keeps it from sale: CBV 2.0, business steps and dispositions.
HOLDING_STEPS: Final = frozenset({"holding"})
HELD_AS: Final = frozenset(
    {"recalled", "non_conformant", "non_sellable_other", "damaged", "needs_replacement", "no_pedigree_match"}
    | {"mismatch_instance", "mismatch_class", "mismatch_quantity"}
)
#: A refused attempt at the till that tells of a second pack with the code.
GONE: Final = "unit:gone"


async def read_unit(
    tx: Transaction, identity: Identity, batches: Sequence[int], printed: int | None
) -> UnitSigns:
    """The unit that a link names, in a lot that is known. `batches`: the lot printed in the link, if it is on
    record, and the lot that events tell, in this order; `printed`: the former.
    """
    unit_id = await store.find_unit(tx, identity.uri, None)
    signs = await tx.sql.fetchrow(statement("service.scan", "unit_signs"), unit_id, list(batches))
    assert signs is not None
    if unit_id is None:
        return UnitSigns(None, not signs["serials_registered"], False, None, None, ())
    known = await look_at(tx, unit_id)
    step, disposition = (
        local_name(signs[name]).lower() if signs[name] else "" for name in ("step", "disposition")
    )
    # Registered for another lot than the one printed beside it: not this pack.
    lot_registered = known.row["registered_batch_id"]
    strange = identity.lot is not None and lot_registered is not None and lot_registered != printed
    return UnitSigns(
        unit_id,
        known.pack.listed and not strange,
        step in HOLDING_STEPS or disposition in HELD_AS,
        known.state.status,
        known.state.since.at if known.state.since else None,
        sales_of(known),
        strange,
    )


def sales_of(known: Known) -> tuple[Sale, ...]:
    """The sales that stand, and attempts at a second one since the last that was taken back."""
    told = [*known.told, *store.told_by_acts(known.acts)]
    sales = [Sale(one.at, one.site) for one in told if one.status in SOLD]
    taken_back = max((act["id"] for act in known.acts if act["kind"] == "return"), default=0)
    sales += [
        Sale(act["at"], act["site_id"])
        for act in known.acts
        if act["kind"] == "refused"
        and act["rule"] == GONE
        and act["id"] > taken_back
        and act["status"] in SOLD
    ]
    return distinct_sales(sales)
