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
#: What is said of a whole sensor element, or else of each report (TCR-53): said in both places with different
#: values, nobody knows which holds. GS1's own examples say the same in both, and give each report its time.
SAID_ONCE = tuple(name for name in SENSOR_METADATA if name in SENSOR_REPORT and name != "time")

_fields = record_of(
    {
        "sensorMetadata": record_of(SENSOR_METADATA),
        "sensorReport": list_of(record_of(SENSOR_REPORT, required=("type",)), least=1),
    },
    required=("sensorReport",),
)


def sensor_element(value: Any, at: str, name: str, faults: list[Fault], names: Namespaces) -> None:
    """One sensor element: its metadata and reports, which do not contradict each other."""
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
            if field in report and report[field] != metadata[field]:
                known = metadata[field]
                wrong(
                    faults,
                    pointer(f"{at}/{name}/sensorReport/{index}", field),
                    report[field],
                    f"{field} is {known} in sensorMetadata and another here; say it in one of them only.",
                    f"{field} 在 sensorMetadata 中为 {known}，与此 sensorReport 中的不同，只能保留其一。",
                    "TCR-53",
                )
