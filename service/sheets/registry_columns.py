"""The columns of the forms that register: parties, sites, products, batches, serial numbers. Pure."""

from dataclasses import replace
from typing import Final

from service.sheets.columns import (
    EXAMPLE_GLN,
    EXAMPLE_GTIN,
    EXAMPLE_USCC,
    EXPIRES_ON,
    MADE_ON,
    Choice,
    Column,
    Kind,
    day,
    lot,
    product,
    quantity,
    site,
    unit,
)


def _text(key: str, zh: str, en: str, example: str = "") -> Column:
    return Column(key, zh, en, Kind.TEXT, False, example)


def _person(key: str, zh: str, en: str) -> tuple[Column, Column]:
    """Somebody's name and telephone."""
    return (
        _text(f"{key}_name", zh, en),
        Column(f"{key}_phone", f"{zh}电话", f"{en} phone", Kind.PHONE, False),
    )


def _names(zh: str, en: str, example: str, example_en: str) -> tuple[Column, Column]:
    """The name in each language; a row has at least one."""
    return (
        Column(
            "name_zh",
            zh,
            en,
            Kind.TEXT,
            False,
            example,
            "中文名称与英文名称至少填一项。",
            "This or the English name, or both.",
        ),
        _text("name_en", "英文名称", "English name", example_en),
    )


_GLN: Final = Column(
    "gln",
    "GLN",
    "GLN",
    Kind.GLN,
    False,
    EXAMPLE_GLN,
    "13 位数字，请设为文本格式；没有则不填。",
    "13 digits, kept as text; empty where there is none.",
)
_REGION: Final = Column(
    "region",
    "行政区划代码",
    "Region",
    Kind.REGION,
    False,
    "330106",
    "6 位行政区划代码，或省、市名称；国外填国家代码。",
    "A GB/T 2260 code of 6 digits, an ISO 3166-2 code (US-TX), or a country (US).",
)
_ADDRESS: Final = _text("address", "地址", "Address", "文三路1号")
_OWNER: Final = Column(
    "party",
    "所属主体",
    "Owner",
    Kind.PARTY,
    False,
    "",
    "不填为本单位；否则填名称、统一社会信用代码或 GLN。",
    "Empty: yourself; else a name, credit code or GLN.",
)

#: As `registry.schemas.Role`.
ROLES: Final = (
    Choice(
        "producer",
        "生产者",
        "producer",
        ("种植户", "养殖户", "合作社", "农户", "生产企业", "生产商", "grower"),
    ),
    Choice("processor", "加工者", "processor", ("加工企业", "加工厂", "加工")),
    Choice("distributor", "经销商", "distributor", ("配送商", "经销", "配送")),
    Choice("wholesaler", "批发商", "wholesaler", ("批发", "批发市场经营者")),
    Choice("retailer", "零售商", "retailer", ("零售", "超市", "商店", "门店", "shop")),
    Choice("market", "农贸市场", "market", ("市场", "集贸市场", "批发市场")),
    Choice("caterer", "餐饮单位", "caterer", ("餐饮", "食堂", "饭店", "restaurant")),
    Choice("hospital", "医疗机构", "hospital", ("医院", "诊所", "卫生院", "clinic")),
    Choice("pharmacy", "药店", "pharmacy", ("药房", "零售药店")),
    Choice(
        "marketing_authorisation_holder",
        "上市许可持有人",
        "marketing authorisation holder",
        ("持有人", "药品上市许可持有人", "mah"),
    ),
    Choice("carrier", "承运商", "carrier", ("物流", "运输", "承运", "物流公司", "haulier")),
    Choice("importer", "进口商", "importer", ("进口",)),
    Choice("laboratory", "检测机构", "laboratory", ("实验室", "检验机构", "lab")),
    Choice("regulator", "监管部门", "regulator", ("监管", "authority")),
)
#: As `registry.schemas.Disclosure`.
DISCLOSURES: Final = (
    Choice("name", "公开名称", "name", ("名称", "公开")),
    Choice("region", "公开地区", "region", ("地区", "省市")),
    Choice("hidden", "不公开", "hidden", ("隐藏", "保密")),
)
#: As `registry.schemas.Category`.
CATEGORIES: Final = (
    Choice("food", "食品", "food", ("加工食品", "预包装食品", "食用")),
    Choice("medicine", "药品", "medicine", ("药", "医药", "中药", "西药", "drug", "pharmaceutical")),
    Choice(
        "agricultural",
        "农产品",
        "agricultural",
        ("食用农产品", "农产", "蔬菜", "水果", "果蔬", "水产", "畜禽", "produce", "agricultural product"),
    ),
)
#: As `units.schemas.NewDrugCodes.level`.
LEVELS: Final = (
    Choice("1", "小包装", "pack", ("1级", "一级", "最小包装", "盒", "小盒", "sales package")),
    Choice("2", "中包装", "bundle", ("2级", "二级", "中盒", "中包")),
    Choice("3", "大包装", "case", ("3级", "三级", "箱", "大箱", "外箱", "carton")),
)

