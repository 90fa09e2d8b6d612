"""What a caller may do: permissions, the roles that hold them, and the one that each endpoint asks for.

A path that no line of the table knows asks for `operate`: a new area is closed until somebody decides.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Final


class Permission(StrEnum):
    """One thing that a key or a member may be allowed."""

    READ = "read"
    CAPTURE = "capture"
    REGISTER = "register"
    DISPENSE = "dispense"
    SUBSCRIBE = "subscribe"
    INVESTIGATE = "investigate"
    RECALL = "recall"
    MANAGE = "manage"
    OPERATE = "operate"


class Role(StrEnum):
    """What a caller is in the trade."""

    HOLDER = "holder"
    REGULATOR = "regulator"
    LABORATORY = "laboratory"
    OPERATOR = "operator"


#: Permission -> what it lets a caller do (English, Chinese).
MEANINGS: Final[dict[Permission, tuple[str, str]]] = {
    Permission.READ: ("read the registry, events, traces, units and cases", "查询登记、事件、追溯与召回"),
    Permission.CAPTURE: ("capture events", "采集事件"),
    Permission.REGISTER: ("register parties, products, batches, serials", "登记主体、产品、批次与序列号"),
    Permission.DISPENSE: ("decommission units and take it back", "核销单件及撤销"),
    Permission.SUBSCRIBE: ("keep named queries and subscriptions", "管理命名查询与订阅"),
    Permission.INVESTIGATE: ("decide on complaints and suspect codes", "处理投诉与可疑码"),
    Permission.RECALL: ("open recalls, move them on, run drills", "发起与推进召回、演练"),
    Permission.MANAGE: (
        "issue and revoke keys, members, invitations; let others see",
        "签发与吊销密钥、成员、邀请，授权查看",
    ),
    Permission.OPERATE: ("run the service itself", "运维本服务"),
}

_TRADE: Final = frozenset(Permission) - {Permission.OPERATE}

#: What each role holds at most, and by default.
HELD_BY: Final[dict[Role, frozenset[Permission]]] = {
    Role.HOLDER: _TRADE,
    Role.REGULATOR: frozenset(
        {
            Permission.READ,
            Permission.SUBSCRIBE,
            Permission.INVESTIGATE,
            Permission.RECALL,
            Permission.MANAGE,
        }
    ),
    Role.LABORATORY: frozenset({Permission.READ, Permission.CAPTURE, Permission.REGISTER, Permission.MANAGE}),
    Role.OPERATOR: frozenset(Permission),
}

READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})

#: Beginnings of paths of everybody who is known, whatever they may do.
FOR_ALL: Final = ("/v1/whoami",)
#: Beginnings of paths that ask for one permission, whether one reads or writes.
ALWAYS: Final[tuple[tuple[str, Permission], ...]] = (
    ("/v1/keys", Permission.MANAGE),
    ("/v1/members", Permission.MANAGE),
    ("/v1/invitations", Permission.MANAGE),
    ("/v1/grants", Permission.MANAGE),
    ("/v1/delegations", Permission.MANAGE),
    ("/v1/ledger", Permission.OPERATE),
)
#: Beginnings of paths, and what writing below them asks for: the first that fits. Reading asks for `read`.
WRITING: Final[tuple[tuple[str, Permission], ...]] = (
    ("/epcis/capture", Permission.CAPTURE),
    ("/epcis/events", Permission.CAPTURE),
    ("/epcis/queries", Permission.SUBSCRIBE),
    ("/epcis/nextPageToken", Permission.READ),
    ("/v1/units/verify", Permission.READ),
    ("/v1/units", Permission.DISPENSE),
    ("/v1/complaints", Permission.INVESTIGATE),
    ("/v1/suspect-codes", Permission.INVESTIGATE),
    ("/v1/recalls", Permission.RECALL),
    ("/v1/drills", Permission.RECALL),
    ("/v1/notices", Permission.RECALL),
    ("/v1/parties", Permission.REGISTER),
    ("/v1/sites", Permission.REGISTER),
    ("/v1/products", Permission.REGISTER),
    ("/v1/batches", Permission.REGISTER),
    ("/v1/links", Permission.REGISTER),
    ("/v1/imports", Permission.CAPTURE),
)


def needed(method: str, path: str) -> Permission | None:
    """The permission that a request asks for; None where being known is enough."""
    if _below(path, FOR_ALL):
        return None
    for beginning, permission in ALWAYS:
        if _below(path, (beginning,)):
            return permission
    if method in READING:
        return Permission.READ if path.startswith(("/v1/", "/epcis")) else Permission.OPERATE
    for beginning, permission in WRITING:
        if _below(path, (beginning,)):
            return permission
    return Permission.OPERATE


class Sight(Enum):
    """How the rows are bounded that a request shows its caller."""

    #: By nothing: operators see everything.
    WHOLE = "whole"
    #: By the database, to what the caller's party sees (role `suyuan_party`).
    PARTY = "party"
    #: By the database, to the area that the caller's authority answers for (role `suyuan_regulator`).
    REGULATOR = "regulator"
    #: By the endpoint itself, whose statements ask whose rows they are; the database bounds nothing.
    OWN = "own"
    #: Nothing is shown and nothing written: not open to this role yet.
    CLOSED = "closed"


#: Roles that see and tell what is their party's.
BOUND: Final = frozenset({Role.HOLDER, Role.LABORATORY})
AUTHORITIES: Final = frozenset({Role.REGULATOR})
BOUNDED: Final = BOUND | AUTHORITIES


@dataclass(frozen=True, slots=True)
class OwnCheck:
    """A part of the interface that asks by itself whose rows they are. `path`: its beginning, `*` stands for
    one part between slashes; `writes`, `reads`: the roles for which its statements do so.
    """

    path: str
    writes: frozenset[Role] = frozenset()
    reads: frozenset[Role] = frozenset()


#: What is bounded by its own statements. What stands in no line is read by the database's bounds, and its
#: writing is open to operators only: to open a path, put its checks into its statements, and a line here.
OWN: Final = (
    OwnCheck("/v1/whoami", BOUNDED, BOUNDED),
    OwnCheck("/v1/keys", BOUNDED, BOUNDED),
    OwnCheck("/v1/members", BOUNDED, BOUNDED),
    OwnCheck("/v1/invitations", BOUNDED, BOUNDED),
    OwnCheck("/v1/grants", BOUND, BOUND),
    OwnCheck("/v1/jurisdictions", reads=BOUNDED),
    OwnCheck("/epcis/capture", writes=BOUND),
    OwnCheck("/epcis/events", writes=BOUND),
    OwnCheck("/v1/delegations", BOUND, BOUND),
    OwnCheck("/epcis/queries", writes=BOUNDED),
    OwnCheck("/v1/parties", writes=BOUND),
    OwnCheck("/v1/parties/*/channels", reads=BOUNDED),
    OwnCheck("/v1/sites", writes=BOUND),
    OwnCheck("/v1/products", writes=BOUND),
    OwnCheck("/v1/batches", writes=BOUND),
    OwnCheck("/v1/batches/*/serials", reads=BOUND),
    OwnCheck("/v1/batches/*/labels.pdf", reads=BOUND),
    OwnCheck("/v1/links", writes=BOUND),
    OwnCheck("/v1/imports", writes=BOUND),
    OwnCheck("/v1/units", BOUNDED, BOUNDED),
    OwnCheck("/v1/complaints", writes=BOUNDED),
    OwnCheck("/v1/suspect-codes", writes=BOUNDED),
    OwnCheck("/v1/audit", reads=AUTHORITIES),
)

#: What is written within the database's bounds, too, where nothing can be, until the endpoint has found whose
#: it is and steps out of them (`recall.parts`): one that forgets to ask shows and changes nothing.
STEPPING_OUT: Final = ("/v1/recalls", "/v1/drills", "/v1/notices")


def sight(role: Role, method: str, path: str) -> Sight:
    """What a caller of this role sees in a request: see `OWN`."""
    if role is Role.OPERATOR:
        return Sight.WHOLE
    reads = method in READING
    if any(role in (each.reads if reads else each.writes) and _fits(path, each.path) for each in OWN):
        return Sight.OWN
    if not (reads or needed(method, path) is Permission.READ or _below(path, STEPPING_OUT)):
        return Sight.CLOSED
    return Sight.REGULATOR if role in AUTHORITIES else Sight.PARTY


def _fits(path: str, pattern: str) -> bool:
    wanted, given = pattern.split("/"), path.split("/")
    return len(given) >= len(wanted) and all(w in ("*", g) for w, g in zip(wanted, given, strict=False))


def _below(path: str, beginnings: Collection[str]) -> bool:
    return any(path == beginning or path.startswith(beginning + "/") for beginning in beginnings)


def may_grant(
    holds: Collection[Permission],
    of_party: int | None,
    permissions: Collection[Permission],
    party: int | None,
) -> bool:
    """Whether a caller who `holds` these may let somebody of `party` have `permissions`.

    Nobody gives what he has not, and only who belongs to no party gives to another's people.
    """
    return set(permissions) <= set(holds) and of_party in (None, party)
