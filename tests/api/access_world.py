"""A world with everything in it that has an owner, for the matrix of roles and endpoints.

maker ── tea ──> shop; what is the maker's alone carries a mark: a word that begins with `zqx`. The rival, the
laboratory and the authority of another area have no part in any of it.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from service import clock
from service.db.transaction import Transaction, transaction
from service.sheets.importing import work_off
from tests.api.complaining import picture
from tests.api.own_service import OwnService
from tests.api.registering import Json, register_party
from tests.world import START, capture, commission, document, gln, gtin, owners, place, receive, ship, uri

LD_JSON: Final = {"Content-Type": "application/ld+json"}
MARK: Final = re.compile(r"zqx-[a-z]{3}[-a-z]*")
LOT, CASE_LOT, RIVALS = "tea/ZQX-LOT", "tea/C1", "milk/R1"
SERIAL: Final = "ZQX-SERIAL"
FIRMS: Final = {
    "maker": "350100",
    "shop": "350200",
    "rival": "440100",
    "laboratory": "350100",
    "grantee": "350100",
}
AUTHORITIES: Final = {"authority": "35", "elsewhere": "US"}
#: Who asks, in the order of the columns; what each is.
CALLERS: Final = {
    "operator": "runs the service",
    "authority": "a regulator whose area the goods are in",
    "elsewhere": "a regulator of another area",
    "maker": "the holder whose everything is",
    "shop": "the holder next in the chain, party to the case",
    "grantee": "a holder of no chain, whom the maker lets see its part",
    "rival": "a holder of another chain",
    "laboratory": "a laboratory without goods",
    "read-only": "a key of the maker that may only read",
    "revoked": "a key of the maker that was taken back",
    "stranger": "no key",
}
CASE: Final[Json] = {
    "title_zh": "茶叶召回",
    "title_en": "Tea recall",
    "reason_zh": "检出沙门氏菌",
    "reason_en": "Salmonella",
    "hazard_class": 1,
    "batch": [uri(CASE_LOT)],
}
ADD_AUTHORITY: Final = """
INSERT INTO jurisdiction (party_id, region, created_at, created_by) VALUES ($1, $2, $3, 'tests')
"""
ADD_SUSPECT: Final = """
INSERT INTO suspect_code (unit_id, status, reasons, found_at, updated_at, note)
SELECT id, 'open', '{}', $1, $1, 'zqx-suspected' FROM unit WHERE uri LIKE '%ZQX-SERIAL' RETURNING id
"""
FIND_EACH: Final = """
SELECT (SELECT max(id) FROM recall_alarm) AS alarm_id, (SELECT max(id) FROM recall_recipient) AS recipient_id,
       (SELECT max(id) FROM effectiveness_check) AS check_id, (SELECT max(id) FROM recall_proof) AS proof_id,
       (SELECT max(id) FROM notice) AS notice_id, (SELECT max(id) FROM complaint_photo) AS photo_id,
       (SELECT max(id) FROM filed_report) AS report_id
