"""Adopting rates: one version in force on a day, by two people, never rewritten; and who is billed by which."""

from collections.abc import Callable
from datetime import date
from typing import Any

import polars as pl
import pytest
from django.db import IntegrityError

from curbstop.foundation.database.transactions import transaction
from curbstop.rates.models import RateAssignment, Schedule, ScheduleVersion
from curbstop.rates.operations import RatesRefused, adopt_version, assign_rates, end_version
from curbstop.rates.proofs import PROOFS
from curbstop.rates.queries import (
    NoSuchVersion,
    assignments_frame,
    assignments_of,
    compiled_schedule,
    rate_stretches_frame,
    version_on,
)

JANUARY, JULY, NEW_YEAR = date(2026, 1, 1), date(2026, 7, 1), date(2027, 1, 1)
TARIFF = """\
tariff: water
unit: ccf
section: "13.04"
components:
  - {key: use, service: water, label: {en: Use, es: Consumo}, price: 4.25, classes: [home]}
"""


@pytest.fixture
def adopt(city: Any, person: Callable[..., Any]) -> Callable[..., ScheduleVersion]:
    maker, checker = person("maker"), person("checker")

    def adopted(document: str = TARIFF, starts_on: date = JANUARY, **changed: Any) -> ScheduleVersion:
        given = {
            "schedule": "water-home",
            "service": "water",
            "document": document,
            "format": "tariff",
            "section_id": city.pk,
            "starts_on": starts_on,
            "proposed_by": maker,
            "approved_by": checker,
            **changed,
        }
        with transaction():
            return adopt_version(**given)

    return adopted


def ranges() -> list[tuple[date, date | None]]:
    return list(ScheduleVersion.objects.order_by("pk").values_list("starts_on", "ends_on"))


class TestAdoptVersion:
    def test_closes_the_old_version_the_day_the_new_one_starts(self, adopt: Callable[..., ScheduleVersion]) -> None:
        adopt()
        adopt(TARIFF.replace("4.25", "4.37"), JULY)
        assert ranges() == [(JANUARY, JULY), (JULY, None)]
        assert "4.25" in version_on("water-home", date(2026, 6, 30)).document
        assert "4.37" in version_on("water-home", JULY).document

    def test_changes_nothing_for_the_same_document(self, adopt: Callable[..., ScheduleVersion]) -> None:
        assert adopt() == adopt() == adopt(starts_on=JULY)
        assert ranges() == [(JANUARY, None)]

    def test_replaces_a_version_on_its_first_day_and_keeps_it_as_withdrawn(
        self, adopt: Callable[..., ScheduleVersion]
    ) -> None:
        adopt()
        adopt(TARIFF.replace("4.25", "4.37"))
        assert ranges() == [(JANUARY, JANUARY), (JANUARY, None)]
        assert "4.37" in version_on("water-home", JANUARY).document

    @pytest.mark.parametrize(
        ("changed", "why"),
        [
            ({"document": TARIFF.replace("4.25", "four")}, "components.1..price: “four”"),
            ({"document": TARIFF.replace("13.04", "99.99")}, "cites 99.99"),
            ({"document": TARIFF.replace("service: water", "service: air")}, "charges for air"),
            ({"service": "air"}, "air is no service of the city"),
            ({"format": "owrs"}, "rate_structure"),
        ],
    )
    def test_refuses_what_cannot_be_billed(
        self, adopt: Callable[..., ScheduleVersion], changed: dict[str, Any], why: str
    ) -> None:
        with pytest.raises(RatesRefused, match=why):
            adopt(**changed)
        assert Schedule.objects.count() == ScheduleVersion.objects.count() == 0

    def test_refuses_one_person_in_both_roles(
        self, adopt: Callable[..., ScheduleVersion], person: Callable[..., Any]
    ) -> None:
        with pytest.raises(RatesRefused, match="cannot approve"):
            adopt(approved_by=person("maker"))
        assert ScheduleVersion.objects.count() == 0

    def test_refuses_to_slip_under_a_later_version(self, adopt: Callable[..., ScheduleVersion]) -> None:
        adopt(starts_on=JULY)
        with pytest.raises(RatesRefused, match="another version is in force"):
            adopt(TARIFF.replace("4.25", "4.37"), JANUARY)
        assert ranges() == [(JULY, None)]

    def test_is_never_rewritten_afterwards(self, adopt: Callable[..., ScheduleVersion]) -> None:
        version = adopt()
        rewrite = ScheduleVersion.objects.filter(pk=version.pk)
        for change in ({"document": "free water"}, {"starts_on": date(2025, 1, 1)}):
            with (
                pytest.raises(IntegrityError, match="never rewritten"),
                transaction(),
            ):
                rewrite.update(**change)
        with pytest.raises(IntegrityError), transaction():
            version.delete()
        assert ScheduleVersion.objects.get(pk=version.pk).document == TARIFF


