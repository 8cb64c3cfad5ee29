"""Addresses of metering: the reads that wait for a person, and the meters of a service point."""

from django.urls import path

from curbstop.metering import views

app_name = "metering"

urlpatterns = [
    path("points/<str:number>/meters/", views.meters, name="meters"),
    path("points/<str:number>/meters/exchange/", views.exchange_meter, name="exchange_meter"),
    path("points/<str:number>/submeters/", views.link_submeter, name="link_submeter"),
    path("points/<str:number>/submeters/end/", views.unlink_submeter, name="unlink_submeter"),
    path("alerts/", views.alerts, name="alerts"),
    path("alerts/<int:pk>/", views.alert, name="alert"),
    path("alerts/<int:pk>/answer/", views.answer_alert, name="answer_alert"),
    path("exceptions/", views.exceptions, name="exceptions"),
    path("exceptions/<int:pk>/", views.exception, name="exception"),
    path("exceptions/<int:pk>/decision/", views.decide, name="decide"),
]
