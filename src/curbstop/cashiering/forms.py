"""What a cashier types, cleaned into cents and counts; an amount is never guessed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms

from curbstop.cashiering.domain.counts import count_cents
from curbstop.cashiering.domain.tenders import Confirmed, Reckoning, TenderedAmount, TenderKind, reckon
from curbstop.cashiering.models import Drawer, Till
from curbstop.cashiering.queries import float_cents, reason_letters_min, smallest_coin_cents, tills_free
from curbstop.customers.queries import account_labels
from curbstop.foundation.money import format_cents
from curbstop.foundation.web import fields
from curbstop.foundation.web.fields import FreeText
from curbstop.ledger.queries import NoOpenBusinessDay, OpenItemRow, current_business_day, open_items_with

TEN_KEY = {"inputmode": "decimal", "autocomplete": "off", "class": "money-input", "data-ten-key": ""}
REFERENCE = {"autocomplete": "off", "data-ten-key": ""}


def _dollars(**attrs: str) -> forms.TextInput:
    """Return an input for an amount: the ten-key pad types it and Enter goes to the next one."""
    return forms.TextInput(attrs={**TEN_KEY, **attrs})


class DollarsField(fields.DollarsField):
    """An amount that the ten-key pad types."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", _dollars())
        super().__init__(**kwargs)


