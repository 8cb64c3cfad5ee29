"""A penalty run: proposed, approved by a second person, posted once, and never on what is held."""

from datetime import date, timedelta
from typing import Any

import pytest

from curbstop.collections.models import ChargeRun, LateCharge, ProposedCharge
from curbstop.collections.operations import RunRefused, approve_charges, discard_charges, post_charges
from curbstop.ledger.models import Entry, OpenItem
from curbstop.ledger.queries import open_items_of, trial_balance
from tests.collections.conftest import DUE, Office

pytestmark = pytest.mark.django_db
NEXT = DUE + timedelta(days=1)


def lines(run: ChargeRun) -> list[tuple[int, int, int, str]]:
    columns = ("unpaid_cents", "base_cents", "amount_cents", "excluded")
    return list(run.lines.order_by("bill_source", "step").values_list(*columns))


class TestProposeCharges:
    def test_lists_a_late_bill_and_posts_nothing(self, office: Office, account: Any) -> None:
        office.bill(account, water=10_000, sewer=4_000)
        office.go_to(NEXT)
        entries = Entry.objects.count()
        run = office.propose()
        assert lines(run) == [(14_000, 14_000, 1_400, "")]  # WX-3.4b Chesterfield
        assert (run.state, Entry.objects.count()) == ("proposed", entries)

    def test_lists_nothing_on_the_due_date_itself(self, office: Office, account: Any) -> None:
        office.bill(account, water=10_000)
        office.go_to(DUE)
        with pytest.raises(RunRefused, match="No bill is late"):
            office.propose()
        assert not ChargeRun.objects.exists()

    def test_waits_for_payments_that_came_in_time(self, office: Office, account: Any) -> None:
        office.set_rule("penalty.wait_business_days", 1, "business_days")
        office.bill(account, water=10_000)
        office.go_to(NEXT)
        assert lines(office.propose()) == [(10_000, 10_000, 0, "waits until Jul 23, 2026 for payments on their way")]

    def test_rolls_the_grace_over_the_weekend(self, office: Office, account: Any) -> None:
        office.set_rule("penalty.grace_days", 4, "days")
        office.bill(account, water=10_000)
        office.go_to(date(2026, 7, 27))  # July 25 is a Saturday: paid on Monday is paid in time
        with pytest.raises(RunRefused, match="No bill is late"):
            office.propose()

    @pytest.mark.parametrize(
        ("kind", "why"),
        [
            ("dispute", "in dispute"),
            ("plan", "on a payment plan"),
            ("adjustment", "waits for an adjustment"),
            ("pending_payment", "a payment is on its way"),
        ],
    )
    def test_says_why_a_held_bill_is_not_charged(self, office: Office, account: Any, kind: str, why: str) -> None:
        _, (item,) = office.bill(account, water=10_000)
        office.hold(item, kind=kind)
        office.go_to(NEXT)
        assert lines(office.propose()) == [(10_000, 0, 0, why)]

    def test_charges_only_what_is_not_held(self, office: Office, account: Any) -> None:
        _, (water, _) = office.bill(account, water=30_000, sewer=5_000)
        office.hold(water, 15_000)
        office.go_to(NEXT)
        assert lines(office.propose()) == [(35_000, 20_000, 2_000, "")]

    def test_leaves_out_a_budget_account_in_good_standing(self, office: Office, account: Any) -> None:
        from curbstop.billing.models import BudgetAmount, BudgetPlan

        plan = BudgetPlan.objects.create(
            account=account, policy="fixed", terms={}, starts_on=office.day, opening_cents=0, enrolled_by=office.lead,
            at=office.at,
        )  # fmt: skip
        BudgetAmount.objects.create(
            plan=plan, starts_on=office.day, amount_cents=5_000, derivation={}, by=office.lead, at=office.at
        )
        office.bill(account, water=20_000)
        office.pay(account, 10_000)
        office.go_to(NEXT)
        assert lines(office.propose()) == [(10_000, 10_000, 0, "budget plan in good standing")]

    def test_counts_the_current_charges_alone(self, office: Office, account: Any) -> None:
        office.bill(account, water=20_000)
        office.go_to(NEXT)
        office.charge()
        office.bill(account, due_on=date(2026, 8, 20), water=30_000)
        office.go_to(date(2026, 8, 21))
        # Neither the older bill nor its penalty is part of the base.
        assert lines(office.propose()) == [(30_000, 30_000, 3_000, "")]

    def test_refuses_a_second_open_run(self, office: Office, account: Any) -> None:
        office.bill(account, water=10_000)
        office.go_to(NEXT)
        first = office.propose()
        with pytest.raises(RunRefused, match="Another run"):
            office.propose()
        discard_charges(run=first, by=office.lead, at=office.at)
        office.propose()

    def test_refuses_while_the_office_is_closed(self, office: Office, account: Any) -> None:
        office.bill(account, water=10_000)
        office.town.close_the_office()
        with pytest.raises(RunRefused, match="No business day"):
            office.propose()


