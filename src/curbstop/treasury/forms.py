"""What is typed when a day is opened, a deposit made up or verified, or the journal exported."""

from collections.abc import Mapping
from typing import Any

from django import forms

from curbstop.cashiering.models import Drawer
from curbstop.foundation.access.models import User
from curbstop.foundation.web.fields import FreeText
from curbstop.treasury.queries import drawers_to_deposit

# Enter goes on to the button: what moves money to the bank or takes a number is never sent by surprise.
TEN_KEY = {"data-ten-key": ""}


def _day(label: str, help_text: str = "") -> forms.DateField:
    return forms.DateField(label=label, help_text=help_text, widget=forms.DateInput(attrs={"type": "date", **TEN_KEY}))


class OpenDay(forms.Form):
    """Which day it is in the office from now on; a day that is not the expected one is confirmed."""

    day = forms.DateField(label="Business day", widget=forms.DateInput(attrs={"type": "date"}))
    confirmed = forms.BooleanField(label="Yes, open this day", required=False)


class MakeDeposit(forms.Form):
    """Which closed drawers go into which bag."""

    drawers: "forms.ModelMultipleChoiceField[Drawer]" = forms.ModelMultipleChoiceField(
        queryset=None,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one drawer."},
    )
    bag_number = FreeText(
        label="Bag number",
        max_length=40,
        help_text="As printed on the sealed bag",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": "autofocus", **TEN_KEY}),
    )

    def __init__(self, data: Mapping[str, Any] | None, *, by: User) -> None:
        super().__init__(data)
        waiting = drawers_to_deposit()
        drawers = self.fields["drawers"]
        drawers.queryset = waiting  # type: ignore[attr-defined]  # a ModelMultipleChoiceField
        # A deposit is intact: everything goes in, but nobody deposits an own drawer.
        drawers.initial = [drawer.pk for drawer in waiting if drawer.cashier_id != by.pk]


class VerifyDeposit(forms.Form):
    """The day on the bank's validated slip."""

    validated_on = _day("Validated by the bank on")


class ExportJournal(forms.Form):
    """The first and the last business day of a journal, and the kind of file."""

    first_day = _day("First business day")
    last_day = _day("Last business day", "This day is in the journal")
    kind = forms.ChoiceField(label="File", choices=[("csv", "CSV"), ("xlsx", "Excel")], initial="csv")

    def clean(self) -> dict[str, Any]:
        """Refuse days in the wrong order."""
        days = super().clean() or {}
        first, last = days.get("first_day"), days.get("last_day")
        if first and last and last < first:
            raise forms.ValidationError("The last day must not be before the first.", code="order")
        return days
