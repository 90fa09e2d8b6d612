"""Cells as people type them: many spellings of one day, one amount, one code; what is lost is told."""

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import Fault, Malformed
from service.identifiers.gs1 import check_digit
from service.registry import schemas
from service.sheets import registry_columns
from service.sheets.amounts import UNITS, amount_of
from service.sheets.cells import Amount, Named, parse
from service.sheets.columns import Choice, Column, Kind
from service.sheets.days import day_of, moment_of
from service.sheets.forms import FORMS
from service.sheets.raw_cells import Raw, Unreadable, column_of, letters
from tests.rules.sheets_to_read import TODAY, ZONE


def read(raw: Raw, kind: Kind, **more: Any) -> Any:
    return parse(raw, Column("it", "列", "It", kind), zone=ZONE, today=TODAY, **more)


def rule(raw: Raw, kind: Kind, **more: Any) -> str:
    with pytest.raises(Malformed) as caught:
        read(raw, kind, **more)
    fault = caught.value.faults[0]
    assert fault.field == "it"
    assert "It" in fault.message
    assert "列" in fault.message_zh
    assert str(fault.value) in fault.message_zh
    assert re.search("[\u4e00-\u9fff]", fault.message_zh)
    return fault.rule


def refused(raw: Raw, column: Column) -> Fault | None:
    try:
        parse(raw, column, zone=ZONE, today=TODAY)
    except Malformed as error:
        return error.faults[0]
    return None


DAYS = st.dates(date(2001, 1, 1), date(2099, 12, 31))
DAY_FORMS = (
    *("{0:%Y-%m-%d}", "{0:%Y/%m/%d}", "{0:%Y.%m.%d}", "{0:%Y%m%d}", "{0:%Y}年{0.month}月{0.day}日"),
    *("{0.year}.{0.month}.{0.day}", "{0.year}-{0.month}-{0.day}", "{0.year} 年 {0.month} 月 {0.day} 号"),
    *("{0:%d} {0:%b} {0:%Y}", "{0:%B} {0.day}, {0:%Y}", " {0:%Y-%m-%d}\u00a0"),
)


@given(DAYS, st.sampled_from(DAY_FORMS), st.booleans())
@settings(max_examples=60)
def test_a_day_is_the_same_however_it_is_written(day: date, form: str, full_width: bool) -> None:
    text = form.format(day)
    if full_width:
        text = text.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789-/.:"})
    assert day_of(text, TODAY) == day


TIME_FORMS = ("{0:%H:%M}", "{0:%H}：{0:%M}", "{0.hour}点{0.minute}分", "{0.hour}时{0:%M}分", "{0:%I:%M %p}")


@given(DAYS, st.times(), st.sampled_from(DAY_FORMS[:5]), st.sampled_from(TIME_FORMS), st.sampled_from(" T"))
@settings(max_examples=60)
def test_so_is_a_moment(day: date, at: time, day_form: str, time_form: str, between: str) -> None:
    moment = datetime.combine(day, at.replace(second=0, microsecond=0), ZONE)
    text = f"{day_form.format(moment)}{between}{time_form.format(moment)}"
    assert moment_of(text, TODAY, ZONE) == (moment, False)


@given(st.datetimes(datetime.fromisoformat("2001-01-01"), datetime.fromisoformat("2099-12-31")))
@settings(max_examples=50)
def test_a_moment_with_its_offset_keeps_it(naive: datetime) -> None:
    moment = naive.replace(microsecond=0, tzinfo=ZONE)
    assert moment_of(moment.isoformat(), TODAY, ZONE)[0] == moment


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("3/5", "2026-03-05"),
        ("3月5日", "2026-03-05"),
        ("三月五日", "2026-03-05"),
        ("二〇二六年十二月三十一日", "2026-12-31"),
        ("12月31日", "2025-12-31"),
        ("46086", "2026-03-05"),
        ("26年3月5日", "2026-03-05"),
        ("25/12/2025", "2025-12-25"),
        ("2026年3月5日（星期四）", "2026-03-05"),
    ],
)
def test_days_that_are_told_in_short_are_understood(text: str, day: str) -> None:
    assert day_of(text, TODAY) == date.fromisoformat(day)


@pytest.mark.parametrize(
    "text", ["03/05/2026", "26.3.5", "2026-02-30", "2026.3", "昨天", "2月30日", "0000-00-00"]
)
def test_days_that_nobody_can_be_sure_of_are_refused(text: str) -> None:
    assert rule(text, Kind.DATE) == "date:day"


def test_a_month_alone_is_its_last_day_only_where_something_may_be_used_until_then() -> None:
    expires = FORMS["batches"].column("expires_on")
    assert parse("2028.02", expires, zone=ZONE, today=TODAY) == date(2028, 2, 29)
    assert rule("2028.02", Kind.DATE) == "date:day"


