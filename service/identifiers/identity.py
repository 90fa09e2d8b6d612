"""What an identifier names: `identify` for URIs, `identify_code` for whatever a person types or scans."""

from service.identifiers.kinds import Identity, Kind
from service.identifiers.typed_code import identify_code
from service.identifiers.uri_identity import identify

__all__ = ["Identity", "Kind", "identify", "identify_code"]
