"""Levels, link types, and the choice among links: rules of the resolver without a service."""

from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import Malformed
from service.identifiers import digital_link
from service.identifiers.kinds import escape
from service.scan.levels import read_scanned
from service.scan.link_choice import Link, choose, language_score, speaks, wishes_of
from service.scan.link_pages import wanted_form
from service.scan.link_types import NAMES, parse_type, plain_type, type_uri
from service.scan.resolver import read_query, with_query
from tests.rules.identifier_texts import text

HOST = "https://trace.example.cn"
GTIN = "06901234567892"

LANGUAGES = st.sampled_from(["zh", "zh-CN", "en", "en-GB", "fr"])
LINKS = st.builds(
    Link,
    st.just("gs1:epil"),
    st.sampled_from(["https://a.example", "https://b.example", "https://c.example"]),
    st.just("x"),
    st.none() | st.sampled_from(["text/html", "application/pdf"]),
    st.lists(LANGUAGES, max_size=2).map(tuple),
    st.lists(st.sampled_from(["CN", "US"]), max_size=2).map(tuple),
)
HEADERS = st.none() | st.text(max_size=60) | st.sampled_from(["zh-CN,en;q=0.5", "*;q=0", "en;q=0,*", "fr"])


def link(*languages: str) -> Link:
    return Link("gs1:epil", "https://a.example", "x", None, languages)


@pytest.mark.parametrize(
    ("header", "languages", "chosen"),
    [
        ("zh-CN", ["en", "zh"], "zh"),
        ("zh-CN", ["zh", "zh-CN"], "zh-CN"),
        ("zh-CN", ["zh-TW", "en"], "zh-TW"),
        ("zh", ["en", "zh-CN"], "zh-CN"),
        ("en-GB, zh;q=0.9", ["zh", "en"], "en"),
        ("fr;q=0.1, zh;q=0.2", ["fr", "zh"], "zh"),
        ("zh;q=0, *", ["zh-CN", "fr"], "fr"),
        ("zh-CN;q=0, zh", ["zh-CN", "zh"], "zh"),
        ("en;q=0, en-GB", ["en", "en-GB"], "en-GB"),
        ("de, *;q=0.1", ["en", "de"], "de"),
        ("de", ["en", "fr"], "en"),
        ("e", ["fr", "en"], "fr"),
    ],
)
def test_languages_are_looked_up_by_shortening_the_range(
    header: str, languages: list[str], chosen: str
) -> None:
    if (header, chosen) == ("zh-CN", "zh-TW"):
        # A range is shortened, never a tag: neither fits, and the first is taken.
        assert not speaks(link("zh-TW"), wishes_of(header, None))
    links = [link(language) for language in languages]
    assert choose(links, wishes_of(header, None))[0].hreflang == (chosen,)


def test_a_link_that_names_no_language_ranks_between_the_right_and_the_wrong_one() -> None:
    wishes = wishes_of("en", None)
    right, silent, wrong = (language_score(one, wishes.languages) for one in (link("en"), link(), link("fr")))
    assert right > silent > wrong


@given(st.lists(LINKS, min_size=1, max_size=6), HEADERS, HEADERS, st.lists(st.text(max_size=5), max_size=2))
def test_a_choice_is_of_links_that_nothing_tells_apart(
    links: list[Link], language: str | None, accept: str | None, contexts: list[str]
) -> None:
    wishes = wishes_of(language, accept, contexts)
    chosen = choose(links, wishes)
    assert chosen
    assert set(chosen) <= set(links)
    assert len({one.attributes for one in chosen}) == 1
    assert choose(chosen, wishes) == chosen
    assert choose([*links, *reversed(links)], wishes)[0] == chosen[0]


@given(st.text(max_size=80))
def test_no_header_and_no_query_breaks_the_reading(header: str) -> None:
    assert (
        wanted_form(header) in (None, "html", "application/json", "application/ld+json")
        or "linkset" in header
    )
    asked = read_query(header)
    assert asked.link_type is None or asked.link_type
    choose([link("en"), link()], wishes_of(header, header, asked.contexts))


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, None),
        ("*/*", None),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "html"),
        ("application/json", "application/json"),
        ("application/json, text/html", "html"),
        ("application/json;q=0.9, application/linkset+json;q=0.5", "application/json"),
        ("application/ld+json", "application/ld+json"),
        ("application/linkset+json;q=0", None),
        ("image/png", None),
    ],
)
def test_data_is_for_those_who_prefer_it_to_a_page(accept: str | None, form: str | None) -> None:
    assert wanted_form(accept) == form


@given(lot=st.none() | text(20), variant=st.none() | text(20), serial=st.none() | text(20))
def test_levels_are_what_the_standard_lets_carry_links(
    lot: str | None, variant: str | None, serial: str | None
) -> None:
    given_ones = [
        (ai, value) for ai, value in (("22", variant), ("10", lot), ("21", serial)) if value is not None
    ]
    path = f"/01/{GTIN}" + "".join(f"/{ai}/{escape(value)}" for ai, value in given_ones)
    scanned = read_scanned(path, "", HOST)
    assert scanned.path == path
    read = [digital_link.parse(level.uri) for level in scanned.levels]
    named = [tuple(one.ai for one in level.qualifiers) for level in read]
    assert named[-1] == ()
    assert len(set(named)) == len(named)
    assert all("21" not in ais or ais == ("21",) for ais in named)
    assert all(set(one.qualifiers) <= set(digital_link.parse(HOST + path).qualifiers) for one in read)
    assert len(named) == (2 if lot is not None else 1) * (2 if variant is not None else 1) + (
        serial is not None
    )
    rank = [("21" in ais, len(ais), "10" in ais) for ais in named]
    assert all(one > other for one, other in pairwise(rank))


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_path_breaks_the_reading(path: str, query: str) -> None:
    for start in ("/01/", f"/01/{GTIN}/", "/product/", "/00/", "/414/", "/"):
        with suppress(Malformed):
            assert read_scanned(start + path, query, HOST).levels


@given(st.text("abc/?#&=", max_size=20), st.text("abc&=;%2F", max_size=20))
def test_the_query_goes_before_the_fragment_and_nothing_is_lost(rest: str, query: str) -> None:
    target = with_query(f"https://maker.example/{rest}", query)
    before, mark, fragment = f"https://maker.example/{rest}".partition("#")
    assert target.startswith(before)
    assert target.endswith(query + mark + fragment)
    assert len(target) == len(f"https://maker.example/{rest}") + (len(query) + 1 if query else 0)


def test_link_types_are_told_from_their_spellings() -> None:
    for name in NAMES:
        for start in ("gs1:", "https://gs1.org/voc/", "http://www.gs1.org/voc/", "https://ref.gs1.org/voc/"):
            assert plain_type(start + name) == f"gs1:{name}"
        assert parse_type(f"gs1:{name}") == f"gs1:{name}"
        assert type_uri(f"gs1:{name}") == f"https://ref.gs1.org/voc/{name}"
    assert type_uri("https://example.com/a") == parse_type("https://example.com/a") == "https://example.com/a"
