from datetime import date

import pytest
from django.db import DatabaseError, IntegrityError, connection

from curbstop.billing import operations, queries
from curbstop.billing.models import (
    Bill,
    BilledPeriod,
    BillingRun,
    Cancellation,
    Clearance,
    Disposition,
    DraftBill,
    Finding,
)
from curbstop.billing.proofs import PROOFS
from curbstop.foundation.database.transactions import transaction
from curbstop.ledger.models import Entry
from curbstop.ledger.queries import balances_of

pytestmark = pytest.mark.django_db

AT = "2026-07-01T12:00:00Z"


def dispositions(run):
    return sorted(Disposition.objects.filter(run=run).values_list("kind", "reason"))


class TestReviewRun:
    def test_holds_an_absurd_bill_out_of_nowhere(self, town):
        account = town.account()
        town.use(account, "900")

        run = town.draft()

        assert DraftBill.objects.get(run_id=run.pk).held
        assert set(Finding.objects.filter(blocking=True).values_list("code", flat=True)) == {"AMT"}
        assert dispositions(run) == [("held", "AMT")] * 3

    def test_holds_more_water_than_the_meter_lets_through(self, town):
        town.use(town.account(), "2400")

        run = town.draft()

        # 20 gallons a minute for 60 days are 2,310 CCF.
        assert "CAPACITY" in set(Finding.objects.filter(run_id=run.pk, blocking=True).values_list("code", flat=True))

    def test_holds_an_agreement_without_a_rate_by_name_and_bills_the_others(self, town):
        from curbstop.rates.models import RateAssignment

        account = town.account()
        town.use(account, "14")
        RateAssignment.objects.filter(schedule__code="sewer").delete()

        run = town.draft()

        assert dispositions(run) == [("held", "RATE")]
        assert DraftBill.objects.get(run_id=run.pk).total_cents == 7000 + 600

    def test_holds_the_whole_account_without_a_read(self, town):
        town.account()

        run = town.draft()

        # Stormwater needs no read, but does not go out without the water beside it.
        assert dispositions(run) == [("held", "MISSING")] * 3
        assert not DraftBill.objects.filter(run_id=run.pk).exists()
        assert queries.completeness_failures(run) == []

    def test_keeps_who_cleared_a_bill_and_on_what_evidence(self, town):
        account = town.account()
        town.use(account, "900")
        run = town.draft()

        operations.clear_bill(
            run=run,
            account_id=account.pk,
            reason="Filled the new pool",
            by=town.people["supervisor"],
            at=run.drafted_at,
        )

        assert not DraftBill.objects.get(run_id=run.pk).held
        assert dispositions(run) == []
        assert Clearance.objects.get().evidence[0]["code"] == "AMT"
        counts = {each.code: (each.found, each.blocking) for each in queries.run_summary(run).findings}
        assert counts["AMT"] == (1, 0)
        assert town.approve(run).bills == 1

    def test_refuses_to_clear_without_a_reason_or_with_a_card_number_in_it(self, town):
        account = town.account()
        town.use(account, "900")
        run = town.draft()

        for reason, why in (("ok", "reason"), ("Card 4111 1111 1111 1111 was charged twice", "card number")):
            with pytest.raises(operations.ReviewRefused, match=why):
                operations.clear_bill(
                    run=run, account_id=account.pk, reason=reason, by=town.people["lead"], at=run.drafted_at
                )

        assert DraftBill.objects.get(run_id=run.pk).held
        assert not Clearance.objects.exists()

    def test_holds_a_bill_that_somebody_doubts(self, town):
        first, second = town.account("100001"), town.account("100002")
        town.use(first, "14")
        town.use(second, "15")
        run = town.draft()

        operations.hold_bill(
            run=run, account_id=first.pk, reason="Meter may be swapped", by=town.people["lead"], at=run.drafted_at
        )
        run = operations.release_bills(run=town.approve(run), by=town.people["manager"], at=run.drafted_at)

        assert [bill.account_id for bill in Bill.objects.all()] == [second.pk]
        assert [bill.number for bill in Bill.objects.all()] == [1]
        assert dispositions(run) == [("held", "HELD")] * 3
        assert all(proof.check().holds for proof in PROOFS)


class TestApproveRun:
    def test_refuses_the_one_who_drafted_it(self, town):
        town.use(town.account(), "14")
        run = town.draft()

        with pytest.raises(operations.ApprovalRefused, match="second person"):
            operations.approve_run(run=run, by=town.people["lead"], at=run.drafted_at)

        run.refresh_from_db()
        assert (run.state, run.approved_by, run.first_bill_number) == ("drafted", None, None)

    def test_is_refused_by_the_database_too(self, town):
        town.use(town.account(), "14")
        run = town.draft()

        with pytest.raises(IntegrityError, match="run_approved_by_second_person"), transaction():
            BillingRun.objects.filter(pk=run.pk).update(approved_by=run.drafted_by)

        run.refresh_from_db()
        assert run.approved_by is None

    def test_refuses_a_run_that_leaves_an_agreement_out(self, town):
        town.use(town.account("100001"), "14")
        second = town.account("100002")
        town.use(second, "15")
        run = town.draft()
        DraftBill.objects.filter(run_id=run.pk, account_id=second.pk).update(held=True)

        with pytest.raises(operations.ApprovalRefused, match="not accounted for"):
            town.approve(run)

        run.refresh_from_db()
        assert run.state == "drafted"

    def test_is_needed_before_release(self, town):
        town.use(town.account(), "14")
        run = town.draft()

        with pytest.raises(operations.ReleaseRefused, match="approves it first"):
            operations.release_bills(run=run, by=town.people["manager"], at=run.drafted_at)
        with pytest.raises(operations.ReleaseRefused):
            operations.release_partition(run.pk, 1)

        assert not Bill.objects.exists()
        assert not Entry.objects.exists()


