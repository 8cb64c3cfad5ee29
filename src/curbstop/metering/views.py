"""The pages of reads and meters: what waits for a person, one decision, and the meters of a service point."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django import forms as django_forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from curbstop.foundation.access.guards import StaffRequest, requires
from curbstop.foundation.web.charts import Bar, bar_chart
from curbstop.foundation.web.tables import arranged, download
from curbstop.metering import forms, operations, permissions, tables
from curbstop.metering.domain.exceptions import MEANINGS, Code, found_words
from curbstop.metering.domain.interval_alerts import MEANINGS as ALERT_MEANINGS
from curbstop.metering.domain.interval_alerts import Alert, alert_words
from curbstop.metering.queries.exceptions import (
    days_open,
    exceptions_visible_to,
    next_open_after,
    open_by_code,
    open_exceptions,
    reads_around,
)
from curbstop.metering.queries.interval_days import day_of, hourly_gallons
from curbstop.metering.queries.intervals import alerts_visible_to, open_alerts, open_alerts_by_code
from curbstop.metering.queries.meters import link_in_force, links_of, meters_at, points_visible_to


@requires(permissions.SEE_READS)
def exceptions(request: StaffRequest) -> HttpResponse:
    """List the reads that wait for a person, of one code or all; `?as=csv` or `xlsx` is the list as a file."""
    code = request.GET.get("code", "")
    table = tables.Exceptions(open_exceptions(request.user, code=code))
    file = download(table, request, name="read-exceptions")
    if file is not None:
        return file
    counts = [{**each, "meaning": MEANINGS[Code(each["code"])]} for each in open_by_code(request.user)]
    context = {"table": arranged(table, request), "counts": counts, "code": code}
    return render(request, "metering/exceptions.html", context)


@requires(permissions.SEE_READS)
def exception(request: StaffRequest, pk: int) -> HttpResponse:
    """Show what was noticed about one read, the reads around it, and the form for a decision."""
    found = get_object_or_404(exceptions_visible_to(request.user), pk=pk)
    return _page(request, found, forms.Decision(initial={"read_on": found.read_on}))


@requires(permissions.REVIEW_READS)
def decide(request: StaffRequest, pk: int) -> HttpResponse:
    """Decide about one read and go on to the next."""
    found = get_object_or_404(exceptions_visible_to(request.user), pk=pk)
    form = forms.Decision(request.POST or None, initial={"read_on": found.read_on})
    if request.method == "POST" and form.is_valid():
        try:
            _decide(request, found, form.cleaned_data)
        except operations.DispositionRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"Decided about the read of meter {found.installation.meter}.")
            following = next_open_after(request.user, found)
            return redirect("metering:exception", following.pk) if following else redirect("metering:exceptions")
    return _page(request, found, form)


def _decide(request: StaffRequest, found: Any, typed: dict[str, Any]) -> None:
    facts = {"exception": found, "note": typed["note"], "by": request.user, "at": timezone.now()}
    match typed["decision"]:
        case "accept":
            operations.accept_read(**facts)
        case "reread":
            operations.reread(**facts, register=typed["register"], read_on=typed["read_on"])
        case "estimate":
            operations.estimate_held_read(**facts)
        case "correct":
            operations.correct_held_read(**facts, register=typed["register"])
        case _:
            operations.spread_again(**facts)


def _page(request: StaffRequest, found: Any, form: forms.Decision) -> HttpResponse:
    beside = exceptions_visible_to(request.user).filter(read_id=found.read_id).order_by("pk")
    context = {
        "exception": found,
        "noted": [(each, MEANINGS[Code(each.code)], _found_words(each)) for each in beside],
        "reads": reads_around(found),
        "days_open": days_open(found, timezone.localdate()),
        "next_open": next_open_after(request.user, found),
        "may_decide": request.user.may(permissions.REVIEW_READS) and found.disposed_at is None,
        "form": form,
    }
    return render(request, "metering/exception.html", context)


def _found_words(each: Any) -> str:
    return found_words(each.code, each.values, baseline=each.baseline, source=each.baseline_source)


@requires(permissions.SEE_READS)
def meters(request: StaffRequest, number: str) -> HttpResponse:
    """Show what hangs at a service point and hung there, with the forms that exchange and link meters."""
    return _meters_page(request, _point(request, number))


@requires(permissions.CHANGE_METERS)
@require_POST
def exchange_meter(request: StaffRequest, number: str) -> HttpResponse:
    """Take a meter out and hang another in its place."""
    point, form = _point(request, number), forms.ExchangeMeter(request.POST)

    def exchange(typed: dict[str, Any], **facts: Any) -> None:
        out = {typed["side"]: typed["out_register"]}
        operations.exchange_meter(service_point=point, out=out, hung=[form.hung()], on=typed["on"], **facts)

    return _changed(request, point, "exchange", form, exchange)


@requires(permissions.CHANGE_METERS)
@require_POST
def link_submeter(request: StaffRequest, number: str) -> HttpResponse:
    """Put another service point's meter behind this one."""
    point, form = _point(request, number), forms.LinkSubmeter(request.POST)

    def link(typed: dict[str, Any], **facts: Any) -> None:
        behind = points_visible_to(request.user).filter(number=typed["submeter"]).first()
        if behind is None:
            raise operations.LinkRefused("No service point has this number.")
        days = {"purpose": typed["purpose"], "starts_on": typed["starts_on"]}
        operations.link_submeter(master=point, submeter=behind, **days, **facts)

    return _changed(request, point, "link", form, link)


