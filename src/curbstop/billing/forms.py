"""What people type on the pages of billing: a cycle and a day, a reason, an amount for a service."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from curbstop.billing.domain.adjustments import Asked, AskedLine, Ground
from curbstop.billing.domain.budget_plans import BudgetPolicy
from curbstop.billing.domain.leak_policies import LeakPolicy
from curbstop.billing.models import Cycle
from curbstop.billing.queries import cycles
from curbstop.billing.queries.leaks import Shown
from curbstop.foundation.web.fields import DollarsField, FreeText
from curbstop.ledger.queries import services
from curbstop.rates.queries import version_names

REASON_LENGTH_MIN = 10


class DraftRun(forms.Form):
    """Which cycles to draft as one run, and up to which day."""

    cycle = forms.ModelMultipleChoiceField(
        queryset=Cycle.objects.none(),
        label="Cycles",
        widget=forms.SelectMultiple(attrs={"size": 3}),
    )
    through = forms.DateField(
        label="Bill days before",
        help_text="The first day that this run does not bill, usually the read day.",
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cycle"].queryset = cycles()  # type: ignore[attr-defined]  # a ModelChoiceField


class DraftChosen(forms.Form):
    """Accounts off their cycle, or the last bills of all that ended, and up to which day."""

    kind = forms.ChoiceField(
        label="Whose bills", choices=[("off_cycle", "Chosen accounts"), ("final", "All who wait for a last bill")]
    )
    accounts = forms.CharField(
        label="Account numbers", required=False, max_length=2000, help_text="For chosen accounts, with spaces between."
    )
    through = forms.DateField(label="Bill days before", widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # The same page drafts cycles, with a day of its own.
        kwargs.setdefault("auto_id", "chosen_%s")
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        """Ask for the accounts where somebody chooses them."""
        cleaned = super().clean() or {}
        if cleaned.get("kind") == "off_cycle" and not self.numbers():
            self.add_error("accounts", "Enter the number of at least one account.")
        return cleaned

    def numbers(self) -> list[str]:
        """Return the account numbers that were typed."""
        return sorted(set(str(self.cleaned_data.get("accounts", "")).replace(",", " ").split()))


class MoveAccount(forms.Form):
    """Which account goes to which cycle, and from which day on."""

    account = forms.CharField(label="Account number", max_length=40)
    cycle = forms.ModelChoiceField(queryset=Cycle.objects.none(), empty_label=None)
    on = forms.DateField(label="From", widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cycle"].queryset = cycles()  # type: ignore[attr-defined]  # a ModelChoiceField


class ComputeAverages(forms.Form):
    """Which policy's averages to compute, and a day on which they hold."""

    policy = forms.CharField(max_length=60, help_text="Its name, such as winter.")
    on = forms.DateField(
        label="For bills on",
        help_text="They begin last before this day.",
        widget=forms.DateInput(attrs={"type": "date"}),
    )


class AgencyDay(forms.Form):
    """Which agency is settled for which day."""

    agency = forms.CharField(max_length=80)
    business_date = forms.DateField()


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


