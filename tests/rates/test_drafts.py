"""Drafting a tariff: its numbers in their places, every problem at its line, two people, and never in the past."""

from datetime import date
from typing import Any

import pytest
from django.urls import reverse

from curbstop.rates.domain.tariff.sheets import sheets_of, with_numbers
from curbstop.rates.models import RateDraft, ScheduleVersion
from curbstop.rates.operations import (
    DraftRefused,
    adopt_draft,
    begin_draft,
    propose_draft,
    rewrite_draft,
    turn_down_draft,
)
from curbstop.rates.queries import changed_values, draft_problems, pack_file, waiting_drafts
from tests.billing.conftest import NOON, TODAY, WATER, Town, people, town
from tests.refusals import refusing

__all__ = ["people", "town"]

LATER = date(2026, 9, 1)
DRAFT = WATER.replace("price: 3.00}", "price: 3.25}  # Ordinance 26-114")


@pytest.fixture
def base(town: Town) -> ScheduleVersion:
    """The water tariff in force."""
    return ScheduleVersion.objects.get(schedule__code="water")


@pytest.fixture
def draft(base: ScheduleVersion, town: Town) -> RateDraft:
    """A sound draft that the supervisor wrote."""
    return begin_draft(base=base, document=DRAFT, by=town.people["supervisor"], at=NOON)


def proposed(draft: RateDraft, town: Town) -> RateDraft:
    propose_draft(draft=draft, starts_on=LATER, on=TODAY, by=town.people["supervisor"], at=NOON)
    draft.refresh_from_db()
    return draft


def adopted(draft: RateDraft, town: Town, **changed: Any) -> ScheduleVersion:
    given = {
        "draft": draft,
        "seen": draft.fingerprint,
        "on": TODAY,
        "by": town.people["manager"],
        "at": NOON,
        **changed,
    }
    return adopt_draft(**given)


class TestSheets:
    def test_keep_all_but_the_number(self) -> None:
        commented = WATER.replace('5/8": 20.00', '5/8": 20.00  ').replace("tiers:", "tiers:  # by section 13.1")
        changed = with_numbers(commented, amounts={0: "21.50"}, tiers={})
        assert changed == commented.replace("20.00", "21.50")

    def test_write_another_number_of_tiers(self) -> None:
        changed = with_numbers(WATER, amounts={}, tiers={0: [("5", "2.00"), ("10", "3.00"), ("", "5.00")]})
        assert sheets_of(changed)[1].tiers[0].rows == (("5", "2.00"), ("10", "3.00"), ("", "5.00"))
        assert changed.startswith(WATER.split("      - {up_to")[0])

    def test_refuse_what_is_no_number(self) -> None:
        with pytest.raises(ValueError, match="no number"):
            with_numbers(WATER, amounts={0: "1, extra: 2"}, tiers={})

    def test_are_none_of_a_text_that_is_no_tariff(self) -> None:
        assert sheets_of("a: [") == ()


class TestProblems:
    def test_are_all_listed_at_their_lines(self, draft: RateDraft) -> None:
        draft.document = WATER.replace("up_to: 10, price: 3.00", "up_to: 10").replace(
            "price: 5.00", "up_to: 8, price: 5"
        )
        draft.document = draft.document.replace('base: {by: meter_size, table: {5/8": 20.00, 1": 50.00}}', "base: -3")
        lines = draft.document.splitlines()
        found = draft_problems(draft)
        assert len(found) == 2  # One a component: the rest of it is not read any further.
        assert "base: -3" in lines[found[0].line - 1]
        assert "up_to" in lines[found[1].line - 1]

    def test_name_a_section_and_a_service_that_the_city_does_not_have(self, draft: RateDraft) -> None:
        draft.document = DRAFT.replace('section: "13.1"', 'section: "99.9"').replace(
            "    service: water\n    label: {en: Water use", "    service: steam\n    label: {en: Water use"
        )
        said = [each.message for each in draft_problems(draft)]
        assert "cites 99.9, which the code does not have" in said
        assert "charges for steam, no service of the city" in said

    def test_name_a_class_without_a_rate(self, draft: RateDraft, town: Town) -> None:
        town.account()
        draft.document = DRAFT.replace("    base:", "    classes: [home]\n    base:").replace(
            "    tiers:", "    classes: [home]\n    tiers:"
        )
        (problem,) = draft_problems(draft)
        assert "no rate for the class “”, in which 1 agreements" in problem.message


