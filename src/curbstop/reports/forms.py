"""The days that a register is made for, and what a rate study is asked."""

from datetime import date, timedelta
from typing import Any

from django import forms

from curbstop.rates.domain.compiling import compile_document
from curbstop.rates.domain.documents import LARGEST_FILE
from curbstop.rates.domain.schedule import ScheduleRefused
from curbstop.rates.queries import NoSuchVersion, adopted_schedules
from curbstop.reports.domain.studies import Affordability, read_households
from curbstop.reports.queries.what_if import Question, name_in, question_of

ACCOUNTS_SHOWN, ACCOUNTS_MAX = 5, 25


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


class ChooseAccounts(forms.Form):
    """Which accounts a draft is shown on: some by number, or so many from the least use to the most."""

    numbers = forms.CharField(
        required=False, label="Account numbers", help_text="Separated by commas or spaces; left empty, some are chosen."
    )
    count = forms.IntegerField(
        required=False, min_value=1, max_value=ACCOUNTS_MAX, label="How many", initial=ACCOUNTS_SHOWN
    )

    def clean_numbers(self) -> tuple[str, ...]:
        """Return the numbers one by one."""
        numbers = tuple(str(self.cleaned_data["numbers"]).replace(",", " ").split())
        if len(numbers) > ACCOUNTS_MAX:
            raise forms.ValidationError(f"At most {ACCOUNTS_MAX} accounts; a study prices the whole city.")
        return numbers

    def clean_count(self) -> int:
        """Return the usual number where none was typed."""
        return int(self.cleaned_data["count"] or ACCOUNTS_SHOWN)


class AskForStudy(forms.Form):
    """Which schedule, the draft in place of it, the days whose bills are priced again, and who has to pay them."""

    schedule = forms.ChoiceField()
    draft = forms.FileField(
        label="Draft tariff",
        required=False,
        help_text="A file in the tariff format or of the Open Water Rate Specification.",
    )
    version: "forms.ModelChoiceField[Any]" = forms.ModelChoiceField(
        label="… or a version that the city has",
        queryset=None,
        required=False,
        empty_label="none: the file above",
    )
    first_day = forms.DateField(label="Periods from", widget=forms.DateInput(attrs={"type": "date"}))
    last_day = forms.DateField(label="Through", widget=forms.DateInput(attrs={"type": "date"}))
    households = forms.CharField(
        required=False,
        label="Households",
        help_text="One a line, with its income a year: median = 62000",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    classes = forms.CharField(
        required=False, label="Classes of households", help_text="Separated by commas; left empty, all."
    )
    percent_max = forms.DecimalField(
        required=False, min_value=0, max_value=100, label="Too much, in percent of the income"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        versions = adopted_schedules()
        codes = sorted({version.schedule.code for version in versions.defer("document")})
        self.fields["schedule"].choices = [(code, code) for code in codes]  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["version"].queryset = versions  # type: ignore[attr-defined]  # a ModelChoiceField
        self.question: Question | None = None

    def clean_households(self) -> str:
        """Refuse a line that is no household."""
        text = str(self.cleaned_data["households"])
        try:
            read_households(text.splitlines())
        except ValueError as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        return text

    def clean(self) -> dict[str, Any]:
        """Compile the draft and show every problem of it."""
        asked = super().clean() or {}
        first, last, schedule = asked.get("first_day"), asked.get("last_day"), asked.get("schedule")
        if first and last and last < first:
            raise forms.ValidationError("The last day must not be before the first.", code="order")
        written = self._written(asked)
        if written is None or not schedule or first is None or last is None:
            return asked
        name = name_in(written[0])
        if name != schedule and name in dict(self.fields["schedule"].choices):  # type: ignore[attr-defined]  # as above
            self.add_error("schedule", f"The draft is a tariff of {name}: choose that schedule.")
        try:
            problems = compile_document(*written, schedule).problems
        except ScheduleRefused as refusal:
            problems = tuple(refusal.problems)
        for each in problems:
            self.add_error("draft", str(each))
        try:
            # A period that ends on the day after the last one has its last day within.
            self.question = question_of(
                schedule, draft=written[0], draft_format=written[1],
                from_on=first, to_on=last + timedelta(days=1),
            )  # fmt: skip
        except NoSuchVersion as refusal:
            self.add_error("schedule", str(refusal))
        return asked

    def _written(self, asked: dict[str, Any]) -> tuple[str, str] | None:
        """Return the draft and the language it is written in."""
        file, version = asked.get("draft"), asked.get("version")
        if bool(file) == bool(version):
            self.add_error("draft", "Choose a file, or a version that the city has, and not both.")
            return None
        if not file:
            assert version is not None, "one of the two was chosen"
            return version.document, version.format
        if file.size > LARGEST_FILE:
            self.add_error("draft", f"The file is larger than {LARGEST_FILE:,} bytes.")
            return None
        text = file.read().decode("utf-8-sig", errors="replace")
        is_owrs = file.name.lower().endswith(".owrs") or "\nrate_structure:" in text
        return text, "owrs" if is_owrs else "tariff"

    @property
    def affordability(self) -> Affordability:
        """Return whose bills are held against their income."""
        asked = self.cleaned_data
        return Affordability(
            read_households(asked["households"].splitlines()),
            tuple(each.strip() for each in asked["classes"].split(",") if each.strip()),
            asked["percent_max"],
        )