def test_what_has_not_happened_yet_is_refused() -> None:
    assert read("2026-05-07", Kind.MOMENT).date() == TODAY + timedelta(days=1)
    assert rule("2062年4月3日", Kind.MOMENT) == "sheets:moment"


AMOUNT_FORMS = ("{0:f}{1}", "{0:f} {1}", "{0:,f} {1}", "{0:f}（{1}）")
NUMBERS = st.decimals(min_value="0.001", max_value="9999999", places=3)


@given(
    NUMBERS,
    st.sampled_from(sorted(UNITS)),
    st.sampled_from(("{0:f}{1}", "{0:f} {1}", "{0:,f} {1}", "{0:f}（{1}）")),
)
@settings(max_examples=60)
def test_an_amount_is_the_same_however_it_is_written(number: Decimal, unit: str, form: str) -> None:
    code, factor = UNITS[unit]
    assert amount_of(form.format(number, unit)) == Amount(number * factor, code)
    assert amount_of(f"{number:f}", beside=unit) == Amount(number * factor, code)
    assert amount_of(f"{number:f}", unit) == Amount(number * factor, code)


def chinese(number: int) -> str:
    """A number in Chinese numerals, as it is said."""
    if number >= 10_000:
        high, low = divmod(number, 10_000)
        return f"{chinese(high)}万{'零' if 0 < low < 1_000 else ''}{chinese(low) if low else ''}"
    said, skipped = "", False
    for ten, word in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, ten)
        if digit:
            said += ("零" if skipped and said else "") + "零一二三四五六七八九"[digit] + word
            skipped = False
        else:
            skipped = True
    return said


@given(st.integers(1, 9_999_999))
@settings(max_examples=60)
def test_chinese_numerals_are_numbers(number: int) -> None:
    assert amount_of(f"{chinese(number)}斤") == Amount(Decimal(number) / 2, "KGM")


@pytest.mark.parametrize(
    ("text", "number", "unit"),
    [
        ("１２３", "123", None),
        ("1.2万", "12000", None),
        ("5000斤", "2500", "KGM"),
        ("两斤半", "1.25", "KGM"),
        ("半箱", "0.5", "XCS"),
        ("三两", "0.15", "KGM"),
        ("十二", "12", None),
        ("2.5千克", "2.5", "KGM"),
        ("50KGM", "50", "KGM"),
        ("3瓶", "3", "XBO"),
        ("7 pcs", "7", "EA"),
    ],
)
def test_amounts_as_people_write_them(text: str, number: str, unit: str | None) -> None:
    assert amount_of(text) == Amount(Decimal(number), unit)


@pytest.mark.parametrize(
    "text",
    ["12,5", "-5", "0", "约50", "两三筐", "10箱*12瓶", "2箱5公斤", "三百五", "5 foo", "(5)", "5%", "6.9E+12"],
)
def test_amounts_that_are_not_one_are_refused(text: str) -> None:
    assert rule(text, Kind.QUANTITY).startswith("amount:")


def test_two_units_of_one_amount_must_agree() -> None:
    assert read("50公斤", Kind.QUANTITY, beside="kg") == Amount(Decimal(50), "KGM")
    assert rule("50公斤", Kind.QUANTITY, beside="斤") == "amount:two-units"


def test_a_quantity_that_became_a_date_is_told() -> None:
    assert rule(datetime.fromisoformat("2026-03-05"), Kind.QUANTITY) == "sheets:quantity"


BODIES = st.integers(1, 10**13 - 1).map(lambda body: f"{body:013d}")


@given(BODIES, st.booleans())
@settings(max_examples=50)
def test_a_gtin_without_its_noughts_is_put_right_where_its_check_digit_proves_it(
    body: str, typed: bool
) -> None:
    gtin = f"{body}{check_digit(body)}"
    left = gtin.lstrip("0")
    if len(left) >= 9:
        assert read(left if typed else int(left), Kind.GTIN) == gtin
        assert read(int(left), Kind.PRODUCT) == Named(gtin, "gtin")
        assert rule(int(left) + 1 if left[-1] != "9" else int(left) - 1, Kind.GTIN).startswith("gs1:")


@pytest.mark.parametrize(
    "kind", [Kind.GTIN, Kind.PRODUCT, Kind.LOT, Kind.SERIAL, Kind.CODE, Kind.DRUG_CODE, Kind.SITE]
)
@pytest.mark.parametrize("raw", ["6.90123E+12", 81234567890123456000, 8.1234567890123e19])
def test_digits_that_a_spreadsheet_lost_are_told(raw: Raw, kind: Kind) -> None:
    assert rule(raw, kind) == "sheets:digits-lost"


def test_lots_that_became_dates_or_fractions_are_told() -> None:
    assert rule(datetime.fromisoformat("2026-03-05"), Kind.LOT) == "sheets:made-a-date"
    assert rule(2026.1, Kind.LOT) == "sheets:number"
    assert read(20260305, Kind.LOT) == "20260305"
    assert read("Ｌ１２３", Kind.LOT) == "L123"