class RequestExemption(Reason):
    """Which service of which account is not billed, and from which day on."""

    account = forms.CharField(label="Account number", max_length=40)
    service = forms.ChoiceField()
    starts_on = forms.DateField(label="Not billed from", widget=forms.DateInput(attrs={"type": "date"}))
    field_order = ("account", "service", "starts_on", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["service"].choices = [(each.code, each.name_en) for each in services()]  # type: ignore[attr-defined]  # a ChoiceField


class EndExemption(forms.Form):
    """From which day on a service is billed again."""

    ends_on = forms.DateField()


class RequestAdjustment(forms.Form):
    """A credit or a charge on one service, with its reason and what shows it."""

    kind = forms.ChoiceField(choices=[("credit", "Credit"), ("charge", "Charge")], label="Credit or charge")
    service = forms.ChoiceField()
    amount = DollarsField(help_text="Dollars and cents, for example 20.00")
    reason = forms.ChoiceField()
    note = FreeText(
        label="What happened",
        min_length=REASON_LENGTH_MIN,
        max_length=500,
        help_text="A sentence that an auditor will understand.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    evidence = FreeText(label="What shows it", max_length=300, required=False)
    reference = FreeText(label="Where it is kept", max_length=120, required=False, help_text="A document number.")

    def __init__(
        self, *args: Any, services: Iterable[tuple[str, str]], grounds: Iterable[Ground], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["service"].choices = list(services)  # type: ignore[attr-defined]  # a ChoiceField
        wants = {"none": "", "text": " (say what shows it)", "document": " (needs a document)"}
        self.fields["reason"].choices = [  # type: ignore[attr-defined]  # a ChoiceField
            (ground.code, ground.label_en + wants[ground.evidence]) for ground in grounds
        ]

    def asked(self) -> Asked:
        """Return what was typed as a request; a service is `id` or `id:item`."""
        typed = self.cleaned_data
        service, _, item = typed["service"].partition(":")
        line = AskedLine(int(service), typed["amount"], int(item) if item else None)
        texts = {name: typed[name] for name in ("kind", "reason", "note", "evidence", "reference")}
        return Asked(lines=(line,), **texts)


class LeakFacts(forms.Form):
    """Where a leak was, and what the customer showed: the sheet is worked out from it."""

    place = forms.ChoiceField(label="Where was the leak?")
    entered_sewer = forms.BooleanField(label="The water ran into the sewer", required=False)
    met = forms.MultipleChoiceField(label="Conditions met", required=False, widget=forms.CheckboxSelectMultiple)
    shown = forms.MultipleChoiceField(label="The customer showed", required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, policy: LeakPolicy, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, words in (("place", policy.places), ("met", policy.conditions), ("shown", policy.evidence)):
            self.fields[name].choices = [  # type: ignore[attr-defined]  # choice fields all three
                (word, word.replace("_", " ").capitalize()) for word in words
            ]
            if not words:
                del self.fields[name]

    def facts(self) -> Shown:
        """Return what was said and shown."""
        typed = self.cleaned_data
        return Shown(
            place=typed["place"],
            entered_sewer=typed["entered_sewer"],
            met=frozenset(typed.get("met", ())),
            evidence=frozenset(typed.get("shown", ())),
        )


class LeakSupport(forms.Form):
    """What happened and where its proof is kept, to ask for the credit of a leak sheet."""

    note = FreeText(label="What happened", min_length=REASON_LENGTH_MIN, max_length=500)
    evidence = FreeText(label="What shows it", max_length=300)
    reference = FreeText(label="Where it is kept", max_length=120)


class RequestRefund(forms.Form):
    """How much credit goes back to whom, or over to which other account of the customer."""

    amount = DollarsField(help_text="Dollars and cents, for example 20.00")
    payee = FreeText(label="Check to", max_length=200, required=False)
    to_account = forms.ChoiceField(label="Or to another account of the customer", required=False)
    reason = FreeText(label="Why", min_length=REASON_LENGTH_MIN, max_length=500)

    def __init__(self, *args: Any, others: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to_account"].choices = [("", "None"), *others.items()]  # type: ignore[attr-defined]  # a ChoiceField


class EnrollBudget(forms.Form):
    """Which of the city's kinds of budget billing an account joins."""

    policy = forms.ChoiceField(label="Kind of budget billing")

    def __init__(self, *args: Any, policies: Iterable[BudgetPolicy], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["policy"].choices = [(each.code, each.label_en) for each in policies]  # type: ignore[attr-defined]


class DraftRebill(Reason):
    """What was corrected: a rate since a day, the terms of an account since a day, or one read of a meter."""

    kind = forms.ChoiceField(
        label="What was wrong",
        choices=[("rate", "A rate"), ("class", "The class or terms of an account"), ("read", "A read")],
    )
    schedule = forms.ChoiceField(required=False, help_text="For a rate: load its corrected version first.")
    account = forms.CharField(required=False, help_text="For a class: its number; assign the right class first.")
    meter = forms.CharField(required=False, help_text="For a read: the meter's serial number.")
    register = forms.DecimalField(required=False, label="Right reading", min_value=0, decimal_places=4)
    on = forms.DateField(
        label="Since, or read on",
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="The first day that was wrong; for a read, its day.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        codes = sorted({code for code, _ in version_names().values()})
        self.fields["schedule"].choices = [("", "-"), *((code, code) for code in codes)]  # type: ignore[attr-defined]
        self.order_fields(["kind", "schedule", "account", "meter", "register", "on", "reason"])

    def clean(self) -> dict[str, Any]:
        """Ask for what goes with the chosen kind."""
        given: dict[str, Any] = super().clean() or {}
        needed = {"rate": ("schedule",), "class": ("account",), "read": ("meter", "register")}
        for name in needed.get(given.get("kind", ""), ()):
            if given.get(name) in (None, "") and name not in self.errors:
                self.add_error(name, "This belongs to what was wrong.")
        return given


class Settling(Reason):
    """The reason on the workbench, where the list keeps the focus until somebody decides."""

    reason = FreeText(
        min_length=REASON_LENGTH_MIN,
        max_length=500,
        help_text="A sentence that an auditor will understand; Enter decides.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "wide"}),
    )