class TestAdoptDraft:
    def test_puts_the_text_in_force_by_a_second_person(
        self, draft: RateDraft, base: ScheduleVersion, town: Town
    ) -> None:
        assert not waiting_drafts(town.people["manager"]).exists()
        proposed(draft, town)
        assert waiting_drafts(town.people["manager"]).get() == draft
        version = adopted(draft, town)
        base.refresh_from_db()
        assert (base.document, base.ends_on) == (WATER, LATER)
        assert (version.document, version.starts_on, version.ends_on) == (DRAFT, LATER, None)
        assert (version.proposed_by, version.approved_by) == (town.people["supervisor"], town.people["manager"])
        assert changed_values(base.document, version.document) == (
            ("components.water_use.tiers.1.price", "3.00", "3.25"),
        )
        assert not waiting_drafts(town.people["manager"]).exists()

    def test_refuses_the_writer_and_another_text(self, draft: RateDraft, base: ScheduleVersion, town: Town) -> None:
        rewrite_draft(draft=draft, document=DRAFT, seen=draft.fingerprint, by=town.people["manager"], at=NOON)
        proposed(draft, town)
        with pytest.raises(DraftRefused, match="Another person"):
            adopted(draft, town)
        with pytest.raises(DraftRefused, match="may not"):
            adopted(draft, town, by=town.people["lead"])
        assert ScheduleVersion.objects.filter(schedule=base.schedule).count() == 1

    def test_refuses_a_text_that_was_not_seen_and_a_day_that_is_past(self, draft: RateDraft, town: Town) -> None:
        proposed(draft, town)
        with pytest.raises(DraftRefused, match="not the text"):
            adopted(draft, town, seen="")
        with pytest.raises(DraftRefused, match="past"):
            adopted(draft, town, on=date(2026, 9, 2))
        assert ScheduleVersion.objects.filter(schedule__code="water").count() == 1

    def test_refuses_a_draft_with_a_problem(self, draft: RateDraft, town: Town) -> None:
        rewrite_draft(
            draft=draft, document=DRAFT.replace("up_to: 10", "up_to: 0"), seen=draft.fingerprint,
            by=town.people["supervisor"], at=NOON,
        )  # fmt: skip
        with pytest.raises(DraftRefused, match=r"tiers must rise"):
            proposed(draft, town)
        assert RateDraft.objects.get().proposed_at is None

    def test_refuses_to_rewrite_a_version_that_begins_later(self, draft: RateDraft, town: Town) -> None:
        adopted(proposed(draft, town), town)
        version = ScheduleVersion.objects.get(starts_on=LATER)
        again = begin_draft(base=version, document=WATER, by=town.people["supervisor"], at=NOON)
        with pytest.raises(DraftRefused, match="nothing rewrites it"):
            propose_draft(draft=again, starts_on=LATER, on=TODAY, by=town.people["supervisor"], at=NOON)


class TestRewriteDraft:
    def test_refuses_a_text_over_one_that_was_not_seen(self, draft: RateDraft, town: Town) -> None:
        with pytest.raises(DraftRefused, match="meanwhile"):
            rewrite_draft(draft=draft, document=WATER, seen="old", by=town.people["manager"], at=NOON)
        draft.refresh_from_db()
        assert draft.document == DRAFT

    def test_refuses_what_was_laid_aside(self, draft: RateDraft, town: Town) -> None:
        turn_down_draft(draft=draft, by=town.people["supervisor"], at=NOON)
        with pytest.raises(DraftRefused, match="begin another"):
            rewrite_draft(draft=draft, document=WATER, seen=draft.fingerprint, by=town.people["manager"], at=NOON)


class TestDatabase:
    def test_keeps_a_proposed_text(self, draft: RateDraft, town: Town) -> None:
        proposed(draft, town)
        assert refusing("update rates_ratedraft set document = 'x'") == "rate_draft_stands"
        assert refusing("update rates_ratedraft set proposed_at = null, proposed_by_id = null") == "rate_draft_stands"
        assert refusing("delete from rates_ratedraft") == "rates_ratedraft_kept"

    def test_keeps_the_second_person_and_the_day(self, draft: RateDraft, base: ScheduleVersion, town: Town) -> None:
        proposed(draft, town)
        adopt = "update rates_ratedraft set approved_by_id = %s, adopted_on = %s, version_id = %s"
        author, other = town.people["supervisor"].pk, town.people["manager"].pk
        assert refusing(adopt, author, TODAY, base.pk) in {"rate_draft_second_person", "rate_draft_not_by_its_writer"}
        assert refusing(adopt, other, date(2026, 9, 2), base.pk) == "rate_draft_not_in_the_past"
        assert refusing("update rates_ratedraft set approved_by_id = %s", other) == "rate_draft_adopted_whole"
        draft.refresh_from_db()
        assert draft.version is None


class TestPackFile:
    def test_says_its_service_and_first_day(self) -> None:
        text = pack_file(document=WATER, service="water", starts_on=LATER)
        assert text.startswith("\ntariff: water\nservice: water\neffective: 2026-09-01\nunit: ccf\n")


class TestPages:
    def test_draft_change_and_propose(self, town: Town, base: ScheduleVersion, client: Any) -> None:
        client.force_login(town.people["supervisor"])
        assert b"water" in client.get(reverse("rates:tariffs")).content
        assert b"Draft the next version" in client.get(reverse("rates:tariff", args=[base.pk])).content
        client.post(reverse("rates:begin_draft", args=[base.pk]))
        draft = RateDraft.objects.get()
        page = reverse("rates:draft", args=[draft.pk])
        numbers = {
            "seen": draft.fingerprint,
            "amount-0": "20.00", "amount-1": "50.00",
            "tier-0-0-up_to": "10", "tier-0-0-price": "3.00", "tier-0-1-up_to": "8", "tier-0-1-price": "5.00",
            "tier-0-2-up_to": "", "tier-0-2-price": "6.00",
        }  # fmt: skip
        client.post(reverse("rates:change_numbers", args=[draft.pk]), numbers)
        shown = client.get(page).content.decode()
        assert "Line 16" in shown
        assert "tiers must rise" in shown
        draft.refresh_from_db()
        text = draft.document.replace("up_to: 8", "up_to: 20")
        client.post(reverse("rates:write_draft", args=[draft.pk]), {"seen": draft.fingerprint, "document": text})
        assert "The tariff is sound" in client.get(page).content.decode()
        assert client.get(page + "?as=yaml")["Content-Disposition"].endswith('"water.draft.yaml"')

    def test_are_closed_to_who_may_not_draft(self, town: Town, base: ScheduleVersion, client: Any) -> None:
        client.force_login(town.people["representative"])
        assert client.post(reverse("rates:begin_draft", args=[base.pk])).status_code == 403
        assert not RateDraft.objects.exists()
