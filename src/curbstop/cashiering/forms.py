"""What a cashier types, cleaned into cents and counts; an amount is never guessed."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from curbstop.cashiering.domain.tenders import TenderedAmount, TenderKind
from curbstop.cashiering.models import Till
from curbstop.cashiering.queries import tills_free
from curbstop.foundation.money import NotMoney, format_cents, parse_dollars
from curbstop.ledger.queries import OpenItemRow


class DollarsField(forms.CharField):
    """An amount in dollars that becomes integer cents; empty becomes nothing."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 20)
        kwargs.setdefault(
            "widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "class": "money-input"})
        )
        super().__init__(**kwargs)

    def clean(self, value: Any) -> int | None:
        """Return the amount in cents."""
        text = super().clean(value)
        if not text:
            return None
        try:
            return parse_dollars(text)
        except NotMoney as refusal:
            raise forms.ValidationError(str(refusal), code="not_money") from refusal


class OpenDrawer(forms.Form):
    """Which till, and the float that was counted into it."""

    till = forms.ModelChoiceField(queryset=Till.objects.none(), empty_label=None)
    float_dollars = DollarsField(
        label="Float counted", required=True, help_text="Dollars and cents, for example 200.00"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["till"].queryset = tills_free()  # type: ignore[attr-defined]  # a ModelChoiceField


class TakePayment(forms.Form):
    """What the customer pays on each item of the cart, and with what."""

    cash = DollarsField(label="Cash handed over", required=False)
    check = DollarsField(label="Check", required=False)
    check_number = forms.CharField(label="Check number", required=False, max_length=20)
    card = DollarsField(label="Card", required=False)
    card_authorization = forms.CharField(
        label="Card authorization code",
        required=False,
        max_length=20,
        help_text="The code that the terminal printed. Never a card number.",
    )

    def __init__(
        self, data: Mapping[str, Any] | None, *, items: Sequence[OpenItemRow], wanted: Mapping[int, int]
    ) -> None:
        super().__init__(data)
        self.items = items
        for item in items:
            self.fields[f"item_{item.id}"] = DollarsField(
                label=f"{item.label}: amount to pay",
                required=False,
                initial=format_cents(wanted.get(item.id, item.balance_cents)).removeprefix("$"),
            )

    def item_rows(self) -> list[tuple[OpenItemRow, forms.BoundField]]:
        """Return each open item beside the field for its amount."""
        return [(item, self[f"item_{item.id}"]) for item in self.items]

    @property
    def amounts(self) -> dict[int, int]:
        """Return the cents to pay by open item; items left empty are not paid."""
        return {item.id: cents for item in self.items if (cents := self.cleaned_data[f"item_{item.id}"])}

    @property
    def tenders(self) -> tuple[TenderedAmount, ...]:
        """Return what the customer hands over."""
        typed = self.cleaned_data
        handed = (
            (TenderKind.CASH, typed["cash"], ""),
            (TenderKind.CHECK, typed["check"], typed["check_number"]),
            (TenderKind.CARD, typed["card"], typed["card_authorization"]),
        )
        return tuple(TenderedAmount(kind, cents, reference) for kind, cents, reference in handed if cents)


class AddAccount(forms.Form):
    """Another account for the same cart, by its number."""

    number = forms.CharField(label="Account number", max_length=20)


class CountDrawer(forms.Form):
    """Pieces of each bill and coin, and the sum of the checks."""

    checks = DollarsField(
        label="Checks in the drawer", required=False, help_text="The sum of all checks; empty if none"
    )

    def __init__(self, data: Mapping[str, Any] | None, *, faces: Sequence[int]) -> None:
        super().__init__(data)
        self.faces = faces
        for face in faces:
            self.fields[f"face_{face}"] = forms.IntegerField(
                label=format_cents(face),
                required=False,
                min_value=0,
                max_value=100_000,
                widget=forms.NumberInput(attrs={"inputmode": "numeric", "data-face-cents": face}),
            )

    def face_rows(self) -> list[tuple[int, forms.BoundField]]:
        """Return each face value in cents beside its field, largest first."""
        return [(face, self[f"face_{face}"]) for face in self.faces]

    @property
    def pieces(self) -> dict[int, int]:
        """Return the pieces by face value in cents; a field left empty is none."""
        return {face: self.cleaned_data[f"face_{face}"] or 0 for face in self.faces}


class VoidReceipt(forms.Form):
    """Why a receipt is void."""

    reason = forms.CharField(
        label="Why is this receipt void?",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="At least ten letters; the reason stays on the receipt.",
    )
