"""Answers of the EPCIS interfaces in XML: documents with events, capture jobs, collections.

Roots and elements are those of the EPCIS 2.0 schemas (`EPCISQueryDocument`, `EPCISDocument`,
`EPCISCaptureJob`); a list of capture jobs and a collection have no schema of their own and are plain lists in
the EPCIS namespace.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from service.events.namespaces import STANDARD, Namespaces
from service.events.xml_event_writing import EventWriter
from service.events.xml_names import EPCIS, EPCIS_QUERY, MDA_JSON, MDA_XML, NCNAME, OF_THE_FORM
from service.events.xml_writing import CbvFormat, attribute, plain, text

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
#: Prefixes declared on one root; others are declared on the events that need them.
MAX_ON_ROOT = 200

#: An event that keeps the rules, and the `@context` of its document.
WithContext = tuple[dict[str, Any], Any]


def dump_xml_query_document(
    events: Sequence[WithContext],
    *,
    query_name: str,
    created: str,
    subscription_id: str | None = None,
    cbv: CbvFormat = "No_Preference",
) -> bytes:
    """An EPCISQueryDocument with these events. `created`: RFC 3339 date-time."""
    subscription = "" if subscription_id is None else _element("subscriptionID", subscription_id)
    return _document(
        "epcisq:EPCISQueryDocument",
        {"epcisq": EPCIS_QUERY},
        f"<epcisq:QueryResults>{_element('queryName', query_name)}{subscription}<resultsBody>",
        "</resultsBody></epcisq:QueryResults>",
        events,
        created,
        cbv,
    )


def dump_xml_document(
    events: Sequence[WithContext], *, created: str, cbv: CbvFormat = "No_Preference"
) -> bytes:
    """An EPCISDocument with these events. `created`: RFC 3339 date-time."""
    return _document("epcis:EPCISDocument", {"epcis": EPCIS}, "", "", events, created, cbv)


def dump_xml_capture_job(job: Mapping[str, Any]) -> bytes:
    """A capture job in the words of EPCIS 2.0 (`captureID`, `createdAt`, `running`, `errors`, …) as XML."""
    return (HEAD + _job(job, f' xmlns:epcis="{EPCIS}"')).encode()


def dump_xml_capture_jobs(jobs: Iterable[Mapping[str, Any]]) -> bytes:
    """A list of capture jobs."""
    inner = "".join(_job(job, "") for job in jobs)
    tag = "epcis:EPCISCaptureJobList"
    return f'{HEAD}<{tag} xmlns:epcis="{EPCIS}">{inner}</{tag}>'.encode()


def dump_xml_collection(members: Iterable[str]) -> bytes:
    """A collection of names or URIs."""
    inner = "".join(_element("member", member) for member in members)
    return f'{HEAD}<epcis:Collection xmlns:epcis="{EPCIS}">{inner}</epcis:Collection>'.encode()


def _document(
    root: str,
    own: dict[str, str],
    before: str,
    after: str,
    events: Sequence[WithContext],
    created: str,
    cbv: CbvFormat,
) -> bytes:
    contexts: dict[bytes, Namespaces] = {}
    of_events: list[Namespaces] = []
    for _, context in events:
        key = msgspec.json.encode(context)
        if key not in contexts:
            contexts[key] = STANDARD.under(context)
        of_events.append(contexts[key])
    declared = dict(own)
    for names in contexts.values():
        _declare(names, declared)
    writer = EventWriter(declared, cbv)
    on_root = "".join(f' xmlns:{prefix}="{attribute(uri)}"' for prefix, uri in declared.items())
    parts = [HEAD, f'<{root}{on_root} schemaVersion="2.0" creationDate="{attribute(created)}">']
    parts += ["<EPCISBody>", before, "<EventList>"]
    parts += [writer.event(event, names) for (event, _), names in zip(events, of_events, strict=True)]
    parts += ["</EventList>", after, "</EPCISBody>", f"</{root}>"]
    return "".join(parts).encode()


def _declare(names: Namespaces, declared: dict[str, str]) -> None:
    """Declares what a context defines on the root, where another context has not defined it otherwise."""
    for prefix, namespace in names.terms.items():
        if len(declared) >= MAX_ON_ROOT:
            return
        told = MDA_XML if namespace == MDA_JSON else namespace
        free = prefix not in declared and told not in declared.values() and told not in OF_THE_FORM
        if free and NCNAME.fullmatch(prefix) is not None and not prefix.lower().startswith("xml"):
            declared[prefix] = told


def _element(tag: str, value: Any) -> str:
    return f"<{tag}>{text(plain(value))}</{tag}>"


def _job(job: Mapping[str, Any], declared: str) -> str:
    told = "".join(f' {name}="{attribute(plain(job[name]))}"' for name in ("running", "success", "captureID"))
    inner = [
        _element(name, job[name])
        for name in ("captureErrorBehaviour", "createdAt", "finishedAt")
        if job.get(name) is not None
    ]
    if job.get("errors"):
        inner.append(f"<errors>{''.join(_problem(error) for error in job['errors'])}</errors>")
    return f"<epcis:EPCISCaptureJob{declared}{told}>{''.join(inner)}</epcis:EPCISCaptureJob>"


def _problem(error: Mapping[str, Any]) -> str:
    """A problem of a job: its members as elements, those that are lists as lists of elements."""
    return f"<error>{''.join(_members(error))}</error>"


def _members(held: Mapping[str, Any]) -> list[str]:
    told = []
    for name, value in held.items():
        if isinstance(value, list):
            inner = "".join(f"<error>{''.join(_members(each))}</error>" for each in value)
            told.append(f"<{name}>{inner}</{name}>")
        elif value is not None:
            told.append(_element(name, value))
    return told
