"""Addresses of the counter: nouns, and an action is a thing that you create."""

from django.urls import path

from curbstop.cashiering.views import drawers, payments, receipts, voids

app_name = "cashiering"

urlpatterns = [
    path("", payments.counter, name="counter"),
    path("carts/", payments.open_cart, name="open_cart"),
    path("carts/<uuid:key>/", payments.cart, name="cart"),
    path("carts/<uuid:key>/accounts/", payments.add_account, name="add_account"),
    path("receipts/", receipts.receipts, name="receipts"),
    path("receipts/<int:pk>/", receipts.receipt, name="receipt"),
    path("receipts/<int:pk>/receipt.pdf", receipts.receipt_pdf, name="receipt_pdf"),
    path("receipts/<int:pk>/void/", voids.void_receipt, name="void_receipt"),
    path("receipts/<int:pk>/void-request/", voids.request_void, name="request_void"),
    path("receipts/<int:pk>/void-refusal/", voids.turn_down_void, name="turn_down_void"),
    path("void-requests/", voids.void_requests, name="void_requests"),
    path("drawers/", drawers.drawers, name="drawers"),
    path("drawers/open/", drawers.open_drawer, name="open_drawer"),
    path("drawers/<int:pk>/", drawers.drawer, name="drawer"),
    path("drawers/<int:pk>/count/", drawers.count_drawer, name="count_drawer"),
    path("drawers/<int:pk>/close/", drawers.close_drawer, name="close_drawer"),
]
