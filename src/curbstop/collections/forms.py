"""What is typed about late bills: a run, the ground of a waiver, a deposit, a dispute and its answer."""

from collections.abc import Sequence
from typing import Any

from django import forms

from curbstop.collections.models import ChargeRun, DepositRelease, Dispute, Waiver
from curbstop.collections.queries import Disputable
from curbstop.foundation.money import format_cents
from curbstop.foundation.web.fields import DollarsField, FreeText

REASON_LENGTH_MIN = 10
LINE = {"autocomplete": "off", "class": "wide"}


def _reason(label: str, help_text: str = "A sentence that an auditor will understand.") -> FreeText:
    return FreeText(
        label=label,
        min_length=REASON_LENGTH_MIN,
        max_length=500,
        help_text=help_text,
        widget=forms.TextInput(attrs=LINE),
    )


class ProposeCharges(forms.Form):
    """What is charged: penalties, or interest."""

    kind = forms.ChoiceField(label="Charge", choices=ChargeRun.Kind.choices)


class WaiveCharge(forms.Form):
    """Why a charge is waived, and what proves it."""

    reason = forms.ChoiceField(choices=Waiver.Reason.choices)
    note = _reason("What happened")
    evidence = FreeText(
        required=False,
        max_length=500,
        help_text="The letter, receipt or statement that was seen. A courtesy needs none.",
        widget=forms.TextInput(attrs=LINE),
    )


class AskDeposit(forms.Form):
    """How much is asked and why; without an amount, the city's rule says it."""

    amount = DollarsField(required=False, help_text="Leave empty to take the amount of the ordinance.")
    reason = _reason("Why a deposit is asked for")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Two forms on a page: each field has an id of its own.
        kwargs.setdefault("auto_id", "deposit_%s")
        super().__init__(*args, **kwargs)


class ReleaseDeposit(forms.Form):
    """In which form a deposit goes back."""

    form = forms.ChoiceField(label="How it goes back", choices=DepositRelease.Form.choices)
    reason = _reason("Reason")


class OpenDispute(forms.Form):
    """Which bill is disputed, how much of it, and why."""

    bill = forms.ChoiceField()
    amount = DollarsField(required=False, help_text="Leave empty for all that is unpaid.")
    reason = _reason("What the customer says")

    def __init__(self, *args: Any, bills: Sequence[Disputable], **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "dispute_%s")
        super().__init__(*args, **kwargs)
        choices = [(bill.source, f"Bill {bill.number}, {format_cents(bill.cents)} unpaid") for bill in bills]
        self.fields["bill"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField


class ResolveDispute(forms.Form):
    """Whether the customer is right, and the answer that goes to the customer."""

    outcome = forms.ChoiceField(choices=Dispute.Outcome.choices)
    answer = _reason("Answer to the customer", "It stands in the letter to the customer.")
