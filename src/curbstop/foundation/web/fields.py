"""Fields that people write into: sentences, in which a card number is refused, and amounts, which are never guessed."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from curbstop.foundation.card_numbers import REFUSED, holds_card_number
from curbstop.foundation.money import NotMoney, parse_dollars


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


class DollarsField(forms.CharField):
    """An amount in dollars that becomes integer cents; empty becomes nothing."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 20)
        kwargs.setdefault(
            "widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "class": "money-input"})
        )
        super().__init__(**kwargs)

    def clean(self, value: Any) -> int | None:
        """Return the amount in cents."""
        text = super().clean(value)
        if not text:
            return None
        try:
            return parse_dollars(text)
        except NotMoney as refusal:
            raise ValidationError(str(refusal), code="not_money") from refusal
