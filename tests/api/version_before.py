"""Run with an earlier version's code on its path: what that version does on a database that a newer one has
migrated. Takes {dsn, key, document, event, lot, case} on standard input; prints {what: [status, body]}.
"""

import asyncio
import json
import sys
from typing import Any

import httpx

from service.app import create_app
from service.db.transaction import create_engine


async def tell(told: dict[str, Any]) -> dict[str, Any]:
    """Capture, trace, open a case, look at the code: by the interface that both versions have."""
    engine = create_engine(told["dsn"])
    app = create_app(engine)
    headers = {"Authorization": f"Bearer {told['key']}", "Accept": "application/json"}
    ld = {"Content-Type": "application/ld+json"}
    transport = httpx.ASGITransport(app)
    lot = told["lot"]
    asked = {
        "capture": ("POST", "/epcis/capture", {"content": told["document"], "headers": ld}),
        "event": ("POST", "/epcis/events", {"content": told["event"], "headers": ld}),
        "trace": ("GET", "/v1/trace/forward", {"params": {"batch": lot}}),
        "query": ("GET", "/epcis/events", {"params": {"MATCH_anyEPCClass": lot}}),
        "case": ("POST", "/v1/recalls", {"json": told["case"]}),
        "recall": ("GET", "/v1/recall-status/" + lot.split("/", 3)[3], {}),
        "ready": ("GET", "/readyz", {}),
    }
    found = {}
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://testserver", headers=headers) as client,
    ):
        for name, (method, path, given) in asked.items():
            answer = await client.request(method, path, **given)
            found[name] = [answer.status_code, answer.text]
    await engine.dispose()
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(tell(json.load(sys.stdin)))))
