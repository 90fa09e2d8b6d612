"""The shape of a record of a read, and how the log is narrowed."""

from datetime import datetime

from pydantic import BaseModel, Field


class AuditReader(BaseModel):
    """Who read."""

    name: str
    key: str = Field(description="What names the caller for good, as `key:5`, `member:3`. 密钥或成员。")
    role: str
    party_id: int | None = Field(description="Whom it speaks for; null: the service's operator. 所属主体。")


class AuditSubject(BaseModel):
    """What the path of the question names."""

    kind: str = Field(description="case, drill, complaint, suspect_code, notice, party. 类别。")
    id: int


class AuditBatch(BaseModel):
    """A batch that the answer was about."""

    id: int
    uri: str


class AuditRecord(BaseModel):
    """One answer that showed somebody the trade of others."""

    id: int
    at: datetime
    reader: AuditReader
    method: str
    route: str = Field(description="Template of the path that was asked. 接口路径。")
    subject: AuditSubject | None
    batches: list[AuditBatch] = Field(
        description="Batches it was about, the first 200; a party is told those that it may see. 涉及批次。"
    )
    parties: list[int] | None = Field(
        description="Whose trade was in it, the first 1,000; null for who is not an operator. 涉及主体。"
    )
