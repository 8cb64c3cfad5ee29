"""The days that a register is made for."""

from datetime import date

from django import forms


class Days(forms.Form):
    """A first and a last day, both included."""

    first_day = forms.DateField(label="From", widget=forms.DateInput(attrs={"type": "date"}))
    last_day = forms.DateField(label="Through", widget=forms.DateInput(attrs={"type": "date"}))

    def clean(self) -> dict[str, date]:
        """Refuse days in the wrong order."""
        days = super().clean() or {}
        first, last = days.get("first_day"), days.get("last_day")
        if first and last and last < first:
            raise forms.ValidationError("The last day must not be before the first.", code="order")
        return days
