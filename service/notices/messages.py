"""A notice as text, in one language or both: what goes into an e-mail, a chat, and the in-box. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, Final

from service.identifiers.plain_text import without_strangers
from service.notices.content import STATES
from service.notices.notice_words import ALARMS, CASES, CLASSES, NOTICES, STEPS, WORDS, place_of
from service.notices.notice_words import STATES as STATE_WORDS

#: Times are told by the clock of China, and say so.
CLOCK: Final = timezone(timedelta(hours=8))
#: Batches, places of a batch and silent recipients that a text lists; the page behind the link has them all.
BATCHES_MOST: Final = 200
SITES_MOST: Final = 10
SUBJECT_MOST: Final = 150  # characters

Content = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent."""

    subject: str
    text: str


def moment(text: str | datetime) -> str:
    """A time by the clock of China: `2026-11-23 18:00 (UTC+8)`."""
    at = datetime.fromisoformat(text) if isinstance(text, str) else text
    return f"{at.astimezone(CLOCK):%Y-%m-%d %H:%M} (UTC+8)"


def told(content: Content, name: str, place: int) -> str:
    """`name_zh` or `name_en` of something, whichever is there, that of the language first."""
    pair = (content.get(f"{name}_zh"), content.get(f"{name}_en"))
    return str(pair[place] or pair[1 - place] or "")


def render(
    kind: str, content: Content, language: str, *, names: tuple[str, str], link: str | None
) -> Message:
    """The message in `language` (zh, en, both). `names`: whom it is for; `link`: where they answer."""
    spoken = ("zh", "en") if language == "both" else (language,)
    parts = ["\n".join(_lines(kind, content, place_of(one), names, link)) for one in spoken]
    subjects = [subject_of(kind, content, place_of(one)) for one in spoken]
    text = ("\n\n" + "-" * 40 + "\n\n").join(parts) + "\n"
    return Message(without_strangers(" / ".join(subjects))[:SUBJECT_MOST], without_strangers(text))


def subject_of(kind: str, content: Content, place: int) -> str:
    """One line: what it is, of what, the case's number."""
    case = content["recall"]
    called, notice = CASES[case["kind"]][place], NOTICES[kind][place]
    title = " ".join(told(case, "title", place).split())
    return (
        f"【{called}{notice}】{title} {case['number']}"
        if place == 0
        else (f"[{called}, {notice}] {title} {case['number']}")
    )


def _lines(
    kind: str, content: Content, place: int, names: tuple[str, str], link: str | None
) -> Iterator[str]:
    case, colon = content["recall"], "：" if place == 0 else ": "

    def term(name: str, value: object) -> str:
        return f"{WORDS[name][place]}{colon}{value}"

    if names[place]:
        yield WORDS["to"][place] + names[place]
        yield ""
    yield told(case, "title", place)
    yield term("number", case["number"])
    yield term("class", CLASSES[case["hazard_class"]][place])
    yield term("why", told(case, "reason", place))
    if told(case, "responsible", place):
        yield term("by", told(case, "responsible", place))
    if case.get("mandate") == "ordered":
        yield term("ordered", case.get("ordered_by") or "")
    yield ""
    yield from _middle(kind, content, place)
    if content.get("answer_by"):
        yield term("answer_by", moment(content["answer_by"]))
    if link is not None:
        yield term("answer", "")
        yield link
        yield WORDS["link_secret"][place]
    contact = case.get("contact") or {}
    reach = " ".join(str(contact[name]) for name in ("name", "phone", "email") if contact.get(name))
    if reach:
        yield term("contact", reach)
    yield ""
    yield WORDS["no_law"][place]


def _middle(kind: str, content: Content, place: int) -> Iterator[str]:
    """What this kind of notice says besides the case."""
    colon = "：" if place == 0 else ": "
    if kind == "closing":
        ended = content["ended"]
        yield WORDS["cancelled" if ended["status"] == "cancelled" else "closed"][place]
        if ended.get("note"):
            yield f"{WORDS['note'][place]}{colon}{ended['note']}"
        yield ""
        return
    if content.get("deadline"):
        yield from _deadline(content["deadline"], place)
    if content.get("silent"):
        yield from _silent(content["silent"], place)
    if content.get("alarms"):
        yield from _alarms(content["alarms"], place)
    if kind == "escalation":
        return
    if kind == "reminder" and content.get("step"):
        yield WORDS["overdue" if content["step"] == "after" else "before"][place]
        yield ""
    if content["lines"]:
        yield WORDS["do"][place] + colon
        for number, step in enumerate(STEPS[content["recall"]["kind"]], 1):
            yield f"{number}. {step[place]}"
        for name in ("advice", "remedy"):
            if told(content["recall"], name, place):
                yield f"{WORDS[name][place]}{colon}{told(content['recall'], name, place)}"
        yield ""
        if content.get("supplier"):
            yield f"{WORDS['supplier'][place]}{colon}{told(content['supplier'], 'name', place)}"
        yield WORDS["goods"][place] + colon
        yield from goods_lines(content["lines"], place)
        yield from units_lines(content, place)
        yield ""


