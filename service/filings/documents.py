"""Business documents as records name them: what kind, and which number. Pure."""

from collections.abc import Mapping, Sequence
from typing import Final

#: CBV 2.0, 7.3: types of business transactions.
KINDS: Final = {
    "po": "Purchase order 采购订单",
    "poc": "Purchase order confirmation 订单确认",
    "bol": "Bill of lading 提单",
    "desadv": "Despatch advice 发货通知",
    "recadv": "Receiving advice 收货通知",
    "inv": "Invoice 发票",
    "prodorder": "Production order 生产单",
    "rma": "Return authorisation 退货授权",
    "cert": "Certificate 证书",
    "pedigree": "Pedigree 流通记录",
    "testprd": "Test procedure 检验规程",
    "testres": "Test result 检验结果",
    "upevt": "Upstream event 上游事件",
}
#: CBV 2.0, 8.5.1: the number stands after the party that gave it out.
CBV_NUMBER: Final = "urn:epcglobal:cbv:bt:"
TOGETHER: Final = "; "


def references(papers: Mapping[str, Sequence[str]]) -> tuple[str | None, str | None]:
    """(types, numbers) of the documents of an event, in the same order; None where there are none.

    `papers`: URIs by the bare word of their type, as `events.facts` keeps them.
    """
    told = [(kind, uri) for kind in sorted(papers) for uri in papers[kind]]
    if not told:
        return None, None
    kinds = [KINDS.get(kind, kind or "Document 单据") for kind, _ in told]
    return TOGETHER.join(kinds), TOGETHER.join(number_of(uri) for _, uri in told)


def number_of(uri: str) -> str:
    """The number that a URI of a business document carries; else the URI."""
    if uri.lower().startswith(CBV_NUMBER):
        return uri[len(CBV_NUMBER) :].partition(":")[2] or uri
    return uri
