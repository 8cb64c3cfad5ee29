"""The tariffs of the city: every schedule with its versions by date, and one version to read."""

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from curbstop.foundation.access.guards import StaffRequest, requires
from curbstop.rates import permissions
from curbstop.rates.domain.tariff.sheets import sheets_of
from curbstop.rates.queries import (
    adopted_schedules,
    changed_values,
    drafts_visible_to,
    pack_file,
    schedules_visible_to,
)


@requires(permissions.SEE_RATES)
def tariffs(request: StaffRequest) -> HttpResponse:
    """List the schedules with their versions, the newest first, and the drafts that are not decided."""
    versions: dict[str, list[Any]] = {schedule.code: [] for schedule in schedules_visible_to(request.user)}
    for version in adopted_schedules().defer("document").order_by("schedule__code", "-starts_on"):
        versions[version.schedule.code].append(version)
    open_drafts = drafts_visible_to(request.user).filter(version=None, turned_down_at=None).defer("document")
    context = {"versions": versions, "drafts": open_drafts, "today": timezone.localdate()}
    return render(request, "rates/tariffs.html", context)


@requires(permissions.SEE_RATES)
def tariff(request: StaffRequest, pk: int) -> HttpResponse:
    """Show one version: its components and tiers, what it changed, who adopted it; as a file for a pack on request."""
    version = get_object_or_404(
        adopted_schedules().select_related("schedule__service", "section", "proposed_by", "approved_by"), pk=pk
    )
    if request.GET.get("as") == "yaml":
        schedule = version.schedule
        return yaml_file(
            version.document, code=schedule.code, service=schedule.service.code, starts_on=version.starts_on
        )
    siblings = adopted_schedules().filter(schedule_id=version.schedule_id)
    before = siblings.filter(starts_on__lt=version.starts_on).last()
    context = {
        "version": version,
        "before": before,
        "sheets": sheets_of(version.document) if version.format == "tariff" else (),
        "changes": changed_values(before.document, version.document) if before else (),
        "may_draft": request.user.may(permissions.DRAFT_RATES) and version.format == "tariff",
        "today": timezone.localdate(),
    }
    return render(request, "rates/tariff.html", context)


def yaml_file(document: str, *, code: str, service: str, starts_on: date | None) -> HttpResponse:
    """Return a document as a file to put into the city's pack."""
    text = pack_file(document=document, service=service, starts_on=starts_on)
    name = f"{code}.{starts_on or 'draft'}.yaml"
    return HttpResponse(
        text,
        content_type="application/yaml; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
