"""Working days of countries, from the `holidays` library; profiles as this process has them."""

from datetime import date
from functools import cache
from importlib.resources import files

import holidays

from service.errors import Malformed
from service.recall.deadlines import PlainWeek, WorkingDays
from service.recall.profiles import Profile, Profiles, read_profiles
from service.settings import settings


class CountryDays:
    """The calendar of one country (ISO 3166-1, two letters).

    Where days off are moved about by a yearly notice, as in China, a year counts as published when the
    library knows that notice; elsewhere the law fixes the days of every year.
    """

    def __init__(self, country: str) -> None:
        self._days = holidays.country_holidays(country)
        noticed = getattr(self._days, "special_public_holidays", {})
        self._noticed = frozenset(noticed) if country in NOTICED else None

    def published(self, year: int) -> bool:
        """Whether the calendar of this year is known for sure."""
        return self._noticed is None or year in self._noticed

    def is_working_day(self, day: date) -> bool:
        """Whether people work on this day: make-up days at week-ends are working days."""
        return self._days.is_working_day(day)


#: Countries whose government moves days off and working days by a notice for each year.
NOTICED = frozenset({"CN"})


@cache
def calendar_of(country: str) -> WorkingDays:
    """The working days of a country; Monday to Friday for none ("")."""
    return CountryDays(country) if country else PlainWeek()


@cache
def profiles() -> Profiles:
    """The profiles of this process: those that come with the service, and the operator's over them.

    Raises `Malformed` for a file that cannot be read or used.
    """
    text = files("service.recall").joinpath("profiles.toml").read_text(encoding="utf-8")
    known = read_profiles(text, "profiles.toml")
    own = settings().recall_profiles
    if own is not None:
        try:
            known |= read_profiles(own.read_text(encoding="utf-8"), str(own))
        except (OSError, UnicodeDecodeError) as error:
            raise Malformed.field(
                "recall_profiles",
                str(own),
                f"The recall profiles in {own} cannot be read: {error}.",
                f"召回期限配置 {own} 无法读取：{error}。",
            ) from None
    for name, profile in known.items():
        _check_calendar(name, profile)
    return known


def _check_calendar(name: str, profile: Profile) -> None:
    if profile.calendar and profile.calendar not in holidays.list_supported_countries():
        raise Malformed.field(
            "recall_profiles",
            profile.calendar,
            f"{name}.calendar: no working days are known of the country {profile.calendar}; leave it empty "
            "for Monday to Friday.",
            f"{name}.calendar：没有国家 {profile.calendar} 的工作日历；留空则按周一至周五计算。",
        )
