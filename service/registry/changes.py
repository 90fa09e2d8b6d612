"""Who wants to know when a site gets another owner.

The ledger books holdings under the site's owner, so it must hear of every change, whichever way the change
came: over REST, or by master data in a captured document. Areas above the registry add themselves to the list
at import; the registry calls them in the transaction of the change.
"""

from collections.abc import Awaitable, Callable, Sequence

from service.db.transaction import Transaction

SiteOwnerListener = Callable[[Transaction, Sequence[int]], Awaitable[None]]

#: Called with the ids (ascending) of the sites whose `party_id` has changed.
site_owner_listeners: list[SiteOwnerListener] = []

#: Called before a site's row is locked to give it another owner: whoever must have something else first, lest
#: it wait for a capture that waits for the row, takes it here.
site_owner_guards: list[Callable[[Transaction], Awaitable[None]]] = []


async def expect_site_owner_change(tx: Transaction) -> None:
    """Call every guard."""
    for guard in site_owner_guards:
        await guard(tx)


async def tell_site_owner_changed(tx: Transaction, site_ids: Sequence[int]) -> None:
    """Call every listener with these sites; nothing is called for none."""
    if site_ids:
        for listener in site_owner_listeners:
            await listener(tx, sorted(site_ids))
