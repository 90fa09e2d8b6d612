"""Link types: the names of the GS1 Web Vocabulary, and how a request or a registration may write them. Pure.

Source: GS1 Web Vocabulary 1.17, link types; GS1-Conformant Resolver Standard 1.2, 2.14 (namespaces).
"""

import re
from typing import Final

from service.errors import Malformed

VOCABULARY: Final = "https://ref.gs1.org/voc/"
DEFAULT: Final = "gs1:defaultLink"
DEFAULT_MULTI: Final = "gs1:defaultLinkMulti"
#: Requests for all links; `all` is the word of older releases.
LINKSET_WORDS: Final = ("linkset", "all", "gs1:linkset", "gs1:all")

_NAMES: Final = """
activityIdeas allergenInfo appDownload backgroundInfo brandHomepageClinical brandHomepagePatient
careersInfo certificationInfo consumerHandlingStorageInfo defaultLinkMulti dpp eifu epcis epil
eventsInfo faqs handledBy hasRetailers homepage ingredientsInfo instructions jws leaveReview
locationInfo logisticsInfo loyaltyProgram masterData menuInfo nutritionalInfo openingHoursInfo
paymentLink pip productSustainabilityInfo promotion purchaseSuppliesOrAccessories quickStartGuide
recallStatus recipeInfo registerProduct registryEntry relatedImage relatedVideo reportFound review
safetyInfo scheduleTime serviceInfo smartLabel smpc socialMedia statisticInfo subscribe support
sustainabilityInfo traceability tutorial userAgreement verificationService whatsInTheBox
"""
NAMES: Final = frozenset(_NAMES.split())

_GS1: Final = re.compile(r"(?:gs1:|https?://(?:(?:www|ref)\.)?gs1\.org/voc/)(\w+)", re.IGNORECASE)
#: What the schema of GS1 linksets allows as the name of a link type.
_OTHER: Final = re.compile(r"https?://[A-Za-z0-9./_]+")


def plain_type(text: str) -> str:
    """A link type as it is compared: `gs1:pip` for any spelling of the GS1 namespace, else as given."""
    match = _GS1.fullmatch(text.strip())
    return f"gs1:{match[1]}" if match else text.strip()


def parse_type(text: str) -> str:
    """A link type that a link may be registered under. Raises `Malformed`."""
    plain = plain_type(text)
    if plain == DEFAULT:
        raise Malformed.field(
            "link_type",
            text,
            "The default link is the page that tells of recalls first; it is not replaced. Register the link "
            "as what it is, such as gs1:pip, or as gs1:defaultLinkMulti for a language.",
            "默认链接为首先显示召回情况的页面，不可替换。请按用途登记，例如 gs1:pip，"
            "或按语言登记为 gs1:defaultLinkMulti。",
            "link:default",
        )
    known = plain.removeprefix("gs1:") in NAMES if plain.startswith("gs1:") else _OTHER.fullmatch(plain)
    if not known:
        raise Malformed.field(
            "link_type",
            text,
            "A link type is one of the GS1 Web Vocabulary, such as gs1:instructions, gs1:allergenInfo, "
            "gs1:epil or gs1:certificationInfo, or an absolute URI of letters, digits, dots and slashes.",
            "链接类型应为 GS1 网络词汇表中的类型，例如 gs1:instructions、gs1:allergenInfo、gs1:epil、"
            "gs1:certificationInfo，或由字母、数字、点和斜线组成的绝对 URI。",
            "link:type",
        )
    return plain


def type_uri(link_type: str) -> str:
    """The link type as the key of a linkset."""
    return VOCABULARY + link_type[4:] if link_type.startswith("gs1:") else link_type
