"""HTTP of drills and of what is reported on cases: all of this room's routers."""

from service.reports import case_routes, check_routes, drill_routes, report_routes

ROUTERS = (
    *(drill_routes.running, drill_routes.router, case_routes.router),
    *(check_routes.router, report_routes.router),
)
