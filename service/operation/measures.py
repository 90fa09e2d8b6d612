"""What Prometheus reads: requests by route, and what waits in the database.

Routes are told by their template (`/v1/batches/{batch_id}`): no identifier of anybody's goods is in a metric.
With several processes each writes its numbers where the others can read them (`PROMETHEUS_MULTIPROC_DIR`).
"""

import os
from collections.abc import Iterator, Mapping
from time import perf_counter
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import REGISTRY, Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.db.transaction import Transaction

#: Where processes keep their numbers for each other; see the library.
SHARED: Final = "PROMETHEUS_MULTIPROC_DIR"
#: Seconds; a scan is the fastest of requests, a trace's download the longest.
BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)

REQUESTS: Final = Counter("suyuan_requests", "Requests answered.", ("method", "route", "status"))
SECONDS: Final = Histogram(
    "suyuan_request_seconds",
    "From a request to the last octet of its answer.",
    ("method", "route"),
    buckets=BUCKETS,
)
UNDER_WAY: Final = Gauge(
    "suyuan_requests_under_way", "Requests not answered yet.", multiprocess_mode="livesum"
)

#: Metric -> its help. The statement answers them all, in this order.
WAITING: Final = {
    "suyuan_jobs_waiting": "Jobs of deliveries and notices that wait or are worked off.",
    "suyuan_batches_in_part": "Batches projected in part that await being projected whole.",
    "suyuan_rows_wrong_in_part": "Rows that were wrong, and put right, when batches were projected whole.",
    "suyuan_recalls_open": "Recall cases that are not over.",
    "suyuan_events": "Events stored (the planner's estimate).",
    "suyuan_database_bytes": "Size of the database.",
}
WAITING_NOW: Final = """
SELECT (SELECT count(*) FROM pgqueuer) AS suyuan_jobs_waiting,
       (SELECT count(*) FROM batch_in_part WHERE due_at IS NOT NULL) AS suyuan_batches_in_part,
       (SELECT coalesce(sum(wrong_rows), 0) FROM batch_in_part) AS suyuan_rows_wrong_in_part,
       (SELECT count(*) FROM recall WHERE status IN ('assessing', 'open', 'completed'))
           AS suyuan_recalls_open,
       (SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'event'::regclass) AS suyuan_events,
       pg_database_size(current_database()) AS suyuan_database_bytes
"""


class Measured:
    """Counts and times the requests of an application."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = 0

        async def hear(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        began = perf_counter()
        UNDER_WAY.inc()
        try:
            await self.app(scope, receive, hear)
        finally:
            UNDER_WAY.dec()
            route = getattr(scope.get("route"), "path", "none")
            REQUESTS.labels(scope["method"], route, str(status)).inc()
            SECONDS.labels(scope["method"], route).observe(perf_counter() - began)


class _Now(Collector):
    """What one statement has just answered."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        self.row = row

    def collect(self) -> Iterator[Metric]:
        """A gauge for each column."""
        for name, told in WAITING.items():
            yield GaugeMetricFamily(name, told, value=self.row[name])


async def tell(tx: Transaction) -> bytes:
    """All metrics, in Prometheus' text format."""
    row = await tx.sql.fetchrow(WAITING_NOW)
    assert row is not None
    now = CollectorRegistry()
    now.register(_Now(dict(row)))
    requests: CollectorRegistry = REGISTRY
    if SHARED in os.environ:
        requests = CollectorRegistry()
        collector: Any = MultiProcessCollector
        collector(requests)
    return generate_latest(requests) + generate_latest(now)