class TestApproveCharges:
    def test_refuses_who_proposed_it(self, office: Office, account: Any) -> None:
        office.bill(account, water=10_000)
        office.go_to(NEXT)
        run = office.propose()
        with pytest.raises(RunRefused, match="second person"):
            approve_charges(run=run, by=office.lead, at=office.at)
        run.refresh_from_db()
        assert run.state == "proposed"

    def test_refuses_a_run_that_was_discarded(self, office: Office, account: Any) -> None:
        office.bill(account, water=10_000)
        office.go_to(NEXT)
        run = discard_charges(run=office.propose(), by=office.lead, at=office.at)
        with pytest.raises(RunRefused, match="discarded"):
            approve_charges(run=run, by=office.manager, at=office.at)


class TestPostCharges:
    def test_posts_an_item_a_service_in_proportion(self, office: Office, account: Any) -> None:
        source, _ = office.bill(account, water=6_667, sewer=3_333)
        office.go_to(NEXT)
        run = office.charge()
        charge = LateCharge.objects.get()
        items = OpenItem.objects.filter(entry=charge.entry).order_by("priority")
        assert list(items.values_list("service__code", "amount_cents", "charge", "due_on")) == [
            ("water", 667, "penalty", DUE),
            ("sewer", 333, "penalty", DUE),
        ]
        assert (run.state, charge.bill_source, charge.amount_cents) == ("posted", source, 1_000)
        income = {row.name: row.credit_cents for row in trial_balance(starts_on=DUE, ends_on=date(2027, 1, 1))}
        assert income["Penalties"] == 1_000

    def test_posts_nothing_twice(self, office: Office, account: Any) -> None:
        office.bill(account, water=20_000)
        office.go_to(NEXT)
        run = office.charge()
        entries = Entry.objects.count()
        assert post_charges(run=run, by=office.manager, at=office.at) == 1
        with pytest.raises(RunRefused, match="No bill is late"):
            office.propose()
        assert (Entry.objects.count(), LateCharge.objects.count()) == (entries, 1)

    def test_goes_on_after_an_interruption(self, office: Office, account: Any, monkeypatch: Any) -> None:
        from curbstop.collections.operations import posting

        for _ in range(3):
            office.bill(account, water=20_000)
        office.go_to(NEXT)
        run = approve_charges(run=office.propose(), by=office.manager, at=office.at)
        approved = list(run.lines.order_by("bill_source").values_list("bill_source", "step", "amount_cents"))
        posting._post_partition(run, approved[:1], by=office.manager, at=office.at)
        assert post_charges(run=run, by=office.manager, at=office.at) == 3
        assert office.owed(account, "penalty") == [2_000] * 3

    def test_leaves_out_what_was_paid_or_disputed_since(self, office: Office, account: Any) -> None:
        _, paid = office.bill(account, water=20_000)
        _, (disputed,) = office.bill(account, water=30_000)
        _, half = office.bill(account, water=40_000)
        office.go_to(NEXT)
        run = approve_charges(run=office.propose(), by=office.manager, at=office.at)
        office.pay(account, 20_000, items=paid)
        office.hold(disputed)
        office.pay(account, 20_000, items=half)
        assert post_charges(run=run, by=office.manager, at=office.at) == 1
        assert office.owed(account, "penalty") == [2_000]

    def test_never_charges_more_than_was_approved(self, office: Office, account: Any) -> None:
        _, (item,) = office.bill(account, water=40_000)
        held = office.hold(item, 20_000)
        office.go_to(NEXT)
        run = approve_charges(run=office.propose(), by=office.manager, at=office.at)
        office.release(held)
        post_charges(run=run, by=office.manager, at=office.at)
        assert office.owed(account, "penalty") == [2_000]

    def test_refuses_a_run_that_nobody_approved(self, office: Office, account: Any) -> None:
        office.bill(account, water=20_000)
        office.go_to(NEXT)
        run = office.propose()
        with pytest.raises(RunRefused, match="second person"):
            post_charges(run=run, by=office.manager, at=office.at)
        assert not LateCharge.objects.exists()

    def test_is_paid_before_the_charge_itself(self, office: Office, account: Any) -> None:
        office.bill(account, water=20_000)
        office.go_to(NEXT)
        office.charge()
        office.pay(account, 2_500)
        assert [(item.charge, item.balance_cents) for item in open_items_of(account.debtor_id)] == [
            ("principal", 19_500)
        ]

    def test_charges_the_second_step_after_its_days(self, office: Office, account: Any) -> None:
        office.set_rule("penalty.second_percent", "5", "percent")
        office.set_rule("penalty.second_after_days", 30, "days")
        office.bill(account, water=20_000)
        office.go_to(NEXT)
        office.charge()
        office.go_to(date(2026, 8, 21))
        office.charge()
        assert sorted(LateCharge.objects.values_list("step", "amount_cents")) == [("late", 2_000), ("second", 1_000)]


