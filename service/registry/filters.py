"""The query parameters by which registry lists are narrowed."""

from typing import Annotated

from fastapi import Query

from service.registry.fields import (
    Code,
    Day,
    GlnCode,
    GtinCode,
    LotCode,
    Name,
    RegionStart,
    RowId,
    UriText,
    UsccCode,
)
from service.registry.schemas import Category, Role

OfParty = Annotated[RowId | None, Query(description="Id of the party. 所属主体编号。")]
OfProduct = Annotated[RowId | None, Query(description="Id of the product. 产品编号。")]
WithName = Annotated[Name | None, Query(description="Part of the Chinese or English name. 名称包含。")]
WithUscc = Annotated[
    UsccCode | None, Query(description="Unified social credit code, 18 characters. 统一社会信用代码。")
]
WithGln = Annotated[GlnCode | None, Query(description="GLN, 13 digits. 全球位置码。")]
WithGtin = Annotated[GtinCode | None, Query(description="GTIN, 8, 12, 13 or 14 digits. 商品条码。")]
WithLot = Annotated[LotCode | None, Query(description="Lot, exactly. 批号。")]
WithRole = Annotated[Role | None, Query(description="A role of the party. 主体角色。")]
WithCategory = Annotated[Category | None, Query(description="Category of the product. 产品类别。")]
InRegion = Annotated[
    RegionStart | None,
    Query(description="Beginning of the region code: 35 for Fujian, US for all of it. 地区代码前缀。"),
]
WithUri = Annotated[
    UriText | None, Query(description="The identity, in any of its forms as a URI. 标识（任意 URI 形式）。")
]
MadeFrom = Annotated[Day | None, Query(description="Made on this day or later. 生产日期不早于。")]
MadeTo = Annotated[Day | None, Query(description="Made on this day or earlier. 生产日期不晚于。")]
AnyBatch = Annotated[
    Code | None, Query(description="Digital Link, EPC URN, `GTIN lot`, any URI. 任意形式的批次标识。")
]
