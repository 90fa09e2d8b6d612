"""What is asked of each endpoint in the matrix of roles and endpoints: one question or more, all of them
about what is the maker's.
"""

import re
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from service.events.json_document import dump_event
from tests.api.access_world import CASE, CASE_LOT, LD_JSON, LOT, SERIAL, World, names_of
from tests.api.registering import Json
from tests.world import CONTEXT, commission, document, gln, gtin, party, place, uri

READING: Final = ("GET", "HEAD")
#: Never asked of who may do it: it takes the machine for minutes.
TOO_MUCH: Final = {"POST /v1/ledger/rebuild": "operator"}
PACK: Final = uri(f"tea#{SERIAL}")
EVENT: Final = commission("tea/NEW=1", at="plant", on=50, id="new")
DEATH: Final = {"unit": PACK, "site": gln("plant"), "status": "destroyed"}
ANSWER: Final = {"by": "x", "note": "y", "lines": []}


@dataclass(frozen=True, slots=True)
class Question:
    """`path`: with the world's values in it. `how`: arguments of the client."""

    method: str
    path: str
    how: dict[str, Any] = field(default_factory=dict)


#: Operation -> the queries that it is asked with: what narrows, and each form of what is given out.
QUERIES: Final[dict[str, list[Json]]] = {
    "GET /v1/trace/forward": [{"batch": uri(LOT), "format": form} for form in ("json", "ndjson", "csv")],
    "GET /v1/trace/backward": [{"batch": uri(LOT)}, {"unit": PACK}],
    "GET /v1/filings/fsma204": [{"batch": uri(LOT), "format": form} for form in ("json", "csv", "xlsx")],
    "GET /v1/filings/one-step": [{"party": party("maker"), "format": form} for form in ("json", "csv")],
    "GET /v1/units": [{"unit": PACK}],
    "GET /v1/units/package": [{"code": "81234567890123456789"}],
    "GET /v1/scans": [{"code": uri(LOT)}, {"code": PACK}],
    "GET /v1/identify": [{"code": uri(LOT)}],
    "GET /v1/batches": [{}, {"batch": uri(LOT)}, {"gtin": gtin("tea")}],
    "GET /v1/batches/{batch_id}/serials": [{}, {"format": "csv"}, {"format": "ndjson"}],
    "GET /v1/recalls/{recall_id}/holders": [{}, {"format": "csv"}],
    "GET /v1/recalls/{recall_id}/reports/draft": [{"document": "plan"}],
    "GET /v1/recalls": [{}, {"batch": uri(CASE_LOT)}],
    "GET /v1/complaints": [{}, {"batch": uri(LOT)}],
    "GET /v1/suspect-codes": [{}, {"batch": uri(LOT)}],
    "GET /v1/drills": [{}, {"party": "{party_id}"}],
    "GET /v1/drills/history": [{}, {"product": "{product_id}"}],
    "GET /v1/notices": [{}, {"recall": "{recall_id}"}],
    "GET /v1/audit": [{}, {"batch": "{batch_id}"}],
    "GET /v1/links": [{}, {"thing": uri(LOT)}],
    "GET /epcis/events": [
        {},
        {"MATCH_anyEPCClass": uri(LOT)},
        {"EQ_bizLocation": place("plant"), "perPage": "1"},
        {"EQ_eventID": EVENT["eventID"].replace("new", "zqx-made")},
    ],
    **{
        f"{method} /epcis/queries/{{name}}{path}": [{}, {"party": "{party_id}"}]
        for method, path in (
            *(("GET", ""), ("GET", "/events"), ("GET", "/subscriptions"), ("DELETE", "")),
            *(("GET", "/subscriptions/{subscription_id}"), ("DELETE", "/subscriptions/{subscription_id}")),
        )
    },
    "GET /p/complaint": [{"number": "{complaint_number}"}],
}
#: Operation -> its body, as arguments of the client. Nothing of it is kept (`access_walk`).
BODIES: Final[dict[str, dict[str, Any]]] = {
    "POST /epcis/capture": {"content": document(EVENT), "headers": LD_JSON},
    "POST /epcis/events": {"content": dump_event({"@context": [CONTEXT], **EVENT}), "headers": LD_JSON},
    "POST /epcis/queries": {"json": {"name": "another", "query": {}}},
    "POST /epcis/queries/{name}/subscriptions": {"json": {"dest": "https://9.9.9.9/", "stream": True}},
    "POST /p/complain": {"data": {"code": uri(LOT), "kind": "spoiled", "text": "?"}},
    "POST /v1/complaints": {"json": {"code": uri(LOT), "kind": "spoiled", "text": "?"}},
    "POST /r/{token}": {"json": ANSWER},
    "POST /r/{token}/acknowledge": {"json": {"name": "x"}},
    "POST /v1/batches": {"json": {"lot": "N1", "made_on": "2026-01-01", "gtin": gtin("tea")}},
    "PATCH /v1/batches/{batch_id}": {"json": {"uom": "KGM"}},
    "POST /v1/batches/{batch_id}/documents": {"data": {"kind": "test_report", "name": "x"}},
    "PATCH /v1/batches/{batch_id}/documents/{document_id}": {"json": {"file_public": False}},
    "POST /v1/batches/{batch_id}/drug-codes": {"json": {"codes": [{"code": "81234567890123456789"}]}},
    "POST /v1/batches/{batch_id}/serials": {"json": {"allot": 1}},
    "PATCH /v1/complaints/{complaint_id}": {"json": {"status": "looking"}},
    "POST /v1/delegations": {"json": {"delegate_id": "{shop_id}", "party_id": "{party_id}"}},
    "POST /v1/drills": {"json": {"batch": [uri(LOT)]}},
    "POST /v1/grants": {"json": {"grantor_id": "{party_id}", "grantee_id": "{shop_id}"}},
    "POST /v1/imports": {"files": {"file": ("new.csv", "产品,批号,生产日期,数量\nx,N1,?,5\n".encode())}},
    "POST /v1/imports/{import_id}/mapping": {"json": {"sheets": [{"sheet": "sheet", "form": "batches"}]}},
    "POST /v1/imports/{import_id}/store": {"json": {"store": "good"}},
    "POST /v1/identify": {"content": uri(LOT), "headers": {"Content-Type": "text/plain"}},
    "POST /v1/invitations": {"json": {"name": "x", "role": "holder", "party_id": "{party_id}"}},
    "POST /v1/invitations/accept": {"json": {"invitation": "sy-invitation_x"}},
    "POST /v1/jurisdictions": {"json": {"party_id": "{shop_id}", "region": "35"}},
    "POST /v1/keys": {"json": {"name": "x", "role": "holder", "party_id": "{party_id}"}},
    "POST /v1/links": {
        "json": {"thing": uri(LOT), "link_type": "gs1:pip", "href": "https://example.com/2", "title": "x"}
    },
    "POST /v1/members": {
        "json": {
            "name": "x",
            "role": "holder",
            "issuer": "https://idp.test",
            "subject": "new",
            "party_id": "{party_id}",
        }
    },
    "POST /v1/notices/{notice_id}/acknowledge": {"json": {"name": "x"}},
    "POST /v1/notices/{notice_id}/answers": {"json": ANSWER},
    "POST /v1/parties": {"json": {"name_zh": "新", "gln": gln("new party")}},
    "PATCH /v1/parties/{party_id}": {"json": {"address": "x"}},
    "POST /v1/parties/{party_id}/channels": {"json": {"kind": "email", "address": "a@example.com"}},
    "POST /v1/products": {"json": {"name_zh": "新", "category": "food", "gtin": gtin("new product")[1:]}},
    "PATCH /v1/products/{product_id}": {"json": {"brand": "x"}},
    "POST /v1/recalls": {"json": CASE | {"batch": [uri(LOT)]}},
    "POST /v1/recalls/preview": {"json": {"batch": [uri(LOT)]}},
    "POST /v1/recalls/{recall_id}/checks": {"json": {"percent": 100}},
    "POST /v1/recalls/{recall_id}/checks/{check_id}": {"json": {"outcome": "not_acted", "method": "visit"}},
    "POST /v1/recalls/{recall_id}/close": {"json": {"note": "x"}},
    "POST /v1/recalls/{recall_id}/deadlines": {"json": {"document": "plan"}},
    "POST /v1/recalls/{recall_id}/moves": {"json": {"to": "completed"}},
    "POST /v1/recalls/{recall_id}/recipients/{recipient_id}/answers": {"json": ANSWER},
    "POST /v1/recalls/{recall_id}/reports": {"json": {"document": "plan"}},
    "POST /v1/sites": {"json": {"name_zh": "新", "gln": gln("new site")}},
    "PATCH /v1/sites/{site_id}": {"json": {"address": "x"}},
    "PATCH /v1/suspect-codes/{suspect_id}": {"json": {"status": "cleared"}},
    "POST /v1/units/decommission": {"json": DEATH},
    "POST /v1/units/reactivate": {"json": {"unit": PACK, "site": gln("plant"), "not_supplied": True}},
    "POST /v1/units/verify": {"json": {"unit": PACK}},
}