class TestReleaseBills:
    def test_refuses_while_no_business_day_is_open(self, town):
        town.use(town.account(), "14")
        run = town.approve(town.draft())
        town.close_the_office()

        with pytest.raises(operations.ReleaseRefused, match="business day"):
            operations.release_bills(run=run, by=town.people["manager"], at=run.drafted_at)

        run.refresh_from_db()
        assert (run.state, run.released_at) == ("approved", None)
        assert not Entry.objects.exists()


class TestDraftBills:
    def test_refuses_while_a_run_waits_for_its_release(self, town):
        town.use(town.account(), "14")
        run = town.approve(town.draft())

        with pytest.raises(operations.DraftRefused, match="release it first"):
            town.draft()

        assert list(BillingRun.objects.values_list("pk", flat=True)) == [run.pk]

    def test_refuses_days_after_the_bill_date(self, town):
        town.use(town.account(), "14")

        with pytest.raises(operations.DraftRefused, match=r"July 2, 2026.*July 1, 2026"):
            town.draft(date(2026, 7, 2))

        assert not BillingRun.objects.exists()

    def test_refuses_a_cycle_without_accounts(self, town):
        with pytest.raises(operations.DraftRefused, match="no account"):
            town.draft()

        assert not BillingRun.objects.exists()

    def test_bills_the_last_days_of_an_agreement_that_ended(self, town):
        account = town.account(ends_on=date(2026, 6, 30))
        town.use(account, "14")

        run = town.release()

        assert Bill.objects.get().total_cents == 11100
        assert "FINAL" in set(Finding.objects.filter(run_id=run.pk).values_list("code", flat=True))


class TestCancelBill:
    def test_reverses_the_entry_and_frees_the_days(self, town):
        account = town.account()
        town.use(account, "14")
        town.release()

        operations.cancel_bill(
            bill=Bill.objects.get(),
            reason="Misread by two hundred",
            requested_by=town.people["lead"],
            approved_by=town.people["manager"],
            at=town.people["lead"].date_joined,
        )
        again = town.release()

        first, second = Bill.objects.order_by("number")
        assert first.cancelled_at is not None
        assert (second.number, second.run_id) == (2, again.pk)
        assert BilledPeriod.objects.filter(cancelled=True).count() == 3
        assert balances_of([account.debtor_id]) == {account.debtor_id: 11100}
        assert all(proof.check().holds for proof in PROOFS)

    def test_takes_two_people(self, town):
        town.use(town.account(), "14")
        town.release()
        lead = town.people["lead"]

        with pytest.raises(operations.CancellationRefused, match="second person"):
            operations.cancel_bill(
                bill=Bill.objects.get(),
                reason="Misread by two hundred",
                requested_by=lead,
                approved_by=lead,
                at=lead.date_joined,
            )

        assert not Cancellation.objects.exists()
        assert Entry.objects.count() == 1
        assert Bill.objects.get().cancelled_at is None

    def test_is_the_only_way_to_set_the_flag(self, town):
        town.use(town.account(), "14")
        town.release()

        with pytest.raises(IntegrityError, match="no cancellation"), transaction():
            Bill.objects.update(cancelled_at=AT)
        with pytest.raises(IntegrityError, match="no cancellation"), transaction():
            BilledPeriod.objects.update(cancelled=True)

        assert Bill.objects.get().cancelled_at is None


class TestReleasedRows:
    @pytest.mark.parametrize("table", ["billing_bill", "billing_billedperiod"])
    def test_are_never_deleted(self, town, table, connect_as):
        town.use(town.account(), "14")
        town.release()

        refused = pytest.raises(DatabaseError, match=r"written once|permission denied")
        with refused, transaction(), connection.cursor() as cursor:
            cursor.execute(f"delete from {table}")

        assert Bill.objects.count() == 1

    def test_charge_no_day_twice_whoever_writes_them(self, town):
        town.use(town.account(), "14")
        town.release()
        period = BilledPeriod.objects.first()

        with pytest.raises(IntegrityError, match="no_double_billing"), transaction():
            BilledPeriod.objects.create(
                bill_id=period.bill_id,
                agreement_id=period.agreement_id,
                period=(date(2026, 6, 29), date(2026, 7, 5)),
            )

        assert BilledPeriod.objects.count() == 3


class TestProveBilling:
    def test_holds_after_a_run(self, town):
        for number, ccf in (("100001", "14"), ("100002", "900"), ("100003", "0")):
            town.use(town.account(number), ccf)
        town.account("100004")
        town.release()

        outcomes = {proof.name: proof.check() for proof in PROOFS}

        assert {name: outcome.failures for name, outcome in outcomes.items() if not outcome.holds} == {}
        assert outcomes["every-service-billed"].checked == 12
        assert outcomes["bills"].checked == 2

    def test_names_an_account_that_no_cycle_would_ever_bill(self, town):
        from curbstop.billing.models import CycleAssignment

        town.account()
        CycleAssignment.objects.all().delete()

        failing = [proof.check().failures for proof in PROOFS if not proof.check().holds]

        assert failing == [
            [
                f"Account 100001, {service}: in no billing cycle, so that no run would ever bill it"
                for service in ("Water", "Sewer", "Stormwater")
            ]
        ]


class TestStatementOfBill:
    def test_says_what_the_bill_says(self, town, city):
        from curbstop.billing.domain.statement import statement_data

        town.use(town.account(), "14")
        town.release()

        statement = queries.statement_of_bill(Bill.objects.get())

        assert statement.due_cents == 11100
        assert [service.name for service in statement.services] == ["Water", "Sewer", "Stormwater"]
        assert statement_data(statement)["due"] == "$111.00"
