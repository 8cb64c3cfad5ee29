"""Averages that set price: five cities' rules to the digit, whose they are, and who may put them in force."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from django.db import ProgrammingError
from ruamel.yaml import YAML

from curbstop.billing.domain.average_policies import PolicyRefused, read_policy
from curbstop.billing.domain.averages import PeriodOfUse, average_of, effective_days, under, window_before
from curbstop.billing.models import AverageSet, Disposition, DraftLine, UseAverage
from curbstop.billing.operations import AveragesRefused, approve_averages, post_adjustment, set_averages
from curbstop.billing.queries import averages_frame, averages_of, summary_of
from curbstop.foundation.database.transactions import transaction
from curbstop.ordinances.models import CodeSection, RuleValue
from tests.billing.conftest import NOON, TODAY, Town
from tests.billing.test_leaks_on_bills import bill as bill_with_a_leak
from tests.billing.test_leaks_on_bills import request
from tests.refusals import refusing

leaked = bill_with_a_leak

PUBLISHED = YAML(typ="safe").load(Path(__file__).with_name("published_averages.yaml").read_text())
WINTER = {
    "service": "sewer", "of": "water", "input": "winter_average", "unit": "ccf", "months": ["12", "1", "2"],
    "by": "read_dates", "reads_min": "3", "estimated": "leave_out", "leaks": "as_adjusted", "default": "5",
    "effective_month": "3",
}  # fmt: skip
CAPPED_SEWER = """
tariff: sewer
unit: ccf
section: "13.2"
components:
  - key: sewer_use
    service: sewer
    label: {en: Sewer use, es: Uso de alcantarillado}
    quantity: {of: usage, at_most: winter_average}
    price: 2.50
