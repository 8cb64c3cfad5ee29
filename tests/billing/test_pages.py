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

    def test_says_what_an_exception_means_and_what_to_do(self, town, signed_in):
        town.use(town.account(), "14")
        run = town.draft()

        page = signed_in("manager").get(f"/billing/runs/{run.pk}/").content.decode()

        assert "This account was never billed before." in page
        assert "Check name, address and start read" in page

    def test_tells_who_drafted_it_that_a_second_person_is_needed(self, town, signed_in):
        town.use(town.account(), "14")
        run = town.draft()

        assert "a second person approves it" in signed_in("lead").get(f"/billing/runs/{run.pk}/").content.decode()


class TestRunProgress:
    def test_asks_again_while_a_worker_releases(self, town, signed_in):
        town.use(town.account(), "14")
        run = town.approve(town.draft())
        manager = signed_in("manager")
        manager.post(f"/billing/runs/{run.pk}/release/")

        answer = manager.get(f"/billing/runs/{run.pk}/progress/")

        assert "every 2s" in answer.content.decode()
        assert "0 of 1 parts done" in answer.content.decode()
        assert "HX-Refresh" not in answer

    def test_renews_the_page_when_the_worker_is_done(self, town, signed_in):
        town.use(town.account(), "14")
        run = town.release()

        answer = signed_in("manager").get(f"/billing/runs/{run.pk}/progress/")

        assert answer["HX-Refresh"] == "true"

    def test_follows_a_draft_on_the_list(self, town, signed_in):
        lead = signed_in("lead")
        assert "every 2s" not in lead.get("/billing/runs/").content.decode()

        lead.post("/billing/runs/draft/", {"cycle": town.cycle.pk, "through": "2026-07-01"})

        assert "every 2s" in lead.get("/billing/runs/").content.decode()
        assert "HX-Refresh" not in lead.get("/billing/runs/progress/")


class TestDraftRun:
    def test_is_refused_at_once_while_an_approved_run_waits(self, town, signed_in):
        from procrastinate.contrib.django.models import ProcrastinateJob

        town.use(town.account(), "14")
        run = town.approve(town.draft())

        page = signed_in("lead").post("/billing/runs/draft/", {"cycle": town.cycle.pk, "through": "2026-07-01"})

        assert f"Run {run.pk} of this cycle is approved: release it first." in page.content.decode()
        assert not ProcrastinateJob.objects.exists()

    @pytest.mark.parametrize(
        ("through", "why"), [("2026-12-04", "the business day is July 1, 2026"), ("", "This field is required")]
    )
    def test_shows_beside_the_day_what_is_wrong_with_it(self, town, signed_in, through, why):
        from procrastinate.contrib.django.models import ProcrastinateJob

        page = signed_in("lead").post("/billing/runs/draft/", {"cycle": town.cycle.pk, "through": through})

        assert why in page.content.decode()
        assert 'id="id_through_error"' in page.content.decode()
        assert not ProcrastinateJob.objects.exists()


class TestExceptions:
    def test_tells_the_evidence_in_words(self, town, signed_in):
        town.use(town.account(), "900")
        run = town.draft()

        page = signed_in("manager").get(f"/billing/runs/{run.pk}/exceptions/?code=AMT").content.decode()

        assert "no bill before it" in page
        assert "Large bill" in page
        assert "past_mean_cents" not in page

    @pytest.mark.parametrize("place", ["exceptions", "unbilled", "bills"])
    @pytest.mark.parametrize("form", ["csv", "xlsx"])
    def test_lists_go_out_as_files(self, town, signed_in, place, form):
        town.use(town.account("100001"), "900")
        town.account("100002")
        run = town.draft()

        answer = signed_in("manager").get(f"/billing/runs/{run.pk}/{place}/?as={form}")

        assert f".{form}" in answer["Content-Disposition"]
        assert b"100001" in answer.content or form == "xlsx" or place == "unbilled"

    @pytest.mark.parametrize("place", ["exceptions", "unbilled", "bills"])
    def test_lists_ask_the_same_questions_for_one_row_and_for_three(self, town, signed_in, place):
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        counts = []
        manager = signed_in("manager")
        for numbers in (["100001"], ["100002", "100003"]):
            for number in numbers:
                town.use(town.account(number, services=("water",)), "14")
                town.account(f"9{number}", services=("water",))
            run = town.draft()
            with CaptureQueriesContext(connection) as asked:
                manager.get(f"/billing/runs/{run.pk}/{place}/")
            counts.append(len(asked))

        assert counts[0] == counts[1]


