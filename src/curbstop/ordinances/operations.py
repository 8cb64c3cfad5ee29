"""Putting a pack's decisions in force: inner verbs that the journey of a city pack calls together."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet

from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.approvals import refuse_same_person
from curbstop.foundation.database.transactions import require_transaction
from curbstop.ordinances.domain.packs import Adoption, LetterText, PackFiles, Section, Value
from curbstop.ordinances.domain.versions import VersionPlan
from curbstop.ordinances.models import (
    CityProfile,
    CodeSection,
    Holiday,
    Letter,
    PackProposal,
    RuleValue,
    SectionVersion,
)


class PackRefused(Exception):
    """A pack was not proposed or not put in force; the message says why."""


def record_proposal(
    *, files: PackFiles, changes: list[dict[str, Any]], proposed_by: User, at: datetime
) -> PackProposal:
    """Keep a validated pack until a second person approves it; asked again, return the same one.

    :raises RuntimeError: outside a transaction
    """
    require_transaction()
    proposal, is_new = PackProposal.objects.get_or_create(
        sha256=files.sha256,
        approved_by=None,
        defaults={
            "pack_name": files.name,
            "content": dict(files.content),
            "changes": changes,
            "proposed_by": proposed_by,
            "proposed_at": at,
        },
    )
    if is_new:
        audit.record(
            actor=proposed_by,
            event="ordinances.pack.proposed",
            subject=proposal,
            at=at,
            detail={"pack": files.name, "sha256": files.sha256},
        )
    return proposal


def lock_proposal(sha256: str) -> PackProposal | None:
    """Return the open proposal of exactly these files; all open ones are locked, so that approvals queue.

    :raises RuntimeError: outside a transaction
    """
    require_transaction()
    waiting = list(PackProposal.objects.select_for_update().filter(approved_by=None).order_by("pk"))
    return next((proposal for proposal in waiting if proposal.sha256 == sha256), None)


def approve_proposal(*, proposal: PackProposal, approved_by: User, at: datetime) -> None:
    """Sign a proposal as its second person.

    :raises PackRefused: if the approver proposed it
    """
    require_transaction()
    refusal = PackRefused(f"{approved_by.username} proposed this pack; another person has to approve it.")
    refuse_same_person(proposal.proposed_by, approved_by, refusal)
    proposal.approved_by = approved_by
    proposal.approved_at = at
    proposal.save(update_fields=["approved_by", "approved_at"])
    audit.record(
        actor=approved_by,
        event="ordinances.pack.approved",
        subject=proposal,
        at=at,
        detail={"pack": proposal.pack_name, "sha256": proposal.sha256},
    )


def adopt(adoption: Adoption, *, proposed_by: User, adopted_by: User) -> None:
    """Write the dated versions, the calendar and the city of an approved proposal.

    :raises RuntimeError: outside a transaction
    """
    require_transaction()
    if adoption.city:
        CityProfile.objects.update_or_create(singleton=True, defaults=dict(adoption.city))
    for day, names in adoption.holidays.items():
        Holiday.objects.update_or_create(day=day, defaults={"names": dict(names)})
    Holiday.objects.filter(day__in=adoption.holidays_removed).delete()
    sections = _adopt_sections(adoption.sections)
    _adopt_values(adoption.values, sections, (proposed_by, adopted_by))
    _adopt_letters(adoption.letters)


def _adopt_sections(plans: Mapping[str, VersionPlan[Section]]) -> dict[str, CodeSection]:
    for citation, plan in plans.items():
        section, _ = CodeSection.objects.get_or_create(citation=citation)
        _move_ends(SectionVersion.objects.filter(section=section), plan)
        for version in plan.additions:
            title, text = version.content
            SectionVersion.objects.create(
                section=section,
                starts_on=version.starts_on,
                ends_on=version.ends_on,
                title=title,
                text=text,
            )
            CodeSection.objects.filter(pk=section.pk).update(title=title)
    return {section.citation: section for section in CodeSection.objects.all()}


def _adopt_values(
    plans: Mapping[str, VersionPlan[Value]],
    sections: Mapping[str, CodeSection],
    people: tuple[User, User],
) -> None:
    proposed_by, adopted_by = people
    for code, plan in plans.items():
        _move_ends(RuleValue.objects.filter(code=code), plan)
        for version in plan.additions:
            value, unit, citation = version.content
            RuleValue.objects.create(
                code=code,
                starts_on=version.starts_on,
                ends_on=version.ends_on,
                value=value,
                unit=unit,
                section=sections[citation],
                proposed_by=proposed_by,
                adopted_by=adopted_by,
            )


def _adopt_letters(plans: Mapping[tuple[str, str], VersionPlan[LetterText]]) -> None:
    for (code, language), plan in plans.items():
        _move_ends(Letter.objects.filter(code=code, language=language), plan)
        for version in plan.additions:
            subject, body = version.content
            Letter.objects.create(
                code=code,
                language=language,
                starts_on=version.starts_on,
                ends_on=version.ends_on,
                subject=subject,
                body=body,
            )


def _move_ends(versions: QuerySet[Any], plan: VersionPlan[Any]) -> None:
    """Close or reopen versions; one withdrawn before it began stays as an empty range."""
    living = versions.filter(Q(ends_on__isnull=True) | ~Q(ends_on=F("starts_on")))
    for moved in plan.new_ends:
        living.filter(starts_on=moved.starts_on).update(ends_on=moved.ends_on)
