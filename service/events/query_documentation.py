"""The parameters of an event query as OpenAPI tells them: every plain one, and an example of every family."""

from typing import Any, Final

from service.events.query_parameters import CONTROLS
from service.events.query_readers import simple_readers
from service.events.query_values import Prefixes

#: Start of a name -> what it does, in English and Chinese.
OPERATORS: Final = {
    "EQ_persistentDisposition": "Any of these dispositions was set or unset. 持久状态。",
    "EQ_": "Any of these values, parted by `|`. 等于其中任一值，以 | 分隔。",
    "GE_": "From this time on, with its offset. 不早于该时间（带时区偏移）。",
    "LT_": "Before this time, with its offset. 早于该时间（带时区偏移）。",
    "WD_": "Any of these places, or one below it by master data. 该地点或其下级地点。",
    "MATCH_": "Any of these identifiers, as EPC URN or GS1 Digital Link, or a pattern with `*`, by `|`. "
    "任一标识（EPC URN、数字链接或带 * 的模式），以 | 分隔。",
    "EXISTS_": "Whether it is there: true or false. 是否存在。",
    "eventType": "Any of these event types, parted by `|`. 事件类型，以 | 分隔。",
}
OTHERS: Final = {
    "GE_quantity_KGM": "A quantity in this unit or one that converts to it; also EQ_, GT_, LT_, LE_. 数量。",
    "EQ_bizTransaction_po": "Any of these transactions of this type. 该类型的业务单据。",
    "EQ_source_owning_party": "Any of these sources of this type. 该类型的来源。",
    "EQ_destination_possessing_party": "Any of these destinations of this type. 该类型的去向。",
    "GT_value_CEL": "A sensor's reading; also minValue, maxValue, meanValue, sDev, percValue, and the "
    "operators EQ_, GE_, LT_, LE_; in any unit of the dimension. 传感器读数，可换算单位。",
    "GE_percRank": "A sensor's percentile rank; also EQ_, GT_, LT_, LE_. 百分位。",
    "EQ_example:field": "An extension, its prefix defined by GS1-Extensions; also GT_, GE_, LT_, LE_, "
    "EXISTS_, and INNER_, ILMD_, ERROR_DECLARATION_, SENSORELEMENT_, SENSORMETADATA_, SENSORREPORT_, "
    "readPoint_, bizLocation_ before the name. 扩展字段。",
    "HASATTR_bizLocation": "Master data of the field's value has any of these attributes. 主数据具有该属性。",
    "EQ_ATTR_bizLocation_cbvmda:city": "Master data of the field's value says this. 主数据属性的值。",
    "orderBy": "eventTime, recordTime or an extension. 排序字段。",
    "orderDirection": "ASC or DESC (default). 排序方向。",
    "eventCountLimit": "Only the first so many events; needs orderBy. 只取前若干事件，须与 orderBy 同用。",
    "maxEventCount": "More matches than this are an error, 413. 匹配超过该数则报错 413。",
    "perPage": "Events of one page: 30, at most 1000. 每页事件数。",
    "nextPageToken": "From the `Link` header of the page before. 上一页 Link 头中的分页标记。",
}


TIME: Final = "2026-03-01T00:00:00+08:00"
EPC: Final = "urn:epc:id:sgtin:69012345.06789.1"
LOT: Final = "https://id.gs1.org/01/06901234567892/10/L1"
PLACE: Final = "https://id.gs1.org/414/6901234500004"
#: End or whole of a name -> an example of its values.
EXAMPLES: Final = {
    "eventType": "ObjectEvent|AggregationEvent",
    "Time": TIME,
    "time": TIME,
    "_Time": TIME,
    "EQ_action": "ADD|OBSERVE",
    "EQ_bizStep": "commissioning|packing",
    "disposition": "active",
    "persistentDisposition_set": "completeness_verified",
    "persistentDisposition_unset": "completeness_inferred",
    "EQ_eventID": "urn:uuid:0b9c2f6e-6a0e-4d4c-9a51-3d1b7f3a2c10",
    "EQ_correctiveEventID": "urn:uuid:0b9c2f6e-6a0e-4d4c-9a51-3d1b7f3a2c11",
    "EQ_errorReason": "incorrect_data",
    "readPoint": PLACE,
    "bizLocation": PLACE,
    "EPCClass": LOT,
    "epcClass": LOT,
    "EPC": EPC,
    "MATCH_epc": "urn:epc:idpat:sgtin:69012345.06789.*",
    "MATCH_parentID": "urn:epc:id:sscc:69012345.000000001",
    "EXISTS_errorDeclaration": "false",
    "EXISTS_sensorElementList": "true",
    "EQ_type": "Temperature",
    "EQ_stringValue": "ok",
    "EQ_booleanValue": "true",
    "EQ_hexBinaryValue": "F0F0F0",
    "EQ_microorganism": "https://www.ncbi.nlm.nih.gov/taxonomy/1126011",
    "EQ_chemicalSubstance": "https://identifiers.org/inchikey:CZMRCDWAGMRECN-UGDNZRGBSA-N",
    "GE_quantity_KGM": "100",
    "EQ_bizTransaction_po": "urn:epcglobal:cbv:bt:6901234500004:4711",
    "EQ_source_owning_party": "https://id.gs1.org/417/6901234500004",
    "EQ_destination_possessing_party": "https://id.gs1.org/417/6901234500004",
    "GT_value_CEL": "6",
    "GE_percRank": "50",
    "EQ_example:field": "rain",
    "HASATTR_bizLocation": "cbvmda:city",
    "EQ_ATTR_bizLocation_cbvmda:city": "Fuzhou",
    "orderBy": "eventTime",
    "orderDirection": "DESC",
    "eventCountLimit": "100",
    "maxEventCount": "1000",
    "perPage": "30",
}
#: Of every other URI.
URI: Final = "https://example.com/253/6901234500004"


def example_of(name: str) -> str | None:
    """An example of a parameter's values; None of a page token, which only an answer gives."""
    if name == "nextPageToken":
        return None
    exact = EXAMPLES.get(name)
    return exact or next((value for end, value in EXAMPLES.items() if name.endswith(end)), URI)


def _parameter(name: str, description: str) -> dict[str, Any]:
    made: dict[str, Any] = {
        "name": name,
        "in": "query",
        "required": False,
        "schema": {"type": "string"},
        "description": description,
    }
    example = example_of(name)
    return made if example is None else {**made, "example": example}


def _described() -> list[dict[str, Any]]:
    plain = [
        _parameter(name, next(said for start, said in OPERATORS.items() if name.startswith(start)))
        for name in simple_readers(Prefixes({}))
    ]
    assert OTHERS.keys() >= set(CONTROLS)
    return plain + [_parameter(name, said) for name, said in OTHERS.items()]


QUERY_PARAMETERS: Final = _described()