"""
WINTER_READS = ((date(2025, 11, 28), date(2025, 12, 29)), (date(2025, 12, 29), date(2026, 1, 29)),
                (date(2026, 1, 29), date(2026, 2, 27)))  # fmt: skip
MOVED_IN = date(2025, 11, 1)


def bill(counted_on: date, days: int, used: object, **facts: Any) -> PeriodOfUse:
    return PeriodOfUse(counted_on=counted_on, ends_on=counted_on, days=days, used=Fraction(str(used)), **facts)


def winter(*used: object, **facts: Any) -> list[PeriodOfUse]:
    days = (date(2025, 12, 29), date(2026, 1, 29), date(2026, 2, 27))
    return [bill(day, 30, each, **facts) for day, each in zip(days, used, strict=False)]


class TestAverageOf:
    @pytest.mark.parametrize("city", PUBLISHED)
    def test_is_what_the_city_publishes(self, city: str) -> None:
        said = PUBLISHED[city]
        policy = read_policy(said["policy"])

        average = average_of(policy, said["begins"], [bill(*each) for each in said["bills"]])

        assert average is not None
        assert average.value == Decimal(str(said["expected"]))
        assert not average.is_default
        assert average.derivation["value"] == str(average.value)

    @pytest.mark.parametrize("city", PUBLISHED)
    def test_is_the_default_for_who_was_not_there(self, city: str) -> None:
        said = PUBLISHED[city]
        average = average_of(read_policy(said["policy"]), said["begins"], [])

        default = said["policy"].get("default")
        assert (average.value if average else None) == (None if default is None else Decimal(default))
        assert average is None or average.is_default

    def test_leaves_estimates_out_where_the_city_says_so(self) -> None:
        bills = [*winter(4, 6), bill(date(2026, 2, 27), 30, 30, is_estimated=True)]
        policy = read_policy({**WINTER, "reads_min": 2})

        left_out = average_of(policy, date(2026, 3, 1), bills)
        counted = average_of(replace(policy, estimated="count", places=2), date(2026, 3, 1), bills)

        assert left_out is not None
        assert counted is not None
        assert (left_out.value, counted.value) == (5, Decimal("13.33"))
        assert left_out.derivation["left_out"] == [{"to": "2026-02-27", "days": 30, "used": "30", "estimated": True}]

    @pytest.mark.parametrize(("leaks", "expected"), [("as_adjusted", 6), ("as_read", 12), ("leave_out", 5)])
    def test_treats_a_leak_as_the_city_says(self, leaks: str, expected: int) -> None:
        bills = [*winter(5, 5), bill(date(2026, 2, 27), 30, 26, adjusted=Fraction(8))]
        average = average_of(read_policy({**WINTER, "reads_min": 2, "leaks": leaks}), date(2026, 3, 1), bills)

        assert average is not None
        assert average.value == expected

    def test_leaves_a_month_out_in_which_nobody_lived_there(self) -> None:
        policy = read_policy({**WINTER, "reads_min": 2, "vacant_below": "0.5"})
        average = average_of(policy, date(2026, 3, 1), winter(6, 0, 8))

        assert average is not None
        assert average.value == 7

    def test_averages_over_the_winters_that_there_are(self) -> None:
        policy = read_policy({**WINTER, "prior_winters": 2})
        before = [bill(each.counted_on.replace(year=each.counted_on.year - 1), 30, 9) for each in winter(1, 1, 1)]
        average = average_of(policy, date(2026, 3, 1), [*winter(6, 6, 6), *before])

        assert average is not None
        assert average.value == 8  # 7.5, a half away from zero
        assert average.derivation["winters"] == ["6", "9"]


class TestPolicy:
    def test_names_every_problem(self) -> None:
        wrong = {**WINTER, "months": [12, 2], "by": "moon", "unit": "day", "reads_min": 0, "typo": 1, "default": "-5"}
        with pytest.raises(PolicyRefused) as refused:
            read_policy(wrong)

        for part in ("typo is no field", "months must", "by must", "unit must", "reads_min must", "default must"):
            assert part in str(refused.value)

    def test_keeps_a_read_when_two_are_dropped(self) -> None:
        with pytest.raises(PolicyRefused, match="leave a period"):
            read_policy({**WINTER, "drop_highest": 1, "drop_lowest": 1, "reads_min": 2})

    @pytest.mark.parametrize("on", [date(2026, 3, 1), date(2026, 7, 1), date(2027, 2, 28)])
    def test_begins_last_before_the_day(self, on: date) -> None:
        policy = read_policy(WINTER)

        assert effective_days(policy, on) == (date(2026, 3, 1), date(2027, 3, 1))
        assert window_before(policy, date(2026, 3, 1)) == (date(2025, 12, 1), date(2026, 3, 1))
        assert window_before(policy, date(2026, 3, 1), winters_ago=2) == (date(2023, 12, 1), date(2024, 3, 1))


class TestUnder:
    def test_lets_a_clerk_speak_first(self) -> None:
        import json

        rates = pl.DataFrame({"agreement_id": [1, 2, 3], "inputs": ['{"eru": "1", "w": "9"}', "{}", "{}"]})
        averages = pl.DataFrame({"agreement_id": [1, 2], "inputs": ['{"w":"4","w_basis":"average"}'] * 2})

        found = [json.loads(text) for text in under(rates, averages)["inputs"]]

        assert found == [
            {"eru": "1", "w": "9", "w_basis": "average"}, {"w": "4", "w_basis": "average"}, {},
        ]  # fmt: skip


@pytest.fixture
def capped(town: Town) -> Town:
    """Sewer is charged for no more than the winter's average, which the code describes."""
    from curbstop.rates.operations import adopt_version

    section = CodeSection.objects.get(citation="13.2")
    people = {"proposed_by": town.people["supervisor"], "adopted_by": town.people["manager"]}
    RuleValue.objects.create(
        code="billing.average.winter",
        starts_on=date(2025, 1, 1),
        value=WINTER,
        unit="policy",
        section=section,
        **people,
    )
    with transaction():
        adopt_version(
            schedule="sewer", service="sewer", document=CAPPED_SEWER, format="tariff", section_id=section.pk,
            starts_on=date(2026, 2, 1), proposed_by=town.people["supervisor"], approved_by=town.people["manager"],
        )  # fmt: skip
    return town