def questions_of(operation: str, world: World) -> list[Question]:
    """What an operation is asked."""
    method, template = operation.split(" ")
    values = world.values | {"shop_id": str(world.parties["shop"])}
    path = re.sub(r"\{(\w+)\}", lambda found: _value(template, found[1], values), template)
    body = _filled(BODIES.get(operation, {}), values)
    queries = QUERIES.get(operation, [{}])
    return [
        Question(method, path, body | ({"params": told} if (told := _filled(query, values)) else {}))
        for query in queries
    ]


def _value(template: str, name: str, values: dict[str, str]) -> str:
    """What stands in a path for a parameter."""
    if name == "path":
        return _code(template)
    if name == "name":
        return quote(names_of(template), safe="")
    if name == "token":
        return values["r_token"] if template.startswith("/r/") else "dG9rZW4"
    if name == "number" and "complaint" in template:
        name = "complaint_number"
    # What is new here has no row in the world yet: 0 is nobody's.
    return quote(values.get(name, "0"), safe="")


def _code(template: str) -> str:
    """The rest of a path that begins with a code's first identifier."""
    lot = uri(LOT).removeprefix("https://id.gs1.org/01/")
    return {
        "/01/{path}": lot,
        "/414/{path}": gln("plant"),
        "/417/{path}": gln("maker"),
        "/product/{path}": lot.partition("/")[0],
    }.get(template, "01/" + lot if template.startswith(("/p/", "/v1/")) else "095200000000000000")


def _filled(told: Any, values: dict[str, str]) -> Any:
    """With ids where they are named; numbers as numbers in JSON."""
    if isinstance(told, dict):
        return {name: _filled(value, values) for name, value in told.items()}
    if isinstance(told, str) and (found := re.fullmatch(r"\{(\w+)\}", told)):
        return int(values[found[1]]) if values[found[1]].isdecimal() else values[found[1]]
    return told
