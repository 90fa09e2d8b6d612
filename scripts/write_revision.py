"""Write the next revision from the difference between tables and revisions; see `scripts/revision`."""

import sys
import tempfile
from pathlib import Path

from alembic import command

from service.db.embedded import EmbeddedPostgres
from service.db.migrate import configuration, upgrade


def main(message: str) -> None:
    """Migrate an empty database, compare, write."""
    with tempfile.TemporaryDirectory() as place, EmbeddedPostgres(Path(place), {"fsync": "off"}) as dsn:
        upgrade(dsn)
        command.revision(configuration(dsn), message=message, autogenerate=True)


if __name__ == "__main__":
    main(sys.argv[1])
