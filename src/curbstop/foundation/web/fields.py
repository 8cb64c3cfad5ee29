"""Fields that people write sentences into: a card number is refused and not shown again."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from curbstop.foundation.card_numbers import REFUSED, holds_card_number


class FreeText(forms.CharField):
    """Words of a person: a reason, a note, a number that somebody else gave out."""

    def validate(self, value: str) -> None:
        """Refuse a card number.

        :raises ValidationError: in words that do not repeat it
        """
        super().validate(value)
        if holds_card_number(value):
            raise ValidationError(REFUSED, code="card_number")

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Return what the page shows again: nothing of a text that holds a card number."""
        shown = super().bound_data(data, initial)
        return "" if holds_card_number(str(shown or "")) else shown
