"""What people type on the tariff pages: a text, the numbers of a tariff, the day it is to begin."""

from typing import Any

from django import forms
from django.http import QueryDict

from curbstop.rates.domain.documents import LARGEST_FILE
from curbstop.rates.domain.tariff.sheets import Row, sheets_of, with_numbers

# More tiers than any code has; where a form ends is where it stops.
ROWS_MAX = 40


class WriteDraft(forms.Form):
    """The whole text of a draft, and the fingerprint of the one it was written over."""

    document = forms.CharField(
        label="The tariff as text",
        max_length=LARGEST_FILE,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 30, "spellcheck": "false", "wrap": "off", "data-tariff": ""}),
    )
    seen = forms.CharField(widget=forms.HiddenInput)


class ProposeDraft(forms.Form):
    """The day on which a draft is to begin."""

    starts_on = forms.DateField(
        label="First day in force",
        help_text="Today or later: what was billed is not billed again.",
        widget=forms.DateInput(attrs={"type": "date"}),
    )


class SeenDraft(forms.Form):
    """The fingerprint of the text that somebody looked at."""

    seen = forms.CharField(max_length=64)


class Numbers(forms.Form):
    """The numbers of a tariff: `amount-3` is the fourth amount, `tier-0-2-price` a price of the first list of tiers.

    A row without an end and a price is no row; the order of the rows is the order they are written in.
    """

    seen = forms.CharField(max_length=64)

    def __init__(self, data: QueryDict, *, document: str) -> None:
        super().__init__(data)
        self.document = document

    def clean(self) -> dict[str, Any]:
        """Write the numbers into the text, and refuse what is none."""
        cleaned = super().clean() or {}
        sheets = sheets_of(self.document)
        amounts = sum(len(sheet.amounts) for sheet in sheets)
        tables = sum(len(sheet.tiers) for sheet in sheets)
        try:
            cleaned["document"] = with_numbers(
                self.document,
                amounts={
                    number: self._typed(f"amount-{number}")
                    for number in range(amounts)
                    if f"amount-{number}" in self.data
                },
                tiers={number: rows for number in range(tables) if (rows := self._rows(number))},
            )
        except ValueError as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        return cleaned

    def _rows(self, table: int) -> tuple[Row, ...]:
        rows = []
        for row in range(ROWS_MAX):
            if f"tier-{table}-{row}-price" not in self.data:
                break
            typed = (self._typed(f"tier-{table}-{row}-up_to"), self._typed(f"tier-{table}-{row}-price"))
            if any(typed):
                rows.append(typed)
        return tuple(rows)

    def _typed(self, name: str) -> str:
        return str(self.data.get(name, "")).strip().lstrip("$").replace(",", "")
