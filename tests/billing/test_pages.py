import pytest
from django.test import Client

from curbstop.billing.models import Bill, Clearance, DraftBill

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in(people, client: Client):
    def sign_in(role: str) -> Client:
        client.force_login(people[role])
        return client

    return sign_in


class TestRuns:
    def test_lists_runs_for_those_who_see_them(self, town, signed_in):
        town.use(town.account(), "14")
        run = town.draft()

        page = signed_in("manager").get("/billing/runs/")

        assert f"Run {run.pk}" in page.content.decode()

    def test_is_closed_to_a_representative(self, town, signed_in):
        assert signed_in("representative").get("/billing/runs/").status_code == 403


class TestRun:
    def test_shows_totals_exceptions_and_what_is_not_billed(self, town, signed_in):
        town.use(town.account("100001"), "14")
        town.account("100002")
        run = town.draft()

        page = signed_in("manager").get(f"/billing/runs/{run.pk}/").content.decode()

        assert "Approve the run" in page
        assert "FIRST" in page
        assert "MISSING" in page
        assert "$70.00" in page

    def test_offers_no_approval_to_who_drafted_it(self, town, signed_in):
        town.use(town.account(), "14")
        run = town.draft()

        page = signed_in("lead").get(f"/billing/runs/{run.pk}/").content.decode()

        assert "Approve the run" not in page


class TestApproveRun:
    def test_approves_and_returns_to_the_run(self, town, signed_in):
        town.use(town.account(), "14")
        run = town.draft()

        answer = signed_in("manager").post(f"/billing/runs/{run.pk}/approval/")

        run.refresh_from_db()
        assert answer.status_code == 302
        assert run.state == "approved"


class TestReleaseRun:
    def test_leaves_the_work_to_a_job(self, town, signed_in):
        from procrastinate.contrib.django.models import ProcrastinateJob

        town.use(town.account(), "14")
        run = town.approve(town.draft())

        signed_in("manager").post(f"/billing/runs/{run.pk}/release/")

        job = ProcrastinateJob.objects.get(task_name="billing.release_bills")
        assert job.args == {"run_id": run.pk, "user_id": town.people["manager"].pk}
        assert not Bill.objects.exists()

    def test_is_what_the_job_does(self, town):
        from curbstop.billing.jobs import release_bills

        town.use(town.account(), "14")
        run = town.approve(town.draft())

        release_bills(run.pk, town.people["manager"].pk)

        assert Bill.objects.count() == 1


class TestClearBill:
    def test_asks_for_a_reason_and_saves_nothing_without(self, town, signed_in):
        account = town.account()
        town.use(account, "900")
        run = town.draft()

        page = signed_in("lead").post(f"/billing/runs/{run.pk}/accounts/{account.pk}/clear/", {"reason": "ok"})

        assert "at least 10 characters" in page.content.decode()
        assert DraftBill.objects.get(run_id=run.pk).held
        assert not Clearance.objects.exists()

    def test_clears_with_a_reason(self, town, signed_in):
        account = town.account()
        town.use(account, "900")
        run = town.draft()

        signed_in("lead").post(
            f"/billing/runs/{run.pk}/accounts/{account.pk}/clear/", {"reason": "Filled the new pool"}
        )

        assert not DraftBill.objects.get(run_id=run.pk).held


class TestBill:
    def test_shows_what_each_line_was_derived_from(self, town, signed_in):
        town.use(town.account(), "14")
        town.release()

        page = signed_in("representative").get("/billing/bills/1/").content.decode()

        assert "Water use" in page
        assert "10 CCF × $3.00" in page
        assert "half_up_cent" not in page
        assert "$111.00" in page

    def test_is_cancelled_by_two_people(self, town, signed_in):
        town.use(town.account(), "14")
        town.release()

        signed_in("representative").post("/billing/bills/1/cancellation/", {"reason": "Misread by two hundred"})
        signed_in("manager").post("/billing/bills/1/cancellation/approval/")

        assert Bill.objects.get().cancelled_at is not None


class TestStatementPdf:
    def test_prints_the_bill(self, town, signed_in):
        from curbstop.ordinances.models import CityProfile

        CityProfile.objects.create(
            name="Pine Hollow",
            state="VA",
            timezone="America/New_York",
            languages=["en"],
            address_lines=["1 Main Street"],
            phone="757-555-0100",
            payee="City of Pine Hollow",
            department={"en": "Utility Billing"},
            remittance={"en": "P.O. Box 1"},
            closed_weekdays=[5, 6],
        )
        town.use(town.account(), "14")
        town.release()

        answer = signed_in("representative").get("/billing/bills/1/statement.pdf")

        assert answer["Content-Type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF-")
