from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curbstop.ordinances.domain.versions import (
    Change,
    Dated,
    NewEnd,
    VersionRefused,
    plan_versions,
    successive,
)

TODAY = date(2026, 11, 22)
OLD = Dated(date(2024, 1, 1), None, "20 days")
SOON = date(2027, 1, 1)


class TestPlanVersions:
    def test_finds_no_change_in_the_same_versions(self):
        plan = plan_versions(adopted=[OLD], written=[OLD], on=TODAY)

        assert (plan.additions, plan.new_ends, plan.changes) == ((), (), ())

    def test_closes_the_old_version_where_the_new_one_begins(self):
        new = Dated(SOON, None, "25 days")

        plan = plan_versions(adopted=[OLD], written=[OLD, new], on=TODAY)

        assert plan.new_ends == (NewEnd(OLD.starts_on, SOON),)
        assert plan.additions == (new,)
        assert plan.changes == (Change(SOON, "20 days", "25 days"),)

    def test_takes_a_value_changed_in_place_with_a_new_date(self):
        new = Dated(SOON, None, "25 days")

        plan = plan_versions(adopted=[OLD], written=[new], on=TODAY)

        assert plan.new_ends == (NewEnd(OLD.starts_on, SOON),)
        assert plan.additions == (new,)

    def test_refuses_a_value_changed_without_a_new_date(self):
        with pytest.raises(VersionRefused, match="changed without a new effective date"):
            plan_versions(adopted=[OLD], written=[Dated(OLD.starts_on, None, "25 days")], on=TODAY)

    def test_refuses_a_version_that_would_have_begun_in_the_past(self):
        yesterday = Dated(TODAY - timedelta(days=1), None, "25 days")

        with pytest.raises(VersionRefused, match="is past"):
            plan_versions(adopted=[OLD], written=[OLD, yesterday], on=TODAY)

    def test_refuses_an_end_that_is_past(self):
        with pytest.raises(VersionRefused, match="is past"):
            plan_versions(adopted=[OLD], written=[Dated(OLD.starts_on, date(2025, 1, 1), "20 days")], on=TODAY)

    def test_refuses_to_forget_the_version_in_force(self):
        adopted = [Dated(OLD.starts_on, date(2026, 1, 1), "20 days"), Dated(date(2026, 1, 1), None, "21")]

        with pytest.raises(VersionRefused, match="in force since 2026-01-01 is missing"):
            plan_versions(adopted=adopted, written=[OLD], on=TODAY)

    def test_replaces_a_version_that_has_not_begun_and_keeps_it_as_withdrawn(self):
        adopted = [Dated(OLD.starts_on, SOON, "20 days"), Dated(SOON, None, "25 days")]
        written = [OLD, Dated(SOON, None, "22 days")]

        plan = plan_versions(adopted=adopted, written=written, on=TODAY)

        assert plan.new_ends == (NewEnd(SOON, SOON),)
        assert plan.additions == (Dated(SOON, None, "22 days"),)
        assert plan.changes == (Change(SOON, "25 days", "22 days"),)

    def test_reopens_the_version_in_force_when_its_successor_is_withdrawn(self):
        adopted = [Dated(OLD.starts_on, SOON, "20 days"), Dated(SOON, None, "25 days")]

        plan = plan_versions(adopted=adopted, written=[OLD], on=TODAY)

        assert set(plan.new_ends) == {NewEnd(SOON, SOON), NewEnd(OLD.starts_on, None)}
        assert plan.changes == (Change(SOON, "25 days", None),)

    def test_ignores_a_version_that_was_withdrawn(self):
        adopted = [OLD, Dated(SOON, SOON, "25 days")]

        assert not plan_versions(adopted=adopted, written=[OLD], on=TODAY).changes

    def test_ends_a_rule_without_a_successor(self):
        ended = Dated(OLD.starts_on, SOON, "20 days")

        plan = plan_versions(adopted=[OLD], written=[ended], on=TODAY)

        assert plan.new_ends == (NewEnd(OLD.starts_on, SOON),)
        assert plan.changes == (Change(SOON, "20 days", None),)

    @given(
        starts=st.lists(st.integers(0, 900), min_size=1, max_size=6, unique=True),
        later=st.integers(1, 900),
    )
    def test_leaves_one_version_a_day_and_the_past_as_it_was(self, starts, later):
        first = date(2024, 6, 1)
        adopted = successive([Dated(first + timedelta(days=one), None, one) for one in starts])
        new = Dated(max(TODAY, adopted[-1].starts_on) + timedelta(days=later), None, -1)

        plan = plan_versions(adopted=adopted, written=[adopted[-1], new], on=TODAY)

        ends = {one.starts_on: one.ends_on for one in plan.new_ends}
        kept = [replace(one, ends_on=ends.get(one.starts_on, one.ends_on)) for one in adopted]
        after = [*kept, *plan.additions]
        assert all(one.end <= two.starts_on for one, two in pairwise(after))
        for back in range(0, 900, 37):
            day = TODAY - timedelta(days=back)
            assert in_force(after, day) == in_force(adopted, day)


def in_force(versions, on):
    return [one.content for one in versions if one.starts_on <= on < one.end]


class TestSuccessive:
    def test_ends_each_version_where_the_next_begins(self):
        versions = successive([Dated(SOON, None, "b"), OLD])

        assert [one.ends_on for one in versions] == [SOON, None]

    def test_keeps_a_gap_that_is_meant(self):
        ended = Dated(OLD.starts_on, date(2025, 1, 1), "a")

        assert successive([ended, Dated(SOON, None, "b")])[0].ends_on == date(2025, 1, 1)

    @pytest.mark.parametrize(
        ("versions", "message"),
        [
            ([OLD, OLD], "two versions begin"),
            ([Dated(OLD.starts_on, date(2027, 6, 1), "a"), Dated(SOON, None, "b")], "overlaps"),
            ([Dated(SOON, SOON, "a")], "ends before it begins"),
        ],
    )
    def test_refuses_versions_that_do_not_follow_each_other(self, versions, message):
        with pytest.raises(VersionRefused, match=message):
            successive(versions)
