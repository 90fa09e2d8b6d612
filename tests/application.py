"""Applications for tests: each of its own, their routes made ready once.

An application makes its routes ready at the first request: 0.4 s of a processor for all of them, of which a
test asks a few. They keep nothing of a test: the engine, the middleware and all that lives from start to stop
are each application's own.
"""

from functools import cache

from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.routing import BaseRoute

from service.app import create_app
from service.db.replica import Replica
from service.web.epcis_description import DescribedApp


@cache
def ready_routes() -> list[BaseRoute]:
    """The routes of the application, made ready as requests come by them."""
    return create_app().router.routes


def application(
    engine: AsyncEngine, *, background: bool | None = None, replica: Replica | None = None
) -> DescribedApp:
    """What `create_app` makes, which is asked sooner."""
    app = create_app(engine, background=background, replica=replica)
    app.router.routes = ready_routes()
    return app
