"""Customers, premises, service points, accounts and agreements: five things that are never merged.

Debt follows the account, consumption the service point, identity the customer (rulebook §1.1). An account
points down to the ledger's debtor; what upper rooms decide about an agreement are their own dated rows.
"""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Trim

from curbstop.foundation.database.schema import AppendOnlyModel
from curbstop.ledger.models import Debtor, Service


def prefix_index(column: str, name: str) -> models.Index:
    """Return the index behind `LIKE 'smi%'`, which also serves the order of a list."""
    return models.Index(fields=[column], opclasses=["text_pattern_ops"], name=name)


def trigram_index(column: str, name: str) -> GinIndex:
    """Return the index behind a search that forgives a misspelling."""
    return GinIndex(fields=[column], opclasses=["gin_trgm_ops"], name=name)


class Customer(models.Model):
    """A person or an organization: identity and how to reach them."""

    class Kind(models.TextChoices):
        """Whether a law about persons, such as identity checks, applies."""

        PERSON = "person", "Person"
        ORGANIZATION = "organization", "Organization"

    class Language(models.TextChoices):
        """The language that bills and letters are written in."""

        ENGLISH = "en", "English"
        SPANISH = "es", "Spanish"

    number = models.CharField(max_length=32, unique=True)
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.PERSON)
    name = models.CharField(max_length=300)
    search_key = models.CharField(max_length=600, editable=False)
    sort_key = models.CharField(max_length=600, editable=False)
    phone = models.CharField(max_length=40, blank=True, default="")
    phone_digits = models.CharField(max_length=40, blank=True, default="", editable=False)
    email = models.CharField(max_length=254, blank=True, default="")
    language = models.CharField(max_length=2, choices=Language, default=Language.ENGLISH)
    mailing_line_1 = models.CharField(max_length=200, blank=True, default="")
    mailing_line_2 = models.CharField(max_length=200, blank=True, default="")
    mailing_city = models.CharField(max_length=100, blank=True, default="")
    mailing_state = models.CharField(max_length=2, blank=True, default="")
    mailing_zip = models.CharField(max_length=10, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(name="customer_kind_known", condition=Q(kind__in=["person", "organization"])),
            models.CheckConstraint(name="customer_language_known", condition=Q(language__in=["en", "es"])),
            models.CheckConstraint(name="customer_has_a_name", condition=~Q(name="") & Q(name=Trim("name"))),
        ]
        indexes = [
            prefix_index("sort_key", "customer_sort_key_prefix"),
            trigram_index("search_key", "customer_search_key_trigram"),
            prefix_index("phone_digits", "customer_phone_digits_prefix"),
        ]


class Premises(models.Model):
    """A place that can be served, whoever lives there."""

    address_line = models.CharField(max_length=200)
    unit = models.CharField(max_length=40, blank=True, default="")
    city = models.CharField(max_length=100)
    state = models.CharField(max_length=2)
    zip = models.CharField(max_length=10)
    parcel = models.CharField(max_length=40, blank=True, default="")
    inside_city = models.BooleanField(default=True)
    search_key = models.CharField(max_length=600, editable=False)

    class Meta:
        verbose_name_plural = "premises"
        constraints = [
            models.UniqueConstraint(name="one_premises_per_address", fields=["search_key", "zip"]),
            models.CheckConstraint(name="premises_has_an_address", condition=~Q(search_key="")),
        ]
        indexes = [
            prefix_index("search_key", "premises_search_key_prefix"),
            trigram_index("search_key", "premises_search_key_trigram"),
        ]


class ServicePoint(models.Model):
    """Where one service reaches a premises: the tap, the sewer lateral, the cart."""

    premises = models.ForeignKey(Premises, on_delete=models.PROTECT, related_name="service_points")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+")
    number = models.CharField(max_length=32, unique=True)


class Account(models.Model):
    """A customer at a premises for a time; all that is billed and paid hangs on its debtor."""

    number = models.CharField(max_length=32, unique=True)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="accounts")
    premises = models.ForeignKey(Premises, on_delete=models.PROTECT, related_name="accounts")
    debtor = models.OneToOneField(Debtor, on_delete=models.PROTECT, related_name="+")
    opened_on = models.DateField()
    closed_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="account_closes_after_it_opens",
                condition=Q(closed_on__isnull=True) | Q(closed_on__gte=F("opened_on")),
            ),
            models.CheckConstraint(name="account_has_a_number", condition=Q(number__regex=r"^[0-9A-Za-z-]+$")),
        ]
        indexes = [prefix_index("number", "account_number_prefix")]


class ServiceAgreement(models.Model):
    """One account's responsibility for one service point, from a day up to, but not including, another."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="agreements")
    service_point = models.ForeignKey(ServicePoint, on_delete=models.PROTECT, related_name="agreements")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="agreement_ends_after_it_starts",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gt=F("starts_on")),
            ),
            # INV-2: a premises has at most one financially responsible account per service on any day.
            ExclusionConstraint(
                name="one_responsible_account",
                expressions=[
                    (F("service_point"), RangeOperators.EQUAL),
                    (
                        Func("starts_on", "ends_on", function="daterange", output_field=DateRangeField()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]


class Contact(AppendOnlyModel):
    """One conversation with a customer, as it was written down."""

    class Channel(models.TextChoices):
        """How the customer was reached."""

        PHONE = "phone", "Telephone"
        COUNTER = "counter", "Counter"
        MAIL = "mail", "Mail"
        EMAIL = "email", "E-mail"

    class Direction(models.TextChoices):
        """Who spoke first."""

        INBOUND = "inbound", "From the customer"
        OUTBOUND = "outbound", "To the customer"

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="contacts")
    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="contacts")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=10, choices=Channel)
    direction = models.CharField(max_length=10, choices=Direction)
    note = models.TextField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="contact_channel_known", condition=Q(channel__in=["phone", "counter", "mail", "email"])
            ),
            models.CheckConstraint(name="contact_direction_known", condition=Q(direction__in=["inbound", "outbound"])),
            models.CheckConstraint(name="contact_says_something", condition=~Q(note="")),
        ]
        indexes = [models.Index(fields=["customer", "-at"], name="contact_customer_latest")]


class StaffTie(AppendOnlyModel):
    """An employee's own account, or that of the household or a relative: others decide about its money (P21)."""

    class Kind(models.TextChoices):
        """Whose the account is."""

        OWN = "own", "Their own"
        HOUSEHOLD = "household", "Of their household"
        RELATIVE = "relative", "Of a relative"

    set_once: ClassVar[tuple[str, ...]] = ("ended_by_id", "ended_at")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    declared_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    declared_at = models.DateTimeField()
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="staff_tie_kind_known", condition=Q(kind__in=["own", "household", "relative"])),
            models.UniqueConstraint(
                name="staff_tie_once", fields=["user", "customer"], condition=Q(ended_at__isnull=True)
            ),
            # One may declare one's own tie; that it is over is for somebody else to say.
            models.CheckConstraint(
                name="staff_tie_ended_by_another",
                condition=Q(ended_by__isnull=True, ended_at__isnull=True)
                | Q(ended_by__isnull=False, ended_at__isnull=False) & ~Q(ended_by=F("user")),
            ),
        ]
