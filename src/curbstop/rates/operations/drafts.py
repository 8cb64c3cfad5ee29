"""A draft from its first line to its adoption: written, proposed with its first day, put in force by another."""

from datetime import date, datetime

from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.database.transactions import refused_by, transaction
from curbstop.ordinances.queries import section_ids
from curbstop.rates.domain.documents import LARGEST_FILE, Text, read_document
from curbstop.rates.domain.tariff.sheets import sheets_of
from curbstop.rates.models import RateDraft, ScheduleVersion
from curbstop.rates.operations.versions import RatesRefused, adopt_version
from curbstop.rates.permissions import ADOPT_RATES
from curbstop.rates.queries import adopted_schedules, draft_problems


class DraftRefused(Exception):
    """A draft was not begun, changed, proposed or adopted; the message says why."""


@transaction
def begin_draft(*, base: ScheduleVersion, document: str, by: User, at: datetime) -> RateDraft:
    """Begin the next version of a schedule from one that the city has.

    :raises DraftRefused: if that version is a published rate file, which is not ours to write
    """
    if base.format != ScheduleVersion.Format.TARIFF:
        raise DraftRefused("This version is a published rate file; only the city's own tariffs are drafted here.")
    draft = RateDraft.objects.create(
        schedule=base.schedule, base=base, document=_sized(document), written_by=by, written_at=at
    )
    audit.record(
        actor=by, event="rates.draft.begun", subject=draft, at=at, detail={"schedule": base.schedule.code}
    )  # fmt: skip
    return draft


@transaction
def rewrite_draft(*, draft: RateDraft, document: str, seen: str, by: User, at: datetime) -> RateDraft:
    """Give a draft another text; `seen` is the fingerprint of the text that the person changed.

    :raises DraftRefused: if it was proposed or decided, or somebody wrote another text meanwhile
    """
    draft = _locked(draft)
    if not draft.is_open:
        raise DraftRefused("This draft was proposed; begin another from it.")
    if draft.fingerprint != seen:
        raise DraftRefused("Somebody saved another text meanwhile. Nothing of yours was saved; look at theirs first.")
    draft.document, draft.written_by, draft.written_at = _sized(document), by, at
    draft.save(update_fields=["document", "written_by", "written_at"])
    return draft


@transaction
def propose_draft(*, draft: RateDraft, starts_on: date, on: date, by: User, at: datetime) -> None:
    """Hand a draft without any problem to a second person, with the day it is to begin.

    :raises DraftRefused: if it has a problem, changes nothing, or would begin in the past
    """
    draft = _locked(draft)
    if not draft.is_open:
        raise DraftRefused("This draft was proposed already.")
    _refuse_unsound(draft, starts_on, on)
    draft.starts_on, draft.proposed_by, draft.proposed_at = starts_on, by, at
    draft.save(update_fields=["starts_on", "proposed_by", "proposed_at"])
    audit.record(
        actor=by, event="rates.draft.proposed", subject=draft, at=at,
        detail={"schedule": draft.schedule.code, "starts_on": str(starts_on), "sha256": draft.fingerprint},
    )  # fmt: skip


@transaction
def adopt_draft(*, draft: RateDraft, seen: str, on: date, by: User, at: datetime) -> ScheduleVersion:
    """Put in force what another person proposed; the version before ends on its first day.

    :raises DraftRefused: if it is not the text that was seen, is this person's own, no longer sound, or too late
    """
    draft = _locked(draft)
    if not by.may(ADOPT_RATES):
        raise DraftRefused("You may not put a rate in force.")
    if not draft.waits:
        raise DraftRefused("This draft does not wait for anybody.")
    if by.pk in {draft.proposed_by_id, draft.written_by_id}:
        raise DraftRefused("Another person than the one who wrote or proposed it puts a rate in force.")
    if draft.fingerprint != seen:
        raise DraftRefused("This is not the text that you saw.")
    assert draft.starts_on is not None, "what was proposed has its day"
    assert draft.proposed_by is not None, "and its proposer"
    _refuse_unsound(draft, draft.starts_on, on)
    with refused_by("rate_draft_not_in_the_past", DraftRefused("It would begin in the past.")):
        try:
            version = adopt_version(
                schedule=draft.schedule.code,
                service=draft.schedule.service.code,
                document=draft.document,
                format="tariff",
                section_id=_section_of(draft),
                starts_on=draft.starts_on,
                proposed_by=draft.proposed_by,
                approved_by=by,
            )
        except RatesRefused as refusal:
            raise DraftRefused(str(refusal)) from refusal
        draft.approved_by, draft.adopted_on, draft.version = by, on, version
        draft.save(update_fields=["approved_by", "adopted_on", "version"])
    audit.record(
        actor=by, event="rates.draft.adopted", subject=draft, at=at,
        detail={"schedule": draft.schedule.code, "starts_on": str(draft.starts_on), "sha256": draft.fingerprint},
    )  # fmt: skip
    return version


@transaction
def turn_down_draft(*, draft: RateDraft, by: User, at: datetime) -> None:
    """Lay a draft aside for good; its text is kept.

    :raises DraftRefused: if it is decided already
    """
    draft = _locked(draft)
    if draft.turned_down_at is not None or draft.version_id is not None:
        raise DraftRefused("This draft is decided.")
    draft.turned_down_by, draft.turned_down_at = by, at
    draft.save(update_fields=["turned_down_by", "turned_down_at"])
    audit.record(
        actor=by, event="rates.draft.turned_down", subject=draft, at=at, detail={"schedule": draft.schedule.code}
    )  # fmt: skip


def _locked(draft: RateDraft) -> RateDraft:
    return RateDraft.objects.select_for_update(of=("self",)).select_related("schedule__service").get(pk=draft.pk)


def _sized(document: str) -> str:
    if len(document) > LARGEST_FILE:
        raise DraftRefused(f"The text is longer than {LARGEST_FILE:,} characters.")
    return document.replace("\r\n", "\n")


def _refuse_unsound(draft: RateDraft, starts_on: date, on: date) -> None:
    """Refuse what no city may put in force.

    :raises DraftRefused: with the first reason
    """
    problems = draft_problems(draft)
    if problems:
        raise DraftRefused(f"The draft has {len(problems)} problems; the first: {problems[0]}")
    if starts_on < on:
        raise DraftRefused("A rate cannot begin in the past: those days are billed, or about to be.")
    begun = adopted_schedules().filter(schedule_id=draft.schedule_id)
    if begun.filter(starts_on__gte=starts_on).exists():
        raise DraftRefused(f"Another version begins on {starts_on:%B %d, %Y} or later; nothing rewrites it.")
    if begun.filter(starts_on__lt=starts_on, document=draft.document, ends_on=None).exists():
        raise DraftRefused("The draft is what is in force; it changes nothing.")


def _section_of(draft: RateDraft) -> int:
    """Return the section that the tariff cites at its head, or else the one that its first charge cites."""
    head = read_document(draft.document).values.get("section")
    cited = head.value if isinstance(head, Text) else sheets_of(draft.document)[0].section
    return section_ids()[cited]