class TestEndVersion:
    def test_leaves_no_rate_after_it(self, adopt: Callable[..., ScheduleVersion]) -> None:
        adopt()
        with transaction():
            end_version(schedule="water-home", starts_on=JANUARY, ends_on=JULY)
        with pytest.raises(NoSuchVersion):
            version_on("water-home", JULY)

    def test_refuses_a_version_that_never_began(self, adopt: Callable[..., ScheduleVersion]) -> None:
        adopt()
        with pytest.raises(RatesRefused, match="no version began"), transaction():
            end_version(schedule="water-home", starts_on=JULY, ends_on=None)
        assert ranges() == [(JANUARY, None)]


def rows(agreement: Any, **changed: Any) -> pl.DataFrame:
    given = {
        "agreement_id": agreement.pk,
        "schedule": "water-home",
        "customer_class": "home",
        "inputs": '{"meter_size": "5/8\\""}',
        "starts_on": JANUARY,
        "ends_on": None,
        **changed,
    }
    return pl.DataFrame([given], schema_overrides={"ends_on": pl.Date})


class TestAssignRates:
    def test_tells_a_run_what_each_agreement_is_billed_by(
        self, adopt: Callable[..., ScheduleVersion], agreement: Any
    ) -> None:
        version = adopt()
        with transaction():
            assert assign_rates(rows(agreement)) == 1
        span = {"first_account_id": agreement.account_id, "last_account_id": agreement.account_id}
        assert assignments_frame(**span, on=JULY).rows() == [
            (agreement.pk, version.pk, "home", '{"meter_size": "5/8\\""}')
        ]
        assert assignments_frame(**span, on=date(2025, 1, 1)).is_empty()
        (row,) = assignments_of([agreement.pk])
        assert (row.schedule_code, row.inputs) == ("water-home", {"meter_size": '5/8"'})
        schedule = compiled_schedule(version.pk)
        assert (schedule.name, schedule.version) == ("water", "2026-01-01")
        assert schedule.classes["home"].inputs == ("usage",)

    def test_gives_an_agreement_that_ended_the_rate_of_its_last_day(
        self, adopt: Callable[..., ScheduleVersion], agreement: Any
    ) -> None:
        version = adopt()
        with transaction():
            assign_rates(rows(agreement, ends_on=date(2026, 3, 1)))
        type(agreement).objects.filter(pk=agreement.pk).update(ends_on=date(2026, 3, 1))
        span = {"first_account_id": agreement.account_id, "last_account_id": agreement.account_id}

        assert assignments_frame(**span, on=JULY)["schedule_version_id"].to_list() == [version.pk]

    @pytest.mark.parametrize(
        ("changed", "why"),
        [
            ({"schedule": "fire"}, "There is no rate schedule fire"),
            ({"customer_class": "shop"}, "has no class “shop”; it has home"),
        ],
    )
    def test_refuses_what_has_no_rate(
        self, adopt: Callable[..., ScheduleVersion], agreement: Any, changed: dict[str, Any], why: str
    ) -> None:
        adopt()
        with pytest.raises(RatesRefused, match=why), transaction():
            assign_rates(rows(agreement, **changed))
        assert RateAssignment.objects.count() == 0

    def test_refuses_two_rates_on_one_day(self, adopt: Callable[..., ScheduleVersion], agreement: Any) -> None:
        adopt()
        with transaction():
            assign_rates(rows(agreement, ends_on=JULY))
        with pytest.raises(RatesRefused, match="already has a rate"), transaction():
            assign_rates(rows(agreement, starts_on=date(2026, 6, 30)))
        with transaction():
            assign_rates(rows(agreement, starts_on=JULY))
        assert RateAssignment.objects.count() == 2


