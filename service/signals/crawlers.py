"""Whose visits are no looks at a pack: programs that say what they are. Pure.

The list is pragmatic: search engines, the previews that messengers draw of a link, monitors, libraries. Who
hides behind a browser's name is counted as a person.
"""

import re
from collections.abc import Mapping
from typing import Final

_PROGRAMS: Final = re.compile(
    r"bot\b|bot[/;_-]|spider|crawl|slurp|preview|facebookexternalhit|facebookcatalog|meta-external|embedly"
    r"|vkshare|mediapartners|lighthouse|pingdom|uptime|statuscake|headless|phantomjs|ia_archiver|validator"
    r"|python|curl|wget|http-?client|axios|node-fetch|libwww|postman",
    re.IGNORECASE,
)
#: How the programs begin that people look at pages with; libraries begin with their own names.
_BROWSERS: Final = ("Mozilla/", "Opera/", "Dalvik/", "UCWEB", "Nokia")
#: Headers by which a browser says that it fetches ahead of a person who may never look.
AHEAD: Final = ("purpose", "sec-purpose", "x-purpose", "x-moz")


def is_person(headers: Mapping[str, str]) -> bool:
    """Whether a request's headers (names in lower case, or a mapping that does not care) are a person's."""
    agent = headers.get("user-agent", "")
    if not agent.startswith(_BROWSERS) or _PROGRAMS.search(agent):
        return False
    told = " ".join(headers.get(name, "") for name in AHEAD).lower()
    return "prefetch" not in told and "preview" not in told and "prerender" not in told