class OpenDrawer(forms.Form):
    """Which till, and the float that was counted into it."""

    till = forms.ModelChoiceField(queryset=Till.objects.none(), empty_label=None)
    float_dollars = DollarsField(
        label="Float counted",
        required=True,
        help_text="Dollars and cents, for example 200.00",
        widget=_dollars(autofocus="autofocus"),
    )
    counted_twice = forms.BooleanField(label="Counted twice", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["till"].queryset = tills_free()  # type: ignore[attr-defined]  # a ModelChoiceField
        self.is_other_float = False

    def clean(self) -> dict[str, Any]:
        """Ask to count again what is not the float that the city adopted."""
        typed = super().clean() or self.cleaned_data
        counted = typed.get("float_dollars")
        try:
            adopted = float_cents(current_business_day())
        except NoOpenBusinessDay:  # The operation says so.
            return typed
        self.is_other_float = counted is not None and counted != adopted
        if self.is_other_float and not typed.get("counted_twice"):
            self.add_error(
                "float_dollars",
                f"A drawer opens with {format_cents(adopted)} and this is {format_cents(counted or 0)}. Count again; "
                "if it is so, tick “Counted twice”.",
            )
        return typed


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One open item of a cart beside the field for its amount, and whose it is."""

    item: OpenItemRow
    field: forms.BoundField
    account: str
    customer: str


class TakePayment(forms.Form):
    """What the customer pays on each item of the cart, and with what."""

    cash = DollarsField(
        label="Cash handed over", required=False, widget=_dollars(autofocus="autofocus", **{"data-tender": "cash"})
    )
    check = DollarsField(label="Check", required=False, widget=_dollars(**{"data-tender": "other"}))
    check_number = forms.CharField(
        label="Check number", required=False, max_length=20, widget=forms.TextInput(attrs=REFERENCE)
    )
    card = DollarsField(label="Card", required=False, widget=_dollars(**{"data-tender": "other"}))
    card_authorization = forms.CharField(
        label="Card authorization code",
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs=REFERENCE),
    )

    credit_stays = forms.BooleanField(label="The rest stays as credit on the account", required=False)
    change_at_hand = forms.BooleanField(label="The change can be given", required=False)

    def __init__(self, data: Mapping[str, Any] | None, *, wanted: Mapping[int, int], drawer: Drawer | None) -> None:
        super().__init__(data)
        self.asks_for_change = False
        self.wanted = wanted
        self.items = sorted(open_items_with(wanted), key=lambda item: (item.debtor_id, item.due_on, item.id))
        # The coin of the drawer's day; without a drawer nothing is taken, and a cent is as good as any.
        self.nearest_cents = smallest_coin_cents(drawer.business_day) if drawer else 1
        for item in self.items:
            cents = wanted.get(item.id, item.balance_cents)
            self.fields[f"item_{item.id}"] = DollarsField(
                label=f"{item.label}: amount to pay",
                required=False,
                initial=format_cents(cents).removeprefix("$"),
                widget=_dollars(**{"data-item": ""}),
            )

    def item_rows(self) -> list[ItemRow]:
        """Return each open item beside the field for its amount, account by account."""
        labels = account_labels({item.debtor_id for item in self.items})
        rows = []
        for item in self.items:
            label = labels.get(item.debtor_id)
            whose = (label.number, label.customer_name) if label else ("", "")
            rows.append(ItemRow(item, self[f"item_{item.id}"], *whose))
        return rows

    @property
    def amounts(self) -> dict[int, int]:
        """Return the cents to pay by open item; items left empty are not paid."""
        return {item.id: cents for item in self.items if (cents := self.cleaned_data.get(f"item_{item.id}"))}

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

    @property
    def confirmed(self) -> Confirmed:
        """Return what the cashier ticked."""
        return Confirmed(self.cleaned_data["credit_stays"], self.cleaned_data["change_at_hand"])

    def ask(self, refusal: Exception, *, wanted: str) -> None:
        """Say what the cashier should look at twice, with the box to tick."""
        self.asks_for_change = wanted == "change_at_hand"
        self.add_error(None, str(refusal))

    @property
    def to_pay_cents(self) -> int:
        """Return the sum of the items as typed, or as the cart holds them while nothing was sent."""
        return sum((self.amounts if self.is_bound else self.wanted).values())

    @property
    def reckoning(self) -> Reckoning:
        """Return what is still due, given back or left as credit with what was typed so far."""
        typed = self.cleaned_data if self.is_bound else {}
        return reckon(
            due_cents=self.to_pay_cents,
            cash_cents=typed.get("cash") or 0,
            other_cents=(typed.get("check") or 0) + (typed.get("card") or 0),
            nearest_cents=self.nearest_cents,
        )


class FindAccount(forms.Form):
    """Whose payment it is: a number, a scanned stub, or what the clerk heard."""

    number = forms.CharField(
        label="Account, name or address",
        max_length=200,
        help_text="Or scan the stub of the bill.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": "autofocus"}),
        error_messages={"required": "Type an account number, a name or an address, or scan the stub."},
    )

    def give_way(self) -> None:
        """Leave the focus to what was found."""
        self.fields["number"].widget.attrs.pop("autofocus", None)


@dataclass(frozen=True, slots=True)
class FaceRow:
    """One bill or coin of a count: its name, its field, and what the pieces typed so far are worth."""

    name: str
    field: forms.BoundField
    cents: int


class CountDrawer(forms.Form):
    """Pieces of each bill and coin, and the sum of the checks."""

    checks = DollarsField(
        label="Checks in the drawer", required=False, help_text="The sum of all checks; empty if none"
    )

    def __init__(self, data: Mapping[str, Any] | None, *, faces: Sequence[int]) -> None:
        super().__init__(data)
        self.faces = faces
        for face in faces:
            attrs = {"inputmode": "numeric", "autocomplete": "off", "data-ten-key": "", "data-face-cents": face}
            if face == faces[0]:
                attrs["autofocus"] = "autofocus"
            self.fields[f"face_{face}"] = forms.RegexField(
                r"\A[0-9]{1,6}\Z",
                label=_face_name(face),
                required=False,
                error_messages={"invalid": "Expected a whole number of pieces, 0 to 999999."},
                widget=forms.TextInput(attrs=attrs),
            )

    def face_rows(self) -> list[FaceRow]:
        """Return each bill and coin beside its field, largest first."""
        pieces = self.pieces if self.is_bound else {}
        return [FaceRow(_face_name(face), self[f"face_{face}"], face * pieces.get(face, 0)) for face in self.faces]

    @property
    def pieces(self) -> dict[int, int]:
        """Return the pieces by face value in cents; a field left empty is none."""
        return {face: int(self.cleaned_data.get(f"face_{face}") or 0) for face in self.faces}

    @property
    def cash_cents(self) -> int:
        """Return what the pieces typed so far are worth."""
        return count_cents(self.pieces) if self.is_bound else 0

    @property
    def total_cents(self) -> int:
        """Return the pieces and the checks typed so far."""
        return self.cash_cents + ((self.cleaned_data.get("checks") or 0) if self.is_bound else 0)


def _face_name(cents: int) -> str:
    """Return how a cashier calls a bill or coin: `$20` or `25¢`."""
    return f"{cents}¢" if cents % 100 else f"${cents // 100}"


class CloseDrawer(forms.Form):
    """Why a drawer is closed over or short."""

    note = FreeText(
        label="Why is the drawer over or short?",
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class RequestVoid(forms.Form):
    """Why a receipt is void."""

    reason = FreeText(
        label="Why is this receipt void?",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "autofocus": "autofocus"}),
    )

    def __init__(self, data: Mapping[str, Any] | None, *, on: date) -> None:
        super().__init__(data)
        letters = reason_letters_min(on)
        self.fields["reason"].help_text = f"At least {letters} letters; the reason stays on the receipt."