@pytest.fixture
def wintered(capped: Town) -> Callable[..., Any]:
    """Return a function that opens an account with three winter reads and one bill's worth of use."""

    def make(number: str, used: tuple[str, ...] = ("4", "5", "6")) -> Any:
        account = capped.account(number, starts_on=MOVED_IN)
        for (starts_on, ends_on), ccf in zip(WINTER_READS, used, strict=False):
            capped.use(account, ccf, starts_on=starts_on, ends_on=ends_on)
        capped.use(account, "12")
        return account

    return make


def sewer_of(account: Any) -> Any:
    from curbstop.customers.models import ServiceAgreement

    return ServiceAgreement.objects.get(account=account, service_point__service__code="sewer")


def computed(town: Town) -> AverageSet:
    return set_averages(policy="winter", on=TODAY, by=town.people["lead"], at=NOON)


def approved(town: Town) -> AverageSet:
    return approve_averages(average_set=computed(town), by=town.people["manager"], at=NOON)


def rows() -> list[Any]:
    return [list(model.objects.order_by("pk").values()) for model in (AverageSet, UseAverage)]


class TestCityPack:
    ENTRY = """
- code: billing.average.winter
  effective: 2026-07-01
  cites: LBC 13.12.010
  value: {service: water, input: winter_average, unit: ccf, months: [12, 1, 2], by: bill_month, per_day_times: 60,
          reads_min: 1, estimated: leave_out, leaks: as_adjusted, default: 12, effective_month: 3}
"""

    @pytest.fixture
    def read(self, tmp_path: Path) -> Callable[[str], list[str]]:
        """Return a function that reads the demo's pack with one more entry, and what is wrong with it."""
        from curbstop.foundation.imports import FileRefused
        from curbstop.journeys.imports.city_pack import read_folder, read_pack

        pack = Path(shutil.copytree(Path(__file__).parents[2] / "packs/larkspur-bend", tmp_path / "pack"))
        policies = pack / "policies.yaml"

        def run(entry: str) -> list[str]:
            policies.write_text(policies.read_text() + entry)
            try:
                found = read_pack(read_folder(pack))
            except FileRefused as refusal:
                return [str(each) for each in refusal.errors]
            ((version,),) = [found.values["billing.average.winter"]]
            assert read_policy(version.content[0]).months == (12, 1, 2)
            return []

        return run

    def test_may_have_an_average(self, read: Callable[[str], list[str]]) -> None:
        assert read(self.ENTRY) == []

    def test_is_told_what_is_wrong_with_it(self, read: Callable[[str], list[str]]) -> None:
        (mistake,) = read(self.ENTRY.replace("reads_min: 1", "reads_min: 0").replace("bill_month", "moon"))

        assert "billing.average.winter" in mistake
        assert "by must be one of bill_month, read_dates; reads_min must be" in mistake


