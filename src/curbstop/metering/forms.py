"""What a person types who decides about a read, exchanges a meter or puts it behind another."""

from typing import Any

from django import forms

from curbstop.foundation.web.fields import FreeText
from curbstop.metering.models import SubmeterLink
from curbstop.metering.models.meters import VOLUME_CHOICES
from curbstop.metering.operations import Hung

DECISIONS = (
    ("accept", "Accept as read (A)"),
    ("reread", "Read again (R)"),
    ("estimate", "Estimate (E)"),
    ("correct", "Correct (C)"),
    ("true_up", "Spread over the estimates (S)"),
)
WITH_REGISTER = {"reread", "correct"}


class Decision(forms.Form):
    """One decision about one read, with a word why."""

    decision = forms.ChoiceField(choices=DECISIONS, widget=forms.RadioSelect(attrs={"class": "usa-radio__input"}))
    register = forms.DecimalField(
        required=False,
        min_value=0,
        max_digits=14,
        decimal_places=4,
        help_text="For a second reading or a correction.",
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )
    read_on = forms.DateField(label="Second reading on", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    note = FreeText(min_length=3, max_length=500, label="Why", help_text="A word that an auditor will understand.")

    def clean(self) -> dict[str, Any]:
        """Ask for the register where the decision needs one."""
        cleaned = super().clean() or {}
        decision = cleaned.get("decision")
        if decision in WITH_REGISTER and cleaned.get("register") is None and "register" not in self.errors:
            self.add_error("register", "Enter what the register shows.")
        if decision == "reread" and cleaned.get("read_on") is None and "read_on" not in self.errors:
            self.add_error("read_on", "Enter the day of the second reading.")
        return cleaned


SIDES = (("", "Single meter"), ("high", "High side"), ("low", "Low side"))


class ExchangeMeter(forms.Form):
    """What the old register shows, and the meter that hangs in its place; a side of a compound meter by itself."""

    on = forms.DateField(label="Exchanged on", widget=forms.DateInput(attrs={"type": "date"}))
    side = forms.ChoiceField(choices=SIDES, required=False, label="Which register")
    out_register = forms.DecimalField(label="Old register shows", min_value=0, max_digits=14, decimal_places=4)
    serial = forms.CharField(label="New meter", max_length=32)
    size_inches = forms.CharField(label="Size", max_length=12, help_text='In inches, such as 5/8".')
    dials = forms.IntegerField(min_value=3, max_value=10)
    unit = forms.ChoiceField(choices=VOLUME_CHOICES, label="Counts in")
    multiplier = forms.DecimalField(min_value=0, max_digits=8, decimal_places=2, initial=1)
    register = forms.DecimalField(label="New register shows", min_value=0, max_digits=14, decimal_places=4, initial=0)

    def hung(self) -> Hung:
        """Return the new meter."""
        names = ("serial", "size_inches", "dials", "unit", "multiplier", "register", "side")
        return Hung(**{name: self.cleaned_data[name] for name in names})


class LinkSubmeter(forms.Form):
    """Which service point is behind this one, since when, and what of the use it reduces."""

    submeter = forms.CharField(label="Service point behind this one", max_length=40)
    purpose = forms.ChoiceField(choices=SubmeterLink.Purpose.choices, label="What it reduces")
    starts_on = forms.DateField(label="Since", widget=forms.DateInput(attrs={"type": "date"}))


class UnlinkSubmeter(forms.Form):
    """From which day on a service point is behind no other."""

    on = forms.DateField(label="No longer behind another since", widget=forms.DateInput(attrs={"type": "date"}))


class Answer(forms.Form):
    """What became of an alert."""

    note = FreeText(min_length=3, max_length=500, label="What was found", help_text="Who was told, or what it was.")