class TestRunBills:
    def test_lists_what_was_released(self, town, signed_in):
        town.use(town.account(), "14")
        run = town.release()

        page = signed_in("manager").get(f"/billing/runs/{run.pk}/bills/?sort=-total_cents").content.decode()

        assert "100001" in page
        assert "$111.00" in page

    def test_is_closed_to_a_representative(self, town, signed_in):
        town.use(town.account(), "14")
        run = town.release()

        assert signed_in("representative").get(f"/billing/runs/{run.pk}/bills/").status_code == 403


class TestApproveRun:
    def test_approves_and_returns_to_the_run(self, town, signed_in):
        town.use(town.account(), "14")
        run = town.draft()

        answer = signed_in("manager").post(f"/billing/runs/{run.pk}/approval/")

        run.refresh_from_db()
        assert answer.status_code == 302
        assert run.state == "approved"

    def test_says_how_many_services_are_held_and_asks_when_they_are_most(self, town, signed_in):
        town.use(town.account("100001"), "14")
        town.account("100002")
        town.account("100003")
        run = town.draft()
        manager = signed_in("manager")

        page = manager.get(f"/billing/runs/{run.pk}/").content.decode()
        refused = manager.post(f"/billing/runs/{run.pk}/approval/", follow=True).content.decode()
        run.refresh_from_db()
        state = run.state
        manager.post(f"/billing/runs/{run.pk}/approval/", {"accepts_holds": "on"})
        run.refresh_from_db()

        assert "6 services are held: 6 missing reads." in page
        assert 'name="accepts_holds"' in page
        assert "1 bill for $111.00 is numbered" in page
        assert "more than half" in refused
        assert (state, run.state) == ("drafted", "approved")

    def test_asks_nothing_more_when_half_or_less_is_held(self, town, signed_in):
        town.use(town.account("100001"), "14")
        town.account("100002")
        run = town.draft()
        manager = signed_in("manager")

        assert "accepts_holds" not in manager.get(f"/billing/runs/{run.pk}/").content.decode()
        manager.post(f"/billing/runs/{run.pk}/approval/")

        run.refresh_from_db()
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

    def test_promises_nothing_while_the_office_is_closed(self, town, signed_in):
        from procrastinate.contrib.django.models import ProcrastinateJob

        town.use(town.account(), "14")
        run = town.approve(town.draft())
        town.close_the_office()

        page = signed_in("manager").post(f"/billing/runs/{run.pk}/release/", follow=True).content.decode()

        assert "business day" in page
        assert "The release has begun" not in page
        assert not ProcrastinateJob.objects.exists()

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


class TestAccountPage:
    def test_tells_of_a_bill_that_is_held_and_forgets_it_once_cleared(self, town, signed_in):
        account = town.account()
        town.use(account, "900")
        run = town.draft()
        told = "Bill held for review since July 1, 2026: large bill."
        assert told in signed_in("representative").get("/accounts/100001/").content.decode()

        signed_in("lead").post(
            f"/billing/runs/{run.pk}/accounts/{account.pk}/clear/", {"reason": "Filled the new pool"}
        )

        assert "Bill held" not in signed_in("representative").get("/accounts/100001/").content.decode()

    def test_still_tells_of_it_after_the_run_went_out_without_it(self, town, signed_in):
        town.use(town.account("100001"), "14")
        town.account("100002")
        town.release()
        representative = signed_in("representative")

        assert "Bill held" not in representative.get("/accounts/100001/").content.decode()
        assert (
            "Bill held for review since July 1, 2026: no read."
            in representative.get("/accounts/100002/").content.decode()
        )

    def test_tells_what_the_person_wrote_who_held_it(self, town, signed_in):
        account = town.account()
        town.use(account, "14")
        run = town.draft()

        signed_in("lead").post(f"/billing/runs/{run.pk}/accounts/{account.pk}/hold/", {"reason": "Meter was swapped."})

        assert (
            "since July 1, 2026: Meter was swapped.<"
            in signed_in("representative").get("/accounts/100001/").content.decode()
        )


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
    def test_prints_the_bill(self, town, city, signed_in):
        town.use(town.account(), "14")
        town.release()

        answer = signed_in("representative").get("/billing/bills/1/statement.pdf")

        assert answer["Content-Type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF-")


