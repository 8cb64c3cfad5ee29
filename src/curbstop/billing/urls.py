"""Addresses of billing: runs, the drafted bills in them, and released bills."""

from django.urls import path

from curbstop.billing.views import bills, masters, printing, review, runs, year

app_name = "billing"

urlpatterns = [
    path("runs/", runs.runs, name="runs"),
    path("runs/draft/", runs.draft_run, name="draft_run"),
    path("runs/progress/", runs.runs_progress, name="runs_progress"),
    path("runs/<int:pk>/", runs.run, name="run"),
    path("runs/<int:pk>/progress/", runs.run_progress, name="run_progress"),
    path("runs/<int:pk>/approval/", runs.approve_run, name="approve_run"),
    path("runs/<int:pk>/release/", runs.release_run, name="release_run"),
    path("runs/<int:pk>/exceptions/", review.exceptions, name="exceptions"),
    path("runs/<int:pk>/unbilled/", review.unbilled, name="unbilled"),
    path("runs/<int:pk>/bills/", runs.run_bills, name="run_bills"),
    path("runs/<int:pk>/mailing/", printing.mailing, name="mailing"),
    path("runs/<int:pk>/mailing/print/", printing.print_run, name="print_run"),
    path("runs/<int:pk>/mailing/files/<int:number>/", printing.printed_file, name="printed_file"),
    path("runs/<int:pk>/statements.pdf", bills.statements_pdf, name="statements_pdf"),
    path("runs/<int:pk>/accounts/<int:account_id>/", review.drafted_bill, name="drafted_bill"),
    path("runs/<int:pk>/accounts/<int:account_id>/hold/", review.hold_bill, name="hold_bill"),
    path("runs/<int:pk>/accounts/<int:account_id>/clear/", review.clear_bill, name="clear_bill"),
    path("masters/", masters.masters, name="masters"),
    path("masters/<str:number>/", masters.master, name="master"),
    path("masters/<str:number>/accounts/", masters.join_master, name="join_master"),
    path("masters/<str:number>/accounts/<str:account>/leave/", masters.leave_master, name="leave_master"),
    path("masters/<str:number>/summary.pdf", masters.summary_pdf, name="summary_pdf"),
    path("calendar/", year.year, name="this_year"),
    path("calendar/<int:year>/", year.year, name="year"),
    path("bills/<int:number>/", bills.bill, name="bill"),
    path("bills/<int:number>/statement.pdf", bills.statement_pdf, name="statement_pdf"),
    path("bills/<int:number>/cancellation/", bills.request_cancellation, name="request_cancellation"),
]