class TestInterest:
    def test_is_simple_and_on_the_penalty_too(self, office: Office, account: Any) -> None:
        office.bill(account, water=14_000)
        office.go_to(NEXT)
        office.charge()
        office.go_to(DUE + timedelta(days=45))
        office.charge("interest")
        assert office.owed(account, "interest") == [190]  # WX-3.4c: $154.00 for 45 days

    def test_charges_each_day_once(self, office: Office, account: Any) -> None:
        office.bill(account, water=36_500)
        office.go_to(DUE + timedelta(days=10))
        office.charge("interest")
        office.go_to(DUE + timedelta(days=30))
        office.charge("interest")
        assert office.owed(account, "interest") == [100, 200]
        with pytest.raises(RunRefused, match="No bill is late"):
            office.propose("interest")

    def test_leaves_out_the_days_of_a_dispute_and_what_was_paid(self, office: Office, account: Any) -> None:
        _, (item,) = office.bill(account, water=73_000)
        office.go_to(DUE + timedelta(days=10))
        held = office.hold(item, 36_500)
        office.go_to(DUE + timedelta(days=19))
        office.release(held)
        office.go_to(DUE + timedelta(days=25))
        office.pay(account, 36_500)
        office.go_to(DUE + timedelta(days=40))
        office.charge("interest")
        # 9 days on all, 10 on half (the 10th to the 19th), 6 on all, 15 on half: 2 × 15 + 1 × 25 dimes.
        assert office.owed(account, "interest") == [15 * 20 + 25 * 10]

    def test_is_not_charged_on_a_bill_held_since_before_it_was_due(self, office: Office, account: Any) -> None:
        _, (item,) = office.bill(account, water=73_000)
        office.hold(item)
        office.go_to(DUE + timedelta(days=40))
        run = office.propose("interest")
        assert [(line.amount_cents, line.excluded) for line in run.lines.all()] == [(0, "in dispute")]


class TestVolumes:
    def test_reads_the_ledger_as_often_for_three_bills_as_for_one(
        self, office: Office, account: Any, django_assert_max_num_queries: Any
    ) -> None:
        for _ in range(3):
            office.bill(account, water=20_000)
        office.go_to(NEXT)
        with django_assert_max_num_queries(32):
            office.propose()
        assert ProposedCharge.objects.count() == 3
