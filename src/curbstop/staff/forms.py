"""What people type on the account page: how a customer was reached and what was said."""

from typing import Any

from django import forms

from curbstop.customers.models import Contact
from curbstop.customers.operations import Conversation
from curbstop.foundation.web.fields import FreeText

NOTE_LENGTH_MAX = 2000


class LogContact(forms.Form):
    """One conversation with a customer."""

    channel = forms.ChoiceField(choices=Contact.Channel.choices, label="How")
    direction = forms.ChoiceField(choices=Contact.Direction.choices, label="Who spoke first")
    note = FreeText(
        max_length=NOTE_LENGTH_MAX,
        help_text="What was asked and what was said; no card numbers.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean(self) -> dict[str, Any]:
        """Return the answers together as one conversation."""
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            cleaned["conversation"] = Conversation(
                channel=Contact.Channel(cleaned["channel"]),
                direction=Contact.Direction(cleaned["direction"]),
                note=cleaned["note"],
            )
        return cleaned