class TestProveRates:
    def test_holds_for_what_was_adopted(self, adopt: Callable[..., ScheduleVersion], agreement: Any) -> None:
        adopt()
        adopt(TARIFF.replace("4.25", "4.37"), JULY)
        with transaction():
            assign_rates(rows(agreement))
        assert [(proof.check().checked, proof.check().failures) for proof in PROOFS] == [(2, []), (2, []), (1, [])]

    def test_names_a_gap_and_a_class_without_a_rate(
        self, adopt: Callable[..., ScheduleVersion], agreement: Any
    ) -> None:
        adopt(ends_on=JULY)
        with transaction():
            assign_rates(rows(agreement))
        adopt(TARIFF.replace("[home]", "[shop]"), NEW_YEAR)
        failures = [failure for proof in PROOFS for failure in proof.check().failures]
        assert failures == [
            "water-home from 2027-01-01: nothing is in force from 2026-07-01 until then",
            "water-home from 2027-01-01: no class “home”, but 1 agreements are in it",
        ]


class TestRateStretchesFrame:
    def test_follows_the_rate_of_an_agreement_through_versions_and_classes(
        self, adopt: Callable[..., ScheduleVersion], agreement: Any
    ) -> None:
        adopt()
        adopt(TARIFF.replace("4.25", "4.30"), JULY)
        # Withdrawn on its first day: nobody was ever billed by it.
        adopt(TARIFF.replace("4.25", "4.37"), JULY)
        first, second = date(2026, 5, 1), date(2026, 9, 1)
        for starts_on, ends_on, inputs in ((JANUARY, first, {}), (first, None, {"zone": "A"})):
            RateAssignment.objects.create(
                agreement=agreement, schedule=Schedule.objects.get(), customer_class="home", inputs=inputs,
                starts_on=starts_on, ends_on=ends_on,
            )  # fmt: skip
        bounds = {"first_account_id": agreement.account_id, "last_account_id": agreement.account_id}

        stretches = rate_stretches_frame(**bounds, from_on=JANUARY, to_on=second)

        assert stretches.select("inputs", "starts_on", "ends_on").rows() == [
            ("{}", JANUARY, first),
            ('{"zone": "A"}', first, JULY),
            ('{"zone": "A"}', JULY, None),
        ]
        later = rate_stretches_frame(**bounds, from_on=JULY, to_on=second)
        assert later["starts_on"].to_list() == [JULY]
        assert rate_stretches_frame(**bounds, from_on=JULY, to_on=second, changing_only=True).is_empty()
        assert rate_stretches_frame(**bounds, from_on=first, to_on=second, changing_only=True).height == 2

    def test_has_nothing_for_an_agreement_without_a_rate(
        self, adopt: Callable[..., ScheduleVersion], agreement: Any
    ) -> None:
        adopt()
        bounds = {"first_account_id": agreement.account_id, "last_account_id": agreement.account_id}
        assert rate_stretches_frame(**bounds, from_on=JANUARY, to_on=NEW_YEAR).is_empty()

    def test_begins_on_february_29(self, adopt: Callable[..., ScheduleVersion], agreement: Any) -> None:
        leap_day = date(2028, 2, 29)
        adopt()
        adopt(TARIFF.replace("4.25", "4.37"), leap_day)
        RateAssignment.objects.create(
            agreement=agreement, schedule=Schedule.objects.get(), customer_class="home", starts_on=JANUARY
        )
        bounds = {"first_account_id": agreement.account_id, "last_account_id": agreement.account_id}
        stretches = rate_stretches_frame(**bounds, from_on=date(2028, 2, 1), to_on=date(2028, 3, 1))
        assert stretches.select("starts_on", "ends_on").rows() == [(JANUARY, leap_day), (leap_day, None)]
