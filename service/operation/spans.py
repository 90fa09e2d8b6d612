"""OpenTelemetry spans of requests, where an operator asks for them (`OTEL_EXPORTER_OTLP_ENDPOINT`).

A span tells method, route template, status and time; never a path or a query: these carry the codes of
somebody's goods, and the links of notices open what they name.
"""

import os
from typing import TYPE_CHECKING, Final

from fastapi.telemetry import TelemetryConfig

from service.errors import Unavailable

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

#: The standard's own variables: where spans go. The sampler and all else is read by the library, too.
ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
NAME: Final = "suyuan"
#: Attributes that would tell whose goods were looked at.
UNTOLD: Final = ("url.path", "url.query")
OFF: Final = TelemetryConfig(
    tracing=False, metrics=False, logs=False, operation_spans=False, auto_configure=False
)


def telemetry() -> TelemetryConfig:
    """What the application tells of its requests: nothing, unless a collector is named.

    Raises `Unavailable` where one is named and the library is not installed.
    """
    if not any(os.environ.get(name) for name in ENDPOINTS):
        return OFF
    return TelemetryConfig(
        tracer_provider=_provider(), tracing=True, metrics=False, logs=False, auto_configure=True
    )


def _provider() -> "TracerProvider":
    try:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import Span, SpanProcessor, TracerProvider
    except ImportError as error:
        raise Unavailable(
            "A collector is named (OTEL_EXPORTER_OTLP_ENDPOINT), but the library is missing: "
            "install suyuan[telemetry].",
            "已设置 OTEL_EXPORTER_OTLP_ENDPOINT，但缺少相应的库：请安装 suyuan[telemetry]。",
        ) from error

    class Untold(SpanProcessor):
        def on_start(self, span: Span, parent_context: object = None) -> None:
            del parent_context  # as the library calls it
            for name in UNTOLD:
                if name in (span.attributes or {}):
                    span.set_attribute(name, "")

    name = os.environ.get("OTEL_SERVICE_NAME", NAME)
    provider = TracerProvider(resource=Resource.create({"service.name": name}), shutdown_on_exit=False)
    provider.add_span_processor(Untold())
    return provider
