"""The day that the office opens."""

from django import forms


class OpenDay(forms.Form):
    """Which day it is in the office from now on."""

    day = forms.DateField(label="Business day", widget=forms.DateInput(attrs={"type": "date"}))