def test_several_codes_in_a_cell_are_told() -> None:
    assert rule("81000010891934787386\n81000019843458203743", Kind.DRUG_CODE) == "sheets:several-codes"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("6901234567892", Named("06901234567892", "gtin")),
        ("690 1234 567892", Named("06901234567892", "gtin")),
        ("https://id.gs1.org/01/06901234567892/10/L1", Named("06901234567892", "gtin")),
        ("大白菜（有机）", Named("大白菜（有机）", "name")),
        ("1001", Named("1001", "name")),
    ],
)
def test_products_are_named_in_any_way(text: str, named: Named) -> None:
    assert read(text, Kind.PRODUCT) == named


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("6901234000009", Named("6901234000009", "gln")),
        ("(414)6901234000009", Named("6901234000009", "gln")),
        ("91330106ma2b0c1d2u", Named("91330106MA2B0C1D2U", "uscc")),
        ("惠民超市 ", Named("惠民超市", "name")),
    ],
)
def test_parties_and_places_are_named_in_any_way(text: str, named: Named) -> None:
    assert read(text, Kind.PLACE) == named


def test_a_code_is_whatever_it_is() -> None:
    assert read("069012340000000016", Kind.CODE) == Named("069012340000000016", "sscc")
    assert read("69012340000000016", Kind.CODE) == Named("069012340000000016", "sscc")
    assert read("81000010891934787386", Kind.CODE) == Named("81000010891934787386", "drug_code")
    batch = Named("https://id.gs1.org/01/06901234567892/10/L1", "uri")
    assert read("(01)06901234567892(10)L1", Kind.CODE) == batch


@pytest.mark.parametrize(
    ("text", "region"),
    [("330106", "330106"), ("浙江省杭州市", "330100"), ("杭州", "330100"), ("us-tx", "US-TX")],
)
def test_regions_are_told_by_code_or_name(text: str, region: str) -> None:
    assert read(text, Kind.REGION) == region


@pytest.mark.parametrize(
    ("text", "days"), [("7天", 7), ("180", 180), ("12个月", 365), ("2年", 730), ("18 months", 547)]
)
def test_how_long_something_keeps_is_days(text: str, days: int) -> None:
    assert read(text, Kind.DAYS) == days


@pytest.mark.parametrize("raw", [None, "", " ", "-", "——", "无", "N/A", "/", "\u3000", "\u200b", "（无）"])
def test_what_says_nothing_is_empty(raw: Raw) -> None:
    assert {read(raw, kind) for kind in Kind} == {None}


def test_characters_that_nobody_sees_are_left_out_or_told() -> None:
    assert read("\u200eL1\u200b", Kind.LOT) == "L1"
    assert rule("白\u202e菜", Kind.TEXT) == "sheets:text"


def test_formulas_without_a_value_and_errors_are_told() -> None:
    assert rule(Unreadable("=A1*2", "formula"), Kind.LOT) == "sheets:formula"
    assert rule(Unreadable("#N/A", "error"), Kind.QUANTITY) == "sheets:error-value"


COLUMNS = [column for form in FORMS.values() for column in form.columns]
RAW = st.one_of(
    *(st.text(max_size=30), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.booleans()),
    *(
        st.datetimes(),
        st.times(),
        st.from_regex(r"[0-9一二三十百千万亿半两./:年月日%,E+ -]{1,12}", fullmatch=True),
    ),
    st.builds(Unreadable, st.text(max_size=10), st.sampled_from(("formula", "error"))),
)


@given(RAW, st.sampled_from(COLUMNS))
@settings(max_examples=200)
def test_a_cell_is_understood_or_refused_in_both_languages(raw: Raw, column: Column) -> None:
    fault = refused(raw, column)
    assert fault is None or (column.en in fault.message and column.zh in fault.message_zh)


@pytest.mark.parametrize(
    ("choices", "values"),
    [
        (registry_columns.ROLES, get_args(schemas.Role)),
        (registry_columns.CATEGORIES, get_args(schemas.Category)),
        (registry_columns.DISCLOSURES, get_args(schemas.Disclosure)),
    ],
)
def test_what_can_be_chosen_is_what_the_registry_takes(
    choices: tuple[Choice, ...], values: tuple[str, ...]
) -> None:
    assert tuple(choice.value for choice in choices) == values


@pytest.mark.parametrize(
    "column", [column for column in COLUMNS if column.choices], ids=lambda column: column.key
)
def test_every_word_for_a_choice_means_that_choice(column: Column) -> None:
    for choice in column.choices:
        for word in (choice.value, choice.zh, choice.en, choice.en.upper(), *choice.aliases):
            value = parse(word, column, zone=ZONE, today=TODAY)
            assert value in (choice.value, (choice.value,)), word


@given(st.integers(0, 600))
def test_columns_have_letters(column: int) -> None:
    assert column_of(letters(column)) == column
