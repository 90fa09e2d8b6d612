"""Which sections each profile's documents have, in their order.

CN_FOOD: plan of eight items, progress and final report after 食品召回管理办法 (2015, rev. 2020).
CN_DRUG: 药品召回管理办法 (2022). CN_CONSUMER: 消费品召回管理暂行规定 (2020).
US_FOOD: plan after 21 CFR 7.42 and 7.46, status report after 7.53 (b).
EU_FOOD: Regulation (EC) 178/2002, art. 19, which prescribes no form. Other profiles have the general form.
"""

from typing import Final

from service.reports import report_outcome as outcome
from service.reports import report_sections as part
from service.reports.paper import Words
from service.reports.report_sections import Section

#: Documents that are written here, and what they are called.
TITLES: Final[dict[str, Words]] = {
    "plan": Words("召回计划", "Recall plan"),
    "progress_report": Words("召回阶段性进展报告", "Recall progress report"),
    "final_report": Words("召回总结报告", "Final recall report"),
}
#: What a profile calls them otherwise.
OWN_TITLES: Final[dict[tuple[str, str], Words]] = {
    ("US_FOOD", "plan"): Words("召回策略（21 CFR 7.42）", "Recall strategy (21 CFR 7.42)"),
    ("US_FOOD", "progress_report"): Words(
        "召回状态报告（21 CFR 7.53）", "Recall status report (21 CFR 7.53)"
    ),
    ("CN_DRUG", "plan"): Words("药品召回计划", "Medicine recall plan"),
    ("CN_FOOD", "plan"): Words("食品召回计划", "Food recall plan"),
}

_PLAN: Final[tuple[Section, ...]] = (
    *(part.producer, part.goods, part.cause, part.level_and_times),
    *(part.notice_text, part.duties, part.disposal, part.expected),
)
_PROGRESS: Final[tuple[Section, ...]] = (
    *(part.producer, part.goods, outcome.told, outcome.quantities, outcome.by_holder),
    *(outcome.effectiveness, outcome.progress_words),
)
_FINAL: Final[tuple[Section, ...]] = (
    *(part.producer, part.goods, part.cause, part.level_and_times, outcome.told, outcome.quantities),
    *(outcome.by_holder, outcome.effectiveness, outcome.conclusion, outcome.course),
)
_US_STATUS: Final[tuple[Section, ...]] = (
    *(
        part.producer,
        part.goods,
        outcome.told,
        outcome.quantities,
        outcome.by_holder,
        outcome.effectiveness,
        outcome.outlook,
    ),
)
#: (profile, document) -> sections; ("", document): of every other profile.
FORMS: Final[dict[tuple[str, str], tuple[Section, ...]]] = {
    ("", "plan"): _PLAN,
    ("", "progress_report"): _PROGRESS,
    ("", "final_report"): _FINAL,
    ("CN_DRUG", "plan"): (*_PLAN[:3], part.health, *_PLAN[3:]),
    ("US_FOOD", "plan"): (*_PLAN[:3], part.health, *_PLAN[3:], outcome.effectiveness),
    ("US_FOOD", "progress_report"): _US_STATUS,
}


def form_of(profile: str, document: str) -> tuple[Section, ...]:
    """The sections of a document of a profile."""
    return FORMS.get((profile, document)) or FORMS["", document]


def title_of(profile: str, document: str) -> Words:
    """What a document of a profile is called."""
    return OWN_TITLES.get((profile, document)) or TITLES[document]
