"""What is said for each verdict: a heading of few words, and the sentences under it. Pure."""

from typing import Final

from service.scan.days import day_text
from service.scan.preferences import Language
from service.scan.unit_state import UnitSigns
from service.scan.verdict import Verdict
from service.scan.words import words_in
from service.units.status import Status

#: States with words of their own.
_STATES: Final = {
    Status.STOLEN: "state_stolen",
    Status.DESTROYED: "state_destroyed",
    Status.SAMPLED: "state_sampled",
    Status.CONSUMED: "state_consumed",
    Status.RETIRED: "state_retired",
}


def headline(verdict: Verdict, language: Language, unit: UnitSigns | None) -> tuple[str, str]:
    """(heading, sentences). `unit`: what is on record of the one code, where it names one."""
    words = words_in(language)
    heading, lead = words[verdict], words[f"{verdict}_lead"]
    if verdict is Verdict.WITHDRAWN and (unit is None or unit.status not in _STATES):
        return words["withdrawn_lot"], words["withdrawn_lot_lead"]
    if unit is None:
        return heading, lead
    if verdict is Verdict.UNKNOWN and not unit.listed:
        key = "other_lot" if unit.strange else "unlisted"
        return words[key], words[f"{key}_lead"]
    if verdict in (Verdict.WITHDRAWN, Verdict.EXPORTED) and unit.since and unit.status:
        state = words[_STATES.get(unit.status, "state_exported")]
        return heading, lead.format(day=day_text(unit.since, language), state=state)
    sold = [sale.at for sale in unit.sales]
    if verdict is Verdict.SOLD_AGAIN and sold:
        days = [day_text(at, language) for at in (sold[0], sold[-1])]
        return heading.format(count=len(sold)), lead.format(count=len(sold), first=days[0], last=days[1])
    if verdict is Verdict.SOLD:
        since = sold[0] if sold else unit.since
        assert since is not None
        return heading, lead.format(day=day_text(since, language))
    return heading, lead
