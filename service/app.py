"""The application: areas wired together, nothing else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from service.access import audit_routes, letting_see_routes
from service.access import routes as access_routes
from service.admission.doors import Doors
from service.admission.rates import Rates
from service.audit.recorder import recording
from service.auth.last_used import noting
from service.capture import delegation_routes
from service.capture import routes as capture_routes
from service.db.held import holding
from service.db.replica import Replica, replica_of, watched
from service.db.transaction import create_engine
from service.events import options_routes as epcis_options_routes
from service.events import resource_routes as epcis_resource_routes
from service.events import routes as events_routes
from service.exports import front as sheets_out
from service.filings import routes as filing_routes
from service.jobs.background import running
from service.labels import routes as label_routes
from service.labels import sheet_routes as label_sheet_routes
from service.ledger import owners
from service.ledger import routes as ledger_routes
from service.notices import answer_routes, case_answer_routes, channel_routes, notice_routes
from service.notices import making as notices_making
from service.notices.duty import Telling
from service.operation import routes as operation_routes
from service.operation.measures import Measured
from service.operation.spans import telemetry
from service.operation.whole_again import WholeAgain
from service.publishing import openfda_routes
from service.publishing import routes as publishing_routes
from service.recall import advice as recall_advice
from service.recall import alarm_routes as recall_alarm_routes
from service.recall import alarms as recall_alarms
from service.recall import conduct as recall_conduct
from service.recall import deadline_routes as recall_deadline_routes
from service.recall import holder_routes as recall_holder_routes
from service.recall import preview_routes as recall_preview_routes
from service.recall import routes as recall_routes
from service.registry import document_routes as registry_document_routes
from service.registry import routes as registry_routes
from service.reports import routes as report_routes
from service.scan import complaint_pages, identify, link_routes, resolver_routes
from service.scan import routes as scan_routes
from service.scan.fast_pages import FastPages
from service.scan.fast_redirect import FastRedirect
from service.scan.fast_status import FastStatus
from service.settings import settings
from service.sheets import page_routes as sheet_page_routes
from service.sheets import routes as sheet_routes
from service.sheets.duty import Importing
from service.signals import complaint_routes, suspect_routes
from service.signals.scans import counting
from service.subscriptions import query_routes, stream_routes, subscription_routes
from service.subscriptions.duty import Deliveries
from service.trace import routes as trace_routes
from service.units import routes as unit_routes
from service.units import serial_routes as unit_serial_routes
from service.web import problems
from service.web.body_limit import BodyLimit
from service.web.epcis import Agreed, EpcisHeaders
from service.web.epcis_description import DescribedApp
from service.web.negotiation import XmlProblems
from service.web.reading import DataAsOf
from service.web.route_index import RouteIndex
from service.web.security_headers import SecurityHeaders

DESCRIPTION = """
Who holds this batch now, where did it come from, and who must be told?
这批货现在在谁手里、从哪里来、必须通知谁？

Send your API key as `Authorization: Bearer …`. Every error is `application/problem+json` and names
the field, the value and what would be right, in English and Chinese.
"""

#: Ends of paths of uploaded files and of lists of serial numbers.
OWN_BOUNDS = ("/documents", "/serials", "/drug-codes")
OWN_BOUND_BEGINNINGS = ("/epcis/", "/r/")
OWN_BOUND_PATHS = (
    *(identify.PATH, complaint_routes.PATH, complaint_pages.PATH),
    *(sheet_routes.router.prefix, sheet_page_routes.router.prefix),
)
#: Complaints come before the pages of codes, which take every path below theirs.
CONSUMERS = (
    *(complaint_pages.router, scan_routes.router),
    *(complaint_routes.public, complaint_routes.router, suspect_routes.router),
)
LINKS = (link_routes.router, link_routes.public)
EPCIS = (
    *(events_routes.router, epcis_resource_routes.router, query_routes.router),
    *(stream_routes.router, subscription_routes.router, epcis_options_routes.router),
)
#: Deadlines first: their paths look like the number of a case.
RECALLS = (
    *(recall_deadline_routes.router, recall_preview_routes.router),
    *(recall_routes.router, recall_holder_routes.router),
    *(recall_alarm_routes.router, filing_routes.router, *report_routes.ROUTERS),
    *(publishing_routes.router, openfda_routes.router),
)
NOTICES = (
    channel_routes.router,
    notice_routes.router,
    case_answer_routes.inbox,
    case_answer_routes.router,
    answer_routes.router,
)
ACCESS = (
    access_routes.router,
    letting_see_routes.router,
    audit_routes.router,
    access_routes.public,
    operation_routes.public,
    operation_routes.router,
)
TELLING = (delegation_routes.router, sheet_routes.router, sheet_page_routes.router)
#: What hears of what happens below it.
LISTENING = (owners, recall_conduct, recall_alarms, recall_advice, notices_making)
#: What workers do beside the requests.
DUTIES = (Deliveries, Telling, Importing, WholeAgain)
#: Outermost, the last of them first: what they can answer needs nothing of the framework.
IN_FRONT = (Doors, FastRedirect, FastPages, FastStatus, DataAsOf, Rates)


def bounds_itself(path: str) -> bool:
    """Captured documents, uploaded files and lists of codes have limits of their own."""
    return path.startswith(OWN_BOUND_BEGINNINGS) or path.endswith(OWN_BOUNDS) or path in OWN_BOUND_PATHS


def create_app(
    engine: AsyncEngine | None = None, *, background: bool | None = None, replica: Replica | None = None
) -> DescribedApp:
    """The service on `engine`, or on the database of the settings.

    `background`: whether the bell and the workers run; by default unless an engine is given.
    `replica`: a standby of that engine's server.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.engine = engine or create_engine(settings().database_url, pool_size=settings().pool_size)
        beside = engine is None if background is None else background
        async with (
            watched(replica_of(settings()) if engine is None else replica) as app.state.replica,
            counting(app.state.engine) as app.state.scans,
            holding(app.state.engine) as app.state.held,
            noting(app.state.engine),
            recording(app.state.engine) as app.state.recorder,
            running(app.state.engine, settings(), DUTIES, beside=beside) as app.state.bell,
        ):
            yield
        if engine is None:
            await app.state.engine.dispose()

    app = DescribedApp(
        title="Suyuan 溯源",
        version=version("suyuan"),
        description=DESCRIPTION,
        lifespan=lifespan,
        telemetry=telemetry(),
    )
    problems.install(app)
    app.add_middleware(BodyLimit, bounds_itself=bounds_itself)

    # First: routes are tried one after the other, and events come one by one all day.
    app.include_router(capture_routes.router, dependencies=[Agreed])
    app.include_router(registry_routes.router)
    app.include_router(registry_document_routes.router)
    app.include_router(label_routes.router)
    app.include_router(label_sheet_routes.router)
    app.include_router(identify.router)
    for router in (*CONSUMERS, *LINKS, *RECALLS, *NOTICES, *ACCESS, *TELLING):
        app.include_router(router)
    for area in LISTENING:
        area.listen()
    for router in EPCIS:
        app.include_router(router)
    app.add_middleware(EpcisHeaders)
    app.add_middleware(XmlProblems)
    for around in (SecurityHeaders, Measured):
        app.add_middleware(around)
    for router in (ledger_routes.router, trace_routes.router, unit_routes.router, unit_serial_routes.router):
        app.include_router(router)
    # Last: codes of one segment are refused, and other areas have such paths.
    app.include_router(resolver_routes.router)
    sheets_out.install(app)
    app.router.middleware_stack = RouteIndex(app.router)
    app.in_front = IN_FRONT
    return app
