"""Rules for the sensor part of an EPCIS event (EPCIS 2.0, 7.3.7.1)."""

from typing import Any

from service.errors import Fault
from service.events.cbv import COMPONENT, MEASUREMENT_TYPE, SENSOR_ALERT
from service.events.namespaces import Namespaces
from service.events.value_rules import (
    Rule,
    boolean,
    cbv_word,
    hex_binary,
    list_of,
    number,
    pointer,
    record_of,
    text,
    time,
    uri,
    wrong,
)

SENSOR_METADATA: dict[str, Rule] = {
    "time": time,
    "startTime": time,
    "endTime": time,
    "deviceID": uri,
    "deviceMetadata": uri,
    "rawData": uri,
    "dataProcessingMethod": uri,
    "bizRules": uri,
}
SENSOR_REPORT: dict[str, Rule] = {
    "type": cbv_word(MEASUREMENT_TYPE),
    "exception": cbv_word(SENSOR_ALERT),
    "deviceID": uri,
    "deviceMetadata": uri,
    "rawData": uri,
    "dataProcessingMethod": uri,
    "bizRules": uri,
    "time": time,
    "microorganism": uri,
    "chemicalSubstance": uri,
    "coordinateReferenceSystem": uri,
    "component": cbv_word(COMPONENT),
    "value": number,
    "minValue": number,
    "maxValue": number,
    "meanValue": number,
    "sDev": number,
    "percRank": number,
    "percValue": number,
    "stringValue": text,
    "booleanValue": boolean,
    "hexBinaryValue": hex_binary,
    "uriValue": uri,
    "uom": text,
}
#: What can be said once for a whole sensor element, or for each report, but not both (TCR-53).
SAID_ONCE = tuple(name for name in SENSOR_METADATA if name in SENSOR_REPORT)

_fields = record_of(
    {
        "sensorMetadata": record_of(SENSOR_METADATA),
        "sensorReport": list_of(record_of(SENSOR_REPORT, required=("type",)), least=1),
    },
    required=("sensorReport",),
)


def sensor_element(value: Any, at: str, name: str, faults: list[Fault], names: Namespaces) -> None:
    """One sensor element: its metadata and reports, and nothing said in both."""
    before = len(faults)
    _fields(value, at, name, faults, names)
    if len(faults) > before:
        return
    metadata = value.get("sensorMetadata", {})
    said = [field for field in SAID_ONCE if field in metadata]
    if not said:
        return
    for index, report in enumerate(value["sensorReport"]):
        for field in said:
            if field in report:
                wrong(
                    faults,
                    pointer(f"{at}/{name}/sensorReport/{index}", field),
                    report[field],
                    f"{field} stands in sensorMetadata and in this report; it may stand in one of them only.",
                    f"{field} 同时出现在 sensorMetadata 与此 sensorReport 中，只能保留其一。",
                    "TCR-53",
                )
