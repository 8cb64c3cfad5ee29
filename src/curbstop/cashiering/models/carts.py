"""A cart is what one customer at the window wants to pay: open items of any account."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Cart(models.Model):
    """Open items gathered for one payment; its key makes the payment happen once."""

    key = models.UUIDField(unique=True)
    cashier = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    opened_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"cart {self.key}"

    @property
    def source(self) -> str:
        """Return the words by which ledger entries point back to this cart."""
        return f"cashiering.cart:{self.pk}"


class CartItem(models.Model):
    """One open item in a cart, and how much of it the customer wants to pay at most."""

    cart = models.ForeignKey(Cart, on_delete=models.CASCADE, related_name="items")
    open_item = models.ForeignKey("ledger.OpenItem", on_delete=models.PROTECT, related_name="+")
    amount_cents = models.BigIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["cart", "open_item"], name="cart_item_once"),
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="cart_item_positive"),
        )

    def __str__(self) -> str:
        return f"{self.amount_cents} cents of item {self.open_item_id}"
