"""For which party a caller decides something."""

from service.auth.caller import Caller
from service.errors import Forbidden, Malformed


def for_whom(caller: Caller, field: str, named: int | None) -> int:
    """The party whose part a caller lets others have: its own; an operator, who has none, names it in `field`
    of the body. Raises `Forbidden` for another's, `Malformed` where it is not named.
    """
    own = caller.party_id
    if own is not None and named not in (None, own):
        raise Forbidden(
            f"A party decides on what is its own; leave `{field}` out.",
            f"主体只能就自己的部分作出决定，请去掉 {field}。",
        )
    party = named if own is None else own
    if party is None:
        raise Malformed.field(
            f"/{field}",
            None,
            "An operator belongs to no party: say for which.",
            f"运营者不属于任何主体，请填写 {field}。",
        )
    return party
