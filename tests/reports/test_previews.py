"""A draft on real accounts: each line beside the one in force, to the cent and by hand."""

from datetime import date
from typing import Any

import pytest
from django.urls import reverse

from curbstop.rates.models import RateDraft, ScheduleVersion
from curbstop.rates.operations import begin_draft
from curbstop.reports.models import RateStudy
from curbstop.reports.queries.previews import preview_accounts, preview_some
from curbstop.reports.queries.what_if import question_of
from tests.billing.conftest import NOON, WATER, Town, people, town
from tests.reports.test_what_if import DRAFT

__all__ = ["people", "town"]


@pytest.fixture
def billed(town: Town) -> Town:
    """Two accounts billed for 6 and 20 CCF of 60 days."""
    town.use(town.account("100001", services=("water",)), "6")
    town.use(town.account("100002", services=("water",)), "20")
    town.release()
    return town


class TestPreview:
    def test_shows_each_line_under_both_tariffs(self, billed: Town) -> None:
        # 20 CCF: 20 + 30 + 50 = 100.00; draft 20 + 27.50 + 60 = 107.50.
        question = question_of(
            "water", draft=DRAFT, draft_format="tariff", from_on=date(2026, 1, 1), to_on=date(2026, 8, 1)
        )
        (preview,), missing = preview_accounts(question, ["100002", "999999"], billed.people["manager"])
        assert missing == ["999999"]
        assert [(each.label, each.now_cents, each.draft_cents) for each in preview.bill.lines] == [
            ("Water service", 2_000, 2_000),
            ("Water use, tier 1", 3_000, 2_750),
            ("Water use, tier 2", 5_000, 6_000),
        ]
        assert (preview.bill.now_cents, preview.bill.draft_cents, preview.bill.change_cents) == (10_000, 10_750, 750)
        assert [each.number for each in preview_some(question, 5)] == ["100001", "100002"]

    def test_says_why_a_draft_refuses_a_bill(self, billed: Town) -> None:
        lacking = WATER.replace('5/8": 20.00, ', "")
        question = question_of(
            "water", draft=lacking, draft_format="tariff", from_on=date(2026, 1, 1), to_on=date(2026, 8, 1)
        )
        (preview,), _ = preview_accounts(question, ["100001"], billed.people["manager"])
        (refusal,) = preview.bill.refusals
        assert refusal.startswith("Draft: ")
        assert "meter_size" in refusal


class TestPages:
    def test_preview_and_study_a_draft(self, billed: Town, client: Any) -> None:
        base = ScheduleVersion.objects.get(schedule__code="water")
        draft: RateDraft = begin_draft(base=base, document=DRAFT, by=billed.people["supervisor"], at=NOON)
        client.force_login(billed.people["supervisor"])
        shown = client.get(reverse("reports:rate_preview", args=[draft.pk]), {"numbers": "100001 100002", "count": ""})
        assert "$107.50" in shown.content.decode()
        client.post(reverse("reports:study_draft", args=[draft.pk]))
        assert RateStudy.objects.get().draft == DRAFT