class TestWorkbench:
    def test_shows_what_waits_with_the_evidence_beside_it(self, town, signed_in):
        town.use(town.account("100001"), "2400")
        run = town.draft()

        page = signed_in("manager").get(f"/billing/runs/{run.pk}/workbench/").content.decode()

        assert "2,400 CCF; a 5/8&quot; meter can pass" in page
        assert "after rating" in page
        assert "on the whole bill" in page
        assert "workbench.js" in page
        assert "Approve" in page

    def test_keeps_to_one_code_and_pages_a_long_list(self, town, signed_in):
        for number in range(100_001, 100_028):
            town.use(town.account(str(number)), "900")
        run = town.draft()

        page = signed_in("lead").get(f"/billing/runs/{run.pk}/workbench/?code=AMT").content.decode()
        second = signed_in("lead").get(f"/billing/runs/{run.pk}/workbench/?code=AMT&page=2").content.decode()

        assert page.count("data-redraft=") == 25
        assert second.count("data-redraft=") == 2
        assert 'data-clear="/billing/runs/' in page

    def test_settles_an_exception_and_returns_to_its_code(self, town, signed_in):
        from curbstop.billing.models import Finding

        town.use(town.account(), "900")
        run = town.draft()
        finding = Finding.objects.get(blocking=True)
        address = f"/billing/runs/{run.pk}/findings/{finding.pk}/clear/"

        refused = signed_in("lead").post(address, {"reason": "ok", "code": "AMT"}, follow=True)
        assert "at least 10" in refused.content.decode()
        assert DraftBill.objects.get().held
        answer = signed_in("lead").post(address, {"reason": "Filled the new pool", "code": "AMT"})

        assert answer["Location"] == f"/billing/runs/{run.pk}/workbench/?code=AMT"
        assert not DraftBill.objects.get().held
        assert Clearance.objects.get().reason == "Filled the new pool"

    def test_drafts_one_account_again(self, town, signed_in):
        account = town.account()
        town.use(account, "900")
        run = town.draft()
        DraftBill.objects.update(total_cents=1)

        signed_in("lead").post(f"/billing/runs/{run.pk}/accounts/{account.pk}/redraft/")

        assert DraftBill.objects.get().total_cents > 1

    def test_is_closed_to_who_may_only_look(self, town, signed_in):
        account = town.account()
        town.use(account, "900")
        run = town.draft()
        auditor = signed_in("auditor")

        assert "data-decision" not in auditor.get(f"/billing/runs/{run.pk}/workbench/").content.decode()
        assert auditor.post(f"/billing/runs/{run.pk}/accounts/{account.pk}/redraft/").status_code == 403
        assert auditor.post(f"/billing/runs/{run.pk}/findings/1/clear/").status_code == 403
        assert DraftBill.objects.get().held


class TestPreList:
    def test_lists_all_bills_or_those_with_an_exception(self, town, signed_in):
        town.use(town.account("100001"), "14")
        town.use(town.account("100002"), "900")
        run = town.draft()
        lead = signed_in("lead")

        page = lead.get(f"/billing/runs/{run.pk}/prelist/").content.decode()
        file = lead.get(f"/billing/runs/{run.pk}/prelist/?as=csv&only=exceptions").content.decode()

        assert "First bill; " not in page.split("100002")[0]
        assert "Large bill; First bill" in page
        assert "AMT FIRST" in file