@pytest.mark.django_db
class TestSetAverages:
    def test_computes_for_everybody_and_prices_nothing(self, capped: Town, wintered: Callable[..., Any]) -> None:
        account, newcomer = wintered("100001"), capped.account("100002", starts_on=date(2026, 2, 10))
        found = computed(capped)

        summary = summary_of(found)
        assert (summary.averages, summary.defaults, summary.without, summary.total) == (1, 1, 0, Decimal(10))
        (average,) = averages_of(sewer_of(account).pk)
        assert (average.value, average.unit, average.basis) == (5, "ccf", "average")
        assert average.derivation["periods"][0] == {"to": "2025-12-29", "days": 31, "used": "4"}
        assert averages_of(sewer_of(newcomer).pk)[0].basis == "default"
        assert averages_frame(first_account_id=0, last_account_id=2**31, on=TODAY).is_empty()

    def test_caps_the_bill_once_a_second_person_approved(self, capped: Town, wintered: Callable[..., Any]) -> None:
        wintered("100001")
        approved(capped)
        capped.draft()

        line = DraftLine.objects.get(component="sewer_use")
        assert (line.quantity, line.amount_cents) == (5, 1250)

    def test_holds_the_bill_by_name_while_there_is_none(self, capped: Town, wintered: Callable[..., Any]) -> None:
        account = wintered("100001")
        computed(capped)
        capped.draft()

        held = Disposition.objects.get(agreement=sewer_of(account))
        assert (held.kind, held.reason) == ("held", "RATE")
        assert "winter_average" in held.detail
        assert not DraftLine.objects.filter(component="sewer_use").exists()

    def test_gives_who_moves_in_the_default_and_nothing_of_who_left(
        self, capped: Town, wintered: Callable[..., Any]
    ) -> None:
        wintered("100001", ("40", "50", "60"))
        approved(capped)
        newcomer = capped.account("100009", starts_on=date(2026, 5, 1))
        capped.use(newcomer, "12")
        capped.draft()

        line = DraftLine.objects.get(component="sewer_use", account=newcomer)
        assert line.quantity == 5  # the city's default, not the fifty of another customer

    def test_is_superseded_when_it_is_computed_again(self, capped: Town, wintered: Callable[..., Any]) -> None:
        account = wintered("100001", ("4", "5"))
        first = approved(capped)
        capped.use(account, "9", starts_on=WINTER_READS[2][0], ends_on=WINTER_READS[2][1])
        second = approved(capped)

        newer, older = averages_of(sewer_of(account).pk)
        assert (newer.average_set, newer.value, newer.superseded_at) == (second, 6, None)
        assert (older.average_set, older.value, older.superseded_at) == (first, 5, NOON)
        frame = averages_frame(first_account_id=0, last_account_id=2**31, on=TODAY)
        assert frame["inputs"].to_list() == ['{"winter_average":"6","winter_average_basis":"average"}']

    def test_withdraws_the_computation_that_nobody_approved(self, capped: Town, wintered: Callable[..., Any]) -> None:
        wintered("100001")
        first = computed(capped)
        computed(capped)
        before = rows()

        with pytest.raises(AveragesRefused, match="computed again"):
            approve_averages(average_set=first, by=capped.people["manager"], at=NOON)
        assert rows() == before

    def test_is_refused_to_who_computed_it(self, capped: Town, wintered: Callable[..., Any]) -> None:
        wintered("100001")
        found = computed(capped)
        before = rows()

        with pytest.raises(AveragesRefused, match="second person"):
            approve_averages(average_set=found, by=capped.people["lead"], at=NOON)
        assert rows() == before

    def test_is_refused_where_nobody_is_charged_by_it(self, capped: Town) -> None:
        with pytest.raises(AveragesRefused, match="No agreement"):
            computed(capped)
        assert rows() == [[], []]