"""


@dataclass(frozen=True, slots=True)
class World:
    """Caller -> headers; parameters of paths by name; and ids that questions name."""

    keys: dict[str, dict[str, str]]
    values: dict[str, str]
    parties: dict[str, int]


async def make_world(client: OwnService) -> World:
    """Make it, as the operator and the maker."""
    maker = Making(client)
    parties = await maker.register()
    keys = await maker.give_keys(parties)
    values = await maker.trade(parties)
    values |= await maker.open_case(parties)
    values |= await maker.hear_of_it()
    values |= await maker.keep_house(parties)
    return World(keys, {name: str(value) for name, value in values.items()}, parties)


class Making:
    """The steps."""

    def __init__(self, client: OwnService) -> None:
        self.client = client

    async def post(self, path: str, body: Any = None, **how: Any) -> Any:
        """What must succeed; what it answers."""
        answer = await self.client.post(path, **({"json": body} if body is not None else {}), **how)
        assert answer.status_code < 300, (path, answer.text)
        return answer.json() if answer.content else {"location": answer.headers["Location"]}

    async def do(self, work: Any, *told: Any) -> Any:
        """One statement."""
        async with transaction(self.client.engine) as tx:
            return await tx.sql.fetchval(work, *told)

    async def register(self) -> dict[str, int]:
        """Firms and authorities; ids by name."""
        found = {}
        for name, region in (FIRMS | AUTHORITIES).items():
            row = await register_party(
                self.client,
                uscc=None,
                gln=gln(name),
                name_zh=f"{name} 公司",
                region=region if len(region) == 6 else None,
            )
            found[name] = row["id"]
        for name, region in AUTHORITIES.items():
            await self.do(ADD_AUTHORITY, found[name], region, clock.now())
        return found

    async def give_keys(self, parties: dict[str, int]) -> dict[str, dict[str, str]]:
        """A key for each caller."""
        role = {"authority": "regulator", "elsewhere": "regulator", "laboratory": "laboratory"}
        keys = {"operator": {"Authorization": self.client.headers["Authorization"]}, "stranger": {}}
        for name in CALLERS:
            if name in keys:
                continue
            of = parties.get(name, parties["maker"])
            body: Json = {"name": f"{name} key", "role": role.get(name, "holder"), "party_id": of}
            if name == "read-only":
                body["permissions"] = ["read"]
            made = await self.post("/v1/keys", body)
            keys[name] = {"Authorization": f"Bearer {made['key']}"}
            if name == "revoked":
                await self.post(f"/v1/keys/{made['id']}/revocation")
        return keys

    async def trade(self, parties: dict[str, int]) -> Json:
        """Goods go from maker to shop; the rival has its own."""
        site = {"region": "350100", "name_zh": "场所"}
        for name in ("plant", "shop-floor"):
            whose = "maker" if name == "plant" else "shop"
            await self.post("/v1/sites", {**site, "gln": gln(name), "party_id": parties[whose]})
        tea = await self.post(
            "/v1/products",
            {"name_zh": "茶", "category": "food", "gtin": gtin("tea")[1:], "party_id": parties["maker"]},
        )
        rival = {"name_zh": "奶", "category": "food", "gtin": gtin("milk")[1:], "party_id": parties["rival"]}
        await self.post("/v1/products", rival)
        moves = [
            commission(
                f"{LOT}=10",
                at="plant",
                read="gate",
                on=1,
                id="zqx-made",
                po="zqx-order",
                disposition="active",
            ),
            ship(f"{LOT}=4", at="plant", to="shop-floor", on=2, id="zqx-sent"),
            receive(f"{LOT}=4", at="shop-floor", source="plant", on=3, id="zqx-came"),
            commission(f"{CASE_LOT}=10", at="plant", on=1, id="zqx-made-too"),
            ship(f"{CASE_LOT}=5", at="plant", to="shop-floor", on=2),
            receive(f"{CASE_LOT}=5", at="shop-floor", source="plant", on=3),
            commission(f"{RIVALS}=5", at="den", on=1),
        ]
        run = {"plant": "maker", "gate": "maker", "shop-floor": "shop", "den": "rival"}
        await capture(self.client, *moves, master=owners(**run))
        (batch,) = (await self.client.get("/v1/batches", params={"batch": uri(LOT)})).json()["items"]
        path = f"/v1/batches/{batch['id']}"
        await self.post(f"{path}/serials", {"serials": [SERIAL]})
        fields = {"kind": "test_report", "name": "zqx-report", "number": "zqx-number"}
        file = {"file": ("zqx-file.pdf", b"%PDF-1.7\n% zqx-content\n", "application/pdf")}
        kept = await self.post(f"{path}/documents", data=fields, files=file)
        sites = (await self.client.get("/v1/sites", params={"gln": gln("plant")})).json()["items"]
        suspect = await self.do(ADD_SUSPECT, clock.now())
        return {
            "batch_id": batch["id"],
            "product_id": tea["id"],
            "site_id": sites[0]["id"],
            "document_id": kept["id"],
            "suspect_id": suspect,
            "party_id": parties["maker"],
            "event_id": moves[0]["eventID"],
        }

    async def open_case(self, parties: dict[str, int]) -> Json:
        """A case on one of the lots: told, answered, checked, reported, and with an alarm."""
        channel = await self.post(
            f"/v1/parties/{parties['maker']}/channels", {"kind": "email", "address": "zqx-mail@example.com"}
        )
        case = await self.post("/v1/recalls", CASE | {"responsible_party_id": parties["maker"]})
        path = f"/v1/recalls/{case['id']}"
        late = (clock.now() - START) / timedelta(days=1) + 0.01
        await capture(self.client, ship(f"{CASE_LOT}=1", at="plant", to="elsewhere", on=late, id="zqx-late"))
        # Whom it tells beside the shop: the maker; its answer, and a proof with it.
        whom = (await self.client.get(f"{path}/recipients")).json()["items"]
        own = next(each for each in whom if each["party_id"] == parties["maker"])
        link = await self.post(f"{path}/recipients/{own['id']}/links")
        answer = '{"by": "zqx-person", "note": "zqx-answer", "lines": []}'
        token = str(link["url"]).rpartition("/")[2]
        proof = {"proof": ("zqx-proof.pdf", b"%PDF-1.7\n% zqx-proof\n", "application/pdf")}
        await self.post(f"/r/{token}", data={"answer": answer}, files=proof)
        await self.post(f"{path}/checks", {"percent": 100})
        await self.post(f"{path}/reports", {"document": "plan", "note": "zqx-filed"})
        return {
            "recall_id": case["id"],
            "number": case["number"],
            "channel_id": channel["id"],
            "recipient_id": own["id"],
            "r_token": token,
        }

    async def hear_of_it(self) -> Json:
        """A complaint with a photo, and a drill."""
        told = {"code": uri(LOT), "kind": "spoiled", "text": "zqx-complaint", "phone": "13800000000"}
        photo = {"photo": ("a.jpg", picture(), "image/jpeg")}
        sent = await self.post("/v1/complaints", data=told | {"consent": "true"}, files=photo)
        listed = (await self.client.get("/v1/complaints")).json()["items"]
        drill = await self.post("/v1/drills", {"batch": [uri(LOT)], "note": "zqx-drill"})
        return {
            "complaint_number": sent["number"],
            "complaint_id": listed[0]["id"],
            "drill_id": drill["id"],
        }

    async def keep_house(self, parties: dict[str, int]) -> Json:
        """What the maker keeps: query, subscription, link, member, invitation, grant; ids of the rest."""
        key = await self.post(
            "/v1/keys", {"name": "zqx-maker", "role": "holder", "party_id": parties["maker"]}
        )
        as_maker = {"Authorization": f"Bearer {key['key']}", **LD_JSON}
        paper = document(commission(f"{LOT}=1", at="plant", on=4, id="zqx-own"))
        job = await self.post("/epcis/capture", content=paper, headers=as_maker)
        member = {
            "name": "zqx-member",
            "role": "holder",
            "issuer": "https://idp.test",
            "subject": "zqx-subject",
        }
        query = {"name": "zqx-query", "query": {"MATCH_anyEPCClass": [uri(LOT)]}}
        await self.post("/epcis/queries", query, headers=as_maker)
        subscriptions = "/epcis/queries/zqx-query/subscriptions"
        dest = {"dest": "https://9.9.9.9/zqx-dest", "stream": True}
        subscription = await self.post(subscriptions, dest, headers=as_maker)
        sheet = {"file": ("zqx-sheet.csv", "产品,批号,生产日期,数量\nzqx-product,zqx-lot,?,5\n".encode())}
        own = {"Authorization": as_maker["Authorization"]}
        upload = await self.post("/v1/imports", files=sheet, data={"form": "batches"}, headers=own)
        await work_off(self.client.engine, upload["id"])
        link = {"thing": uri(LOT), "link_type": "gs1:pip", "href": "https://example.com/", "title": "Tea"}
        made = {
            "key_id": key["id"],
            "capture_id": job["location"].rpartition("/")[2],
            "subscription_id": subscription["subscriptionID"],
            "import_id": upload["id"],
            "link_id": (await self.post("/v1/links", link))["id"],
            "member_id": (await self.post("/v1/members", member | {"party_id": parties["maker"]}))["id"],
            "invitation_id": (
                await self.post(
                    "/v1/invitations",
                    {"name": "zqx-invited", "role": "holder", "party_id": parties["maker"]},
                )
            )["id"],
            "grant_id": (
                await self.post(
                    "/v1/grants", {"grantor_id": parties["maker"], "grantee_id": parties["grantee"]}
                )
            )["id"],
            "delegation_id": (
                await self.post(
                    "/v1/delegations", {"delegate_id": parties["grantee"], "party_id": parties["maker"]}
                )
            )["id"],
            "jurisdiction_id": await self.do("SELECT min(id) FROM jurisdiction"),
        }
        async with transaction(self.client.engine) as tx:
            return made | await found_ids(tx)


async def found_ids(tx: Transaction) -> Json:
    """Ids of rows that came by themselves."""
    row = await tx.sql.fetchrow(FIND_EACH)
    assert row is not None
    assert None not in row.values(), dict(row)
    return dict(row)


def names_of(path: str) -> str:
    """What stands for `{name}` in a path of the EPCIS interface, and of templates."""
    return {
        "eventTypes": "ObjectEvent",
        "bizSteps": "commissioning",
        "dispositions": "active",
        "bizLocations": place("plant"),
        "readPoints": place("gate"),
        "epcs": uri("tea#" + SERIAL),
        "queries": "zqx-query",
        "imports": "shipping.csv",
    }[path.split("/")[2]]
