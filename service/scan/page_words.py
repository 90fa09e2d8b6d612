"""The words of the page's blocks, Chinese and English side by side."""

from typing import Final

BLOCKS: Final[dict[str, tuple[str, str]]] = {
    # recalls
    "recalled_lots": ("该产品被召回的批号", "Recalled lots of this product"),
    "recalled_lots_lead": (
        "如果您包装上的批号在下列之中，请停止食用或使用。",
        "If the lot on your pack is one of these, do not eat or use it.",
    ),
    "no_recalled_lots": (
        "未查到该产品其他批次的召回信息。",
        "No recall of other lots of this product is known.",
    ),
    "which_serials": ("涉及序列号", "Serial numbers"),
    "what": ("召回什么", "What is recalled"),
    "which": ("哪一批", "Which lot"),
    "why": ("为什么", "Why"),
    "do_now": ("现在怎么办", "What to do now"),
    "advice": (
        "停止食用或使用，保留包装，退回购买处，或拨打下面的电话。如已食用或使用并感到不适，请尽快就医。",
        "Stop eating or using it, keep the pack, and take it back to where you bought it, or call the number "
        "below. If you have eaten or used it and feel unwell, see a doctor soon.",
    ),
    "remedy": (
        "因召回支出的必要费用由经营者承担（消费者权益保护法第十九条）。",
        "The business bears your necessary costs of the recall (Consumer Protection Law of China, article "
        "19).",
    ),
    "call": ("咨询电话", "Call"),
    "notice": ("召回编号", "Recall number"),
    "since": ("开始日期", "Since"),
    "class_1": ("一级：可能造成严重伤害", "Class 1: may cause serious harm"),
    "class_2": ("二级：可能造成一般伤害", "Class 2: may cause harm"),
    "class_3": ("三级：其他问题", "Class 3: other defect"),
    # label
    "label": ("标签信息", "Label"),
    "name": ("名称", "Name"),
    "brand": ("品牌", "Brand"),
    "ingredients": ("配料", "Ingredients"),
    "allergens": ("致敏物质", "Allergens"),
    "specification": ("规格", "Pack size"),
    "party": ("生产者", "Producer"),
    "address": ("地址", "Address"),
    "contact": ("联系方式", "Contact"),
    "origin": ("产地", "Origin"),
    "made_on": ("生产日期", "Made on"),
    "shelf_life": ("保质期", "Shelf life"),
    "days": ("{days} 天", "{days} days"),
    "expires_on": ("保质期至", "Good until"),
    "storage": ("贮存条件", "Storage"),
    "licence": ("生产许可证编号", "Licence"),
    "executed_standard": ("执行标准", "Standard"),
    "approval_number": ("批准文号", "Approval number"),
    "lot": ("批号", "Lot"),
    "serial": ("序列号", "Serial number"),
    "drug_code": ("药品追溯码", "Drug traceability code"),
    "gtin": ("商品条码", "GTIN"),
    "no_name": ("未登记名称的产品", "Product without a registered name"),
    "stated_label": ("以上由生产者声明。", "Stated by the producer."),
    # documents
    "documents": ("证书与检验报告", "Certificates and test reports"),
    "certificate": ("证书", "Certificate"),
    "test_report": ("检验报告", "Test report"),
    "passed": ("合格", "passed"),
    "failed": ("不合格", "failed"),
    "void": ("已作废", "void"),
    "out_of_date": ("已过有效期", "out of date"),
    "number": ("编号", "Number"),
    "issuer": ("出具方", "Issued by"),
    "issued_on": ("出具日期", "Issued on"),
    "valid_until": ("有效期至", "Valid until"),
    "void_since": ("作废日期", "Void since"),
    "download": ("下载文件", "Download the file"),
    "stated_by": ("信息来源", "Stated by"),
    "by_producer": ("生产者", "the producer"),
    "by_buyer": ("收购者", "the buyer who mixed or repacked it"),
    "by_laboratory": ("检验机构", "the laboratory"),
    "by_authority": ("主管部门", "the authority"),
    "by_unknown": ("上传者（未说明身份）", "whoever uploaded it"),
    # 承诺达标合格证
    "promise": ("承诺内容", "Promise"),
    "promise_producer": (
        "我承诺对生产销售的食用农产品：不使用禁用农药兽药、停用兽药和非法添加物；"
        "常规农药兽药残留不超标；对承诺的真实性负责。",
        "For the edible farm produce that I produce and sell, I promise: no banned pesticides, no banned or "
        "withdrawn veterinary drugs, no unlawful additives; residues within the limits; and I answer for "
        "the truth of this promise.",
    ),
    "promise_buyer": (
        "我承诺：已收取并保存所收购食用农产品的承诺达标合格证或其他质量安全合格证明；"
        "未使用国家禁止的保鲜剂、防腐剂、添加剂；对承诺的真实性负责。",
        "I promise: the certificates of the farm produce that I bought were collected and are kept; no "
        "unlawful preservatives or additives were used; and I answer for the truth of this promise.",
    ),
    "promisor": ("承诺主体", "Promisor"),
    "quantity": ("数量（重量）", "Quantity"),
    "basis": ("承诺依据", "Basis of the promise"),
    "basis_quality_control": ("质量安全控制符合要求", "quality control meets the requirements"),
    "basis_own_test": ("自行检测合格", "passed own testing"),
    "basis_commissioned_test": ("委托检测合格", "passed testing by a laboratory"),
    "self_declared": (
        "本合格证由承诺主体自行开具。",
        "The promisor issues this certificate on its own word.",
    ),
    # journey
    "journey": ("流通过程", "Journey"),
    "grown": ("种植、养殖或采收", "Grown or harvested"),
    "made": ("生产", "Made"),
    "processed": ("加工", "Processed"),
    "tested": ("检验", "Tested"),
    "packed": ("包装", "Packed"),
    "shipped": ("发货", "Shipped"),
    "arrived": ("到货、储存", "Arrived, stored"),
    "sold_there": ("售出", "Sold"),
    "of_input": ("原料", "ingredient"),
    "undisclosed": ("该企业未公开信息", "The company does not disclose more"),
    "more_steps": ("另有 {count} 个环节未列出。", "{count} more steps are not listed."),
    "one_more_step": ("另有 1 个环节未列出。", "1 more step is not listed."),
    "journey_cut": ("更早的环节未列出。", "Earlier steps are not listed."),
    "journey_missing": (
        "流通过程暂时无法读取，未能全部列出。",
        "The journey could not be read in time; it is not shown in full.",
    ),
    "journey_source": (
        "由各环节的企业记录；企业名称只在其同意时公开。",
        "As recorded by those who handled the goods; companies are named only where they allow it.",
    ),
    # roles
    "role_producer": ("生产者", "producer"),
    "role_processor": ("加工企业", "processor"),
    "role_distributor": ("经销商", "distributor"),
    "role_wholesaler": ("批发商", "wholesaler"),
    "role_retailer": ("零售商", "retailer"),
    "role_market": ("市场", "market"),
    "role_caterer": ("餐饮单位", "caterer"),
    "role_hospital": ("医疗机构", "hospital"),
    "role_pharmacy": ("药店", "pharmacy"),
    "role_marketing_authorisation_holder": ("上市许可持有人", "marketing authorisation holder"),
    "role_carrier": ("承运人", "carrier"),
    "role_importer": ("进口商", "importer"),
    "role_laboratory": ("检验机构", "laboratory"),
    "role_regulator": ("监管部门", "regulator"),
    # claims
    "claims": ("如何维权", "Where to claim"),
    "claim_food": (
        "可向销售者，也可向生产者要求赔偿。首负责任：先接到赔偿要求的一方先行赔付，不得推诿"
        "（食品安全法第一百四十八条）。",
        "You may claim from the seller or from the producer. Whoever receives your claim first pays first "
        "and may not send you on (Food Safety Law of China, article 148).",
    ),
    "claim_other": (
        "可向销售者，也可向生产者要求赔偿。请保留包装和购物凭证。",
        "You may claim from the seller or from the producer. Keep the pack and the receipt.",
    ),
    "seller": ("销售者", "Seller"),
    "seller_is": ("您购买的商店，见购物凭证", "the shop where you bought it, as on the receipt"),
    "hotlines": ("投诉举报热线", "Hotlines in China"),
    "hotline_12315": ("12315 消费者投诉举报", "12315, consumers"),
    "hotline_12316": ("12316 三农服务", "12316, farm produce"),
    "hotline_12331": ("12331 食品药品", "12331, food and medicine"),
    "no_advice": ("以上不构成法律意见。", "This is no legal advice."),
    # the rest
    "links": ("生产者提供的链接", "Links from the producer"),
    "checked_at": ("查询时间", "Checked at"),
    "copied": (
        "编码可能被复制：本页不能证明您手中这一件的来源。",
        "A printed code can be copied: this page proves nothing about where the item in your hand comes "
        "from.",
    ),
    "official": ("本页的正式网址以此开头：", "The official address of this page begins with:"),
    "service": ("溯源查询", "Suyuan traceability"),
    "language": ("语言", "Language"),
    "code": ("编码", "Code"),
}
