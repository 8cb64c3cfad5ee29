"""What a person types who decides about a read."""

from typing import Any

from django import forms

from curbstop.foundation.web.fields import FreeText

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