@pytest.mark.django_db
class TestLeaks:
    def test_convert_a_credit_that_was_given_in_another_unit(self) -> None:
        from curbstop.billing.queries.averages import _in_own_unit

        # 7 CCF are 5,236 gallons; a credit in gallons counts on a meter that is billed in CCF.
        row = {"units": Decimal(5236), "credit_unit": "gallons", "unit": "ccf"}
        assert _in_own_unit(row) == 70_000

    @pytest.mark.parametrize(("leaks", "expected"), [("as_adjusted", 13), ("as_read", 20)])
    def test_are_taken_off_once_the_credit_is_posted(self, town: Town, leaked: Any, leaks: str, expected: int) -> None:
        # 20 CCF, of which a posted leak credit gave back 7.
        rule = {**WINTER, "months": ["5", "6"], "effective_month": "7", "reads_min": "1", "leaks": leaks}
        RuleValue.objects.create(
            code="billing.average.winter", starts_on=date(2026, 1, 1), value=rule, unit="policy",
            section=CodeSection.objects.get(citation="13.2"), proposed_by=town.people["supervisor"],
            adopted_by=town.people["manager"],
        )  # fmt: skip
        asked = request(town, leaked)
        before = computed(town)
        post_adjustment(request=asked, by=town.people["supervisor"], at=NOON)
        after = computed(town)

        assert UseAverage.objects.get(average_set=before).value == 20
        assert UseAverage.objects.get(average_set=after).value == expected

    def test_say_that_they_must_be_computed_again(self, town: Town, leaked: Any, client: Any) -> None:
        from curbstop.billing.queries.stale_averages import stale_averages

        rule = {**WINTER, "months": ["5", "6"], "effective_month": "7", "reads_min": "1"}
        RuleValue.objects.create(
            code="billing.average.winter", starts_on=date(2026, 1, 1), value=rule, unit="policy",
            section=CodeSection.objects.get(citation="13.2"), proposed_by=town.people["supervisor"],
            adopted_by=town.people["manager"],
        )  # fmt: skip
        asked, before = request(town, leaked), computed(town)
        approve_averages(average_set=before, by=town.people["manager"], at=NOON)
        assert stale_averages() == []

        post_adjustment(request=asked, by=town.people["supervisor"], at=NOON + timedelta(hours=1))

        (stale,) = stale_averages()
        assert str(stale).endswith(f"a leak was credited since on account {leaked.account.number}.")
        client.force_login(town.people["supervisor"])
        assert str(stale) in client.get("/billing/averages/").content.decode()
        client.post("/billing/averages/computations/", {"policy": "winter", "on": "2026-07-01"})
        again = AverageSet.objects.get(approved_at=None, withdrawn_at=None)
        approve_averages(average_set=again, by=town.people["manager"], at=NOON + timedelta(hours=3))
        assert "again" not in " ".join(map(str, stale_averages()))


@pytest.mark.django_db
class TestWhatTheDatabaseKeeps:
    def test_an_average_prices_nothing_before_its_set_is_approved(
        self, capped: Town, wintered: Callable[..., Any]
    ) -> None:
        wintered("100001")
        computed(capped)
        before = rows()

        assert refusing("update billing_useaverage set approved_at = now()") == "average_needs_approval"
        assert rows() == before

    @pytest.mark.parametrize("approved_at", ["null", "s.approved_at"])
    def test_nothing_is_added_to_what_was_approved(
        self, capped: Town, wintered: Callable[..., Any], approved_at: str
    ) -> None:
        wintered("100001")
        approved(capped)
        before = rows()
        added = f"""
            insert into billing_useaverage (average_set_id, agreement_id, policy, starts_on, ends_on, value, unit,
                                            basis, derivation, approved_at)
            select s.id, u.agreement_id, 'other', s.starts_on, s.ends_on, 1, 'ccf', 'average', '{{}}', {approved_at}
              from billing_averageset s join billing_useaverage u on u.average_set_id = s.id"""

        assert refusing(added) == "average_needs_approval"
        assert rows() == before

    def test_the_second_person_is_another(self, capped: Town, wintered: Callable[..., Any]) -> None:
        wintered("100001")
        computed(capped)
        before = rows()

        same = "update billing_averageset set approved_by_id = proposed_by_id, approved_at = now()"
        assert refusing(same) == "average_set_by_second_person"
        assert rows() == before

    def test_an_agreement_has_one_average_a_day(self, capped: Town, wintered: Callable[..., Any]) -> None:
        wintered("100001")
        approved(capped)
        found = computed(capped)
        before = rows()

        both = (
            "update billing_averageset set approved_by_id = {}, approved_at = now() where id = {};"
            "update billing_useaverage set approved_at = now() where average_set_id = {}"
        ).format(capped.people["manager"].pk, found.pk, found.pk)
        assert refusing(both) == "one_average_in_force"
        assert rows() == before

    def test_no_value_is_changed(self, capped: Town, wintered: Callable[..., Any]) -> None:
        wintered("100001")
        approved(capped)
        before = rows()

        with pytest.raises(ProgrammingError, match="permission denied"), transaction():
            UseAverage.objects.update(value=1)
        assert rows() == before