def goods_lines(lines: Sequence[Content], place: int) -> Iterator[str]:
    """The reader's goods, batch by batch."""
    for line in lines[:BATCHES_MOST]:
        lot = line["lot"]
        named = [told(line, "product", place) or line["gtin"] or line["batch_uri"]]
        named.append(f"{WORDS['lot'][place]} {lot}" if lot else WORDS["no_lot"][place])
        if line.get("units_only"):
            named.append(WORDS["units_only"][place])
        yield "- " + ", ".join(named) + ": " + quantities_text(line["quantities"], place)
        sites = line["sites"]
        for site in sites[:SITES_MOST] if len(sites) > 1 else ():
            name = told(site, "name", place) or site["uri"]
            yield f"    {WORDS['at'][place]} {name}: {quantities_text(site['quantities'], place)}"
        if len(sites) > SITES_MOST:
            yield "    " + WORDS["more"][place].format(count=len(sites) - SITES_MOST)
    if len(lines) > BATCHES_MOST:
        yield WORDS["more"][place].format(count=len(lines) - BATCHES_MOST)


def units_lines(content: Content, place: int) -> Iterator[str]:
    """Which units are meant, where not every pack of a batch is."""
    ranges = content["recall"].get("units") or ()
    if ranges and any(line.get("units_only") for line in content["lines"]):
        yield WORDS["units"][place] + ("：" if place == 0 else ":")
        for first, last in ranges:
            yield f"- {first}" if first == last else f"- {first} – {last}"


def quantities_text(quantities: Sequence[Content], place: int) -> str:
    """`received 10 KGM, on hand 4 KGM`."""
    parts = [
        f"{STATE_WORDS[name][place]} {one[name]} {one['uom']}"
        for one in quantities
        for name in STATES
        if name in one
    ]
    return ("，" if place == 0 else ", ").join(parts) or WORDS["no_quantity"][place]


def _deadline(deadline: Content, place: int) -> Iterator[str]:
    colon = "：" if place == 0 else ": "
    yield WORDS["deadline_after" if deadline["step"] == "after" else "deadline_before"][place]
    yield f"{WORDS['deadline'][place]}{colon}{told(deadline, 'title', place)}"
    yield f"{WORDS['due'][place]}{colon}{moment(deadline['due_at'])}"
    yield f"{WORDS['clause'][place]}{colon}{deadline['clause']}"
    yield ""


def _alarms(alarms: Sequence[Content], place: int) -> Iterator[str]:
    yield WORDS["alarms"][place] + ("：" if place == 0 else ":")
    for one in alarms[:BATCHES_MOST]:
        goods = told(one, "product", place) or one["batch_uri"]
        lot = f" {WORDS['lot'][place]} {one['lot']}" if one["lot"] else ""
        amounts = ", ".join(f"{amount} {uom}" for uom, amount in one["amounts"].items())
        ends = [
            told(one, f"{end}_name", place) or one[f"{end}_uri"] or "?" for end in ("from_site", "to_site")
        ]
        moved = ALARMS[one["kind"]][place]
        yield f"- {moment(one['at'])} {moved}: {goods}{lot} {amounts}, {ends[0]} → {ends[1]}"
    if len(alarms) > BATCHES_MOST:
        yield WORDS["more"][place].format(count=len(alarms) - BATCHES_MOST)
    yield ""


def _silent(silent: Sequence[Content], place: int) -> Iterator[str]:
    yield WORDS["silent"][place] + ("：" if place == 0 else ":")
    for one in silent[:BATCHES_MOST]:
        due = f", {WORDS['due'][place]} {moment(one['answer_by'])}" if one.get("answer_by") else ""
        phone = f", {one['phone']}" if one.get("phone") else ""
        yield f"- {told(one, 'name', place) or one.get('uri') or '?'}{phone}{due}"
    if len(silent) > BATCHES_MOST:
        yield WORDS["more"][place].format(count=len(silent) - BATCHES_MOST)
    yield ""