@requires(permissions.CHANGE_METERS)
@require_POST
def unlink_submeter(request: StaffRequest, number: str) -> HttpResponse:
    """Let this service point's meter be behind another one no longer."""
    point, form = _point(request, number), forms.UnlinkSubmeter(request.POST)

    def unlink(typed: dict[str, Any], **facts: Any) -> None:
        link = link_in_force(point)
        if link is None:
            raise operations.LinkRefused("This meter is behind no other.")
        operations.unlink_submeter(link=link, on=typed["on"], **facts)

    return _changed(request, point, "unlink", form, unlink)


def _point(request: StaffRequest, number: str) -> Any:
    return get_object_or_404(points_visible_to(request.user), number=number)


def _changed(
    request: StaffRequest, point: Any, name: str, form: django_forms.Form, change: Callable[..., None]
) -> HttpResponse:
    """Make one change from a form, or show the page with what stood against it."""
    if form.is_valid():
        try:
            change(form.cleaned_data, by=request.user, at=timezone.now())
        except (operations.ExchangeRefused, operations.LinkRefused) as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "It is written down.")
            return redirect("metering:meters", point.number)
    return _meters_page(request, point, **{name: form})


def _meters_page(request: StaffRequest, point: Any, **typed: django_forms.Form) -> HttpResponse:
    context = {
        "point": point,
        "installations": meters_at(point),
        "links": links_of(point),
        "is_behind": link_in_force(point) is not None,
        "may_change": request.user.may(permissions.CHANGE_METERS),
        "exchange": forms.ExchangeMeter(),
        "link": forms.LinkSubmeter(),
        "unlink": forms.UnlinkSubmeter(),
    } | typed
    return render(request, "metering/meters.html", context)


@requires(permissions.SEE_READS)
def alerts(request: StaffRequest) -> HttpResponse:
    """List what intervals gave notice of and nobody answered; `?as=csv` or `xlsx` is the list as a file."""
    code = request.GET.get("code", "")
    table = tables.Alerts(open_alerts(request.user, code=code))
    file = download(table, request, name="interval-alerts")
    if file is not None:
        return file
    counts = [
        {**each, "meaning": ALERT_MEANINGS[Alert(str(each["code"]))]} for each in open_alerts_by_code(request.user)
    ]
    return render(request, "metering/alerts.html", {"table": arranged(table, request), "counts": counts, "code": code})


@requires(permissions.SEE_READS)
def alert(request: StaffRequest, pk: int) -> HttpResponse:
    """Show one alert and a day of its meter, hour by hour; `?day=` is another day."""
    found = get_object_or_404(alerts_visible_to(request.user), pk=pk)
    return _alert_page(request, found, forms.Answer())


@requires(permissions.REVIEW_READS)
def answer_alert(request: StaffRequest, pk: int) -> HttpResponse:
    """Say what became of an alert."""
    found = get_object_or_404(alerts_visible_to(request.user), pk=pk)
    form = forms.Answer(request.POST or None)
    if request.method == "POST" and form.is_valid():
        note = form.cleaned_data["note"]
        try:
            operations.answer_alert(alert=found, note=note, by=request.user, at=timezone.now())
        except operations.AnswerRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"The {found.code} of meter {found.installation.meter} is answered.")
            return redirect("metering:alerts")
    return _alert_page(request, found, form)


def _alert_page(request: StaffRequest, found: Any, form: forms.Answer) -> HttpResponse:
    try:
        day = date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        day = found.starts_on
    row = day_of(found.installation_id, day)
    bars = [Bar(label=f"{hour:%-H}", name=f"{hour:%H:%M %Z}", value=use) for hour, use in hourly_gallons(row)]
    context = {
        "alert": found,
        "meaning": ALERT_MEANINGS[Alert(found.code)],
        "found": alert_words(found.code, found.values),
        "day": day,
        "row": row,
        "chart": bar_chart(bars=bars, title=f"Use on {day:%b %-d, %Y} by the hour", unit="gallons", key="day"),
        "before": day - timedelta(days=1),
        "after": day + timedelta(days=1),
        "may_answer": request.user.may(permissions.REVIEW_READS) and found.answered_at is None,
        "form": form,
    }
    return render(request, "metering/alert.html", context)
