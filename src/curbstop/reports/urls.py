"""Addresses of the registers and of the rate studies."""

from django.urls import path

from curbstop.reports.views import previews, registers, what_if

app_name = "reports"

urlpatterns = [
    path("", registers.registers, name="registers"),
    path("what-if/", what_if.studies, name="what_if"),
    path("what-if/<int:pk>/", what_if.one_study, name="rate_study"),
    path("what-if/<int:pk>/progress/", what_if.progress, name="rate_study_progress"),
    path("drafts/<int:pk>/", previews.rate_preview, name="rate_preview"),
    path("drafts/<int:pk>/study/", previews.study_draft, name="study_draft"),
    path("<slug:code>/", registers.one_register, name="register"),
]
