"""The shapes of records at the edge, in JSON."""

from datetime import date

from pydantic import BaseModel, Field

Text = str | None


class MissingElement(BaseModel):
    """A data element that records of a party lack."""

    party: str = Field(description="Whose record it is, by name. 记录主体。")
    party_uri: Text
    about: str = Field(description="Critical tracking event, or direction. 事件类型或方向。")
    data_element: str
    rows: int


class TrackingLine(BaseModel):
    """One critical tracking event of one lot; a transformation has a line for each output and input."""

    event_type: str
    tlc: Text = Field(description="Traceability lot code. 追溯批号。")
    tlc_source_location: Text
    tlc_source_reference: Text
    product: Text
    commodity: Text
    quantity: Text
    uom: Text
    from_location: Text
    to_location: Text
    location_gln: Text
    event_date: date
    input_tlc: Text
    input_quantity: Text
    input_uom: Text
    document_type: Text
    document_number: Text
    harvest_location: Text
    field_name: Text
    harvest_date: date | None
    cooling_location: Text
    cooling_date: date | None
    batch_uri: str
    event_id: str


class TrackingList(BaseModel):
    """The sortable spreadsheet of FSMA 204, as JSON."""

    rows: list[TrackingLine]
    missing: list[MissingElement]


class DeliveryLine(BaseModel):
    """One delivery from a supplier, or to a business customer."""

    direction: str
    business: Text
    business_uscc: Text
    business_gln: Text
    business_address: Text
    business_phone: Text
    other_place: Text
    own_place: Text
    product: Text
    lot: Text
    quantity: Text
    uom: Text
    dispatched_on: date | None
    received_on: date | None
    received_quantity: Text
    received_uom: Text
    document_type: Text
    document_number: Text
    batch_uri: str
    events: str


class DeliveryList(BaseModel):
    """One step back and one step forward, as JSON."""

    rows: list[DeliveryLine]
    missing: list[MissingElement]