PARTIES: Final = (
    *_names("名称", "Name", "绿野蔬菜专业合作社", "Lüye Vegetable Cooperative"),
    Column(
        "uscc",
        "统一社会信用代码",
        "Credit code",
        Kind.USCC,
        False,
        EXAMPLE_USCC,
        "18 位，与营业执照一致。",
        "18 characters, as on the business licence.",
    ),
    _GLN,
    Column(
        "roles",
        "角色",
        "Roles",
        Kind.CHOICES,
        False,
        "生产者",
        "可填多项，用顿号隔开。",
        "Several are parted by commas.",
        ROLES,
    ),
    _REGION,
    _ADDRESS,
    *_person("contact", "联系人", "Contact"),
    Column("contact_email", "邮箱", "E-mail", Kind.EMAIL, False),
    *_person("legal_representative", "法定代表人", "Legal representative"),
    *_person("quality_manager", "质量负责人", "Quality manager"),
    _text("licence_kind", "许可证类型", "Licence"),
    _text("licence_number", "许可证号", "Licence number"),
    _text("licence_issuer", "发证机关", "Issued by"),
    day("licence_from", "许可起始日期", "Licence from"),
    day("licence_until", "许可有效期至", "Licence until"),
    Column(
        "disclosure",
        "对消费者公开",
        "Shown to consumers",
        Kind.CHOICE,
        False,
        "公开名称",
        choices=DISCLOSURES,
    ),
)

SITES: Final = (
    *_names("名称", "Name", "一号大棚", "Greenhouse 1"),
    _GLN,
    _OWNER,
    _text("kind", "类型", "Kind", "地块"),
    _REGION,
    _ADDRESS,
)

PRODUCTS: Final = (
    *_names("名称", "Name", "大白菜", "Chinese cabbage"),
    Column(
        "gtin",
        "商品条码",
        "GTIN",
        Kind.GTIN,
        False,
        EXAMPLE_GTIN,
        "8、12、13 或 14 位数字，请设为文本格式；没有则不填。",
        "8, 12, 13 or 14 digits, kept as text; empty where there is none.",
    ),
    Column("category", "类别", "Category", Kind.CHOICE, True, "农产品", choices=CATEGORIES),
    _OWNER,
    _text("brand", "品牌", "Brand", "绿野"),
    _text("specification", "规格", "Specification"),
    _text("executed_standard", "执行标准", "Standard"),
    _text("approval_number", "批准文号", "Approval number"),
    Column(
        "shelf_life_days",
        "保质期",
        "Shelf life",
        Kind.DAYS,
        False,
        "7天",
        "天数，也可以写 12个月、2年。",
        "Days; 12 months or 2 years are read, too.",
    ),
)

BATCHES: Final = (
    product(required=True),
    lot(required=True),
    replace(MADE_ON, required=True),
    EXPIRES_ON,
    quantity(),
    unit(),
    site("产地", "Origin", key="origin_site"),
)

SERIALS: Final = (
    product(required=True),
    lot(required=True),
    Column(
        "serial",
        "序列号",
        "Serial number",
        Kind.SERIAL,
        False,
        "A000000001",
        "1 至 20 个字符，请设为文本格式。",
        "1 to 20 characters, kept as text.",
    ),
    Column(
        "drug_code",
        "药品追溯码",
        "Drug code",
        Kind.DRUG_CODE,
        False,
        "",
        "20 位数字，必须设为文本格式，否则会丢失后几位。",
        "20 digits; kept as text, or their last digits are lost.",
    ),
    Column(
        "level",
        "包装级别",
        "Level",
        Kind.CHOICE,
        False,
        "小包装",
        "只用于药品追溯码，不填为小包装。",
        "Of drug codes only; empty: a pack.",
        LEVELS,
    ),
)
