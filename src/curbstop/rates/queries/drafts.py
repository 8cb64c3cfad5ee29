"""Drafts of a version: who may see them, all that is wrong with one, what it changes, and its file for a pack."""

from collections.abc import Iterator
from datetime import date

from django.db.models import Q, QuerySet

from curbstop.foundation.access.models import User
from curbstop.ledger.queries import services
from curbstop.ordinances.queries import section_ids
from curbstop.rates.domain import schedule as compiled
from curbstop.rates.domain.compiling import compile_document
from curbstop.rates.domain.documents import Unreadable, leaves, read_document
from curbstop.rates.domain.schedule import Problem, ScheduleRefused
from curbstop.rates.domain.tariff.sheets import sheets_of
from curbstop.rates.models import RateAssignment, RateDraft
from curbstop.rates.permissions import SEE_RATES

Change = tuple[str, str, str]


def drafts_visible_to(user: User) -> QuerySet[RateDraft]:
    """Return the drafts a person may see, newest first."""
    drafts = RateDraft.objects.select_related(
        "schedule__service", "base", "version", "written_by", "proposed_by", "approved_by", "turned_down_by"
    ).order_by("-pk")
    return drafts if user.may(SEE_RATES) else drafts.none()


def waiting_drafts(user: User) -> QuerySet[RateDraft]:
    """Return the proposed drafts that this person may decide: none that they wrote or proposed."""
    waiting = drafts_visible_to(user).filter(proposed_at__isnull=False, turned_down_at=None, version=None)
    return waiting.exclude(Q(proposed_by=user) | Q(written_by=user))


def draft_problems(draft: RateDraft) -> tuple[Problem, ...]:
    """Return all that stands between a draft and its adoption, by line: nothing is adopted with any."""
    code = draft.schedule.code
    try:
        schedule = compile_document(draft.document, "tariff", code)
    except ScheduleRefused as refusal:
        return tuple(sorted(refusal.problems, key=lambda each: each.line))
    problems = [*_unknown(draft, schedule), *_without_rate(draft, schedule)]
    return tuple(sorted(problems, key=lambda each: each.line))


def _unknown(draft: RateDraft, schedule: compiled.Schedule) -> Iterator[Problem]:
    """Yield what is cited or charged for and does not exist in the city."""
    code = draft.schedule.code
    lines = {sheet.key: sheet.line for sheet in sheets_of(draft.document)}
    sections, known = set(section_ids()), {each.code for each in services()}
    headings = {charge.heading.key: charge.heading for one in schedule.classes.values() for charge in one.charges}
    for key, heading in headings.items():
        if heading.section not in sections:
            yield Problem(code, "", key, f"cites {heading.section}, which the code does not have", lines.get(key, 0))
        if heading.service not in known:
            yield Problem(code, "", key, f"charges for {heading.service}, no service of the city", lines.get(key, 0))


def _without_rate(draft: RateDraft, schedule: compiled.Schedule) -> Iterator[Problem]:
    """Yield the classes that somebody is billed in and the draft has no rate for."""
    assigned = RateAssignment.objects.filter(schedule_id=draft.schedule_id, ends_on=None)
    for name in assigned.order_by("customer_class").values_list("customer_class", flat=True).distinct():
        if schedule.class_named(name) is None:
            count = assigned.filter(customer_class=name).count()
            message = f"no rate for the class “{name}”, in which {count} agreements are billed"
            yield Problem(draft.schedule.code, name, "classes", message, 1)


def changed_values(old: str, new: str) -> tuple[Change, ...]:
    """Return each value that two documents do not share: its path, the old text and the new.

    A text that cannot be read has no values.
    """
    before, after = _values(old), _values(new)
    paths = dict.fromkeys((*after, *before))
    return tuple(
        (path, before.get(path, ""), after.get(path, "")) for path in paths if before.get(path) != after.get(path)
    )


def pack_file(*, document: str, service: str, starts_on: date | None) -> str:
    """Return a document as the file of a city pack, which says its service and its first day."""
    own = [f"service: {service}", *([f"effective: {starts_on}"] if starts_on else [])]
    lines = document.split("\n")
    head = next((number for number, line in enumerate(lines) if line.startswith("tariff:")), -1)
    # A document from a pack kept an empty line for each line of the pack's own, so that both count alike.
    rest = lines[head + 1 :]
    while rest and own and not rest[0] and len(rest) > 1 and not rest[1]:
        rest = rest[1:]
    return "\n".join([*lines[: head + 1], *own, *rest])


def _values(document: str) -> dict[str, str]:
    try:
        return dict(leaves(read_document(document)))
    except Unreadable:
        return {}
