"""What people type on the pages of billing: a cycle and a day, or a reason."""

from typing import Any

from django import forms

from curbstop.billing.models import Cycle
from curbstop.billing.queries import cycles
from curbstop.foundation.web.fields import FreeText

REASON_LENGTH_MIN = 10


class DraftRun(forms.Form):
    """Which cycle to draft, and up to which day."""

    cycle = forms.ModelChoiceField(queryset=Cycle.objects.none(), empty_label=None)
    through = forms.DateField(
        label="Bill days before",
        help_text="The first day that this run does not bill, usually the read day.",
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cycle"].queryset = cycles()  # type: ignore[attr-defined]  # a ModelChoiceField


class MasterOf(forms.Form):
    """The account that joins a summary, or whose customer gets one."""

    account = forms.CharField(label="Account number", max_length=40)


class Reason(forms.Form):
    """Why somebody decided so, in a sentence that an auditor will read."""

    reason = FreeText(
        min_length=REASON_LENGTH_MIN,
        max_length=500,
        help_text="A sentence that an auditor will understand.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class Decision(Reason):
    """The reason for holding or clearing a bill: one line, so that Enter decides."""

    reason = FreeText(
        min_length=REASON_LENGTH_MIN,
        max_length=500,
        help_text="A sentence that an auditor will understand; Enter decides.",
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off", "class": "wide"}),
    )
