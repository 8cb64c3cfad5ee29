"""The mailing of a released run: planned, printed in the background, restarted, and handed out file by file."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from curbstop.billing import operations, permissions
from curbstop.billing.domain.postal import tray_counts
from curbstop.billing.queries import batches_of, printing_of, runs_visible_to, tray_rows
from curbstop.foundation.access.guards import StaffRequest, requires
from curbstop.foundation.jobs import app as jobs

ROWS_A_PAGE = 50


@requires(permissions.PRINT_RUN)
def mailing(request: StaffRequest, pk: int) -> HttpResponse:
    """Show how far the printing of a run is, its trays and its files."""
    run = get_object_or_404(runs_visible_to(request.user), pk=pk)
    printing = printing_of(pk)
    batches = batches_of(printing) if printing else []
    printed = sum(1 for batch in batches if batch.sha256 is not None)
    context = {
        "run": run,
        "printing": printing,
        "trays": tray_counts(tray_rows(printing)) if printing else [],
        "page": Paginator(batches, ROWS_A_PAGE).get_page(request.GET.get("page")),
        "printed": printed,
        "files": len(batches),
        "is_done": bool(batches) and printed == len(batches),
    }
    return render(request, "billing/mailing.html", context)


@requires(permissions.PRINT_RUN)
@require_POST
def print_run(request: StaffRequest, pk: int) -> HttpResponse:
    """Have the statements of a run printed to files; once more after an interruption."""
    run = get_object_or_404(runs_visible_to(request.user), pk=pk)
    try:
        operations.plan_printing(run=run, by=request.user, at=timezone.now())
    except operations.PrintingRefused as refusal:
        messages.error(request, str(refusal))
    else:
        jobs.configure_task("billing.print_run", queue="billing", queueing_lock=f"print-{pk}").defer(run_id=pk)
        messages.success(request, "The statements are being printed; load this page again to see how far it is.")
    return redirect("billing:mailing", pk)


@requires(permissions.PRINT_RUN)
def printed_file(request: StaffRequest, pk: int, number: int) -> FileResponse:
    """Hand out one file of statements, as it was printed."""
    get_object_or_404(runs_visible_to(request.user), pk=pk)
    printing = printing_of(pk)
    batch = next((each for each in batches_of(printing) if each.number == number), None) if printing else None
    if printing is None or batch is None or batch.sha256 is None:
        raise Http404
    path = operations.folder_of(printing) / batch.file_name
    if not path.exists():
        raise Http404
    return FileResponse(path.open("rb"), content_type="application/pdf", filename=f"run-{pk}-{batch.file_name}")
