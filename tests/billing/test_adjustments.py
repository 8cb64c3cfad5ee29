"""Adjusting an account: what is asked for and posted, whose limit it falls under, and what plain SQL cannot do."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import ProgrammingError

from curbstop.billing.domain.adjustments import Asked, AskedLine
from curbstop.billing.models import Adjustment, AdjustmentHold, AdjustmentRequest, Bill
from curbstop.billing.operations.adjustments import (
    AdjustmentRefused,
    post_adjustment,
    request_adjustment,
    request_reversal,
    turn_down_adjustment,
)
from curbstop.billing.queries.adjustments import adjustments_frame, credits_by_person_frame, standing_of
from curbstop.customers.operations import TieRefused, declare_tie, end_tie
from curbstop.ledger.models import BusinessDay, Entry, ItemHold, OpenItem
from curbstop.ledger.queries import balances_of, held_on, open_items_of, unapplied_credit_of
from tests.billing.conftest import NOON, TODAY, Town
from tests.refusals import refusing

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(town: Town) -> Any:
    """One account with a bill of $26.00 water use, $20.00 water service and $20.00 sewer."""
    shown = town.account(services=("water", "sewer"))
    town.use(shown, "8")
    town.release()
    return shown


def asked(town: Town, cents: int, **facts: Any) -> Asked:
    service = facts.pop("service", "water")
    item = facts.pop("open_item_id", None)
    defaults = {"kind": "credit", "reason": "courtesy", "note": "The notice came late."}
    return Asked(lines=(AskedLine(town.services[service], cents, item),), **(defaults | facts))


def ask(town: Town, account: Any, cents: int, by: str = "representative", **facts: Any) -> AdjustmentRequest:
    return request_adjustment(account=account, asked=asked(town, cents, **facts), by=town.people[by], at=NOON)


def post(town: Town, request: AdjustmentRequest, by: str) -> Adjustment:
    return post_adjustment(request=request, by=town.people[by], at=NOON)


def give(town: Town, account: Any, cents: int, by: str = "representative", **facts: Any) -> Adjustment:
    return post(town, ask(town, account, cents, by, **facts), by)


def balance(account: Any) -> int:
    return balances_of([account.debtor_id])[account.debtor_id]


def rows() -> list[Any]:
    models = (AdjustmentRequest, Adjustment, Entry, ItemHold, OpenItem)
    return [list(model.objects.values()) for model in models]


class TestPostAdjustment:
    def test_settles_the_items_of_its_service_and_takes_it_out_of_revenue(self, town: Town, account: Any) -> None:
        before = balance(account)

        adjustment = give(town, account, 2_000)

        assert balance(account) == before - 2_000
        assert unapplied_credit_of([account.debtor_id])[account.debtor_id] == 0
        owed = {item.service_code: item.balance_cents for item in open_items_of(account.debtor_id)}
        assert owed == {"water": 2_400, "sewer": 2_000}
        lines = list(adjustment.entry.postings.order_by("line_number").values_list("debit_cents", "credit_cents"))
        assert lines == [(2_000, 0), (0, 2_000)]

    def test_becomes_credit_beyond_what_is_owed_for_the_service(self, town: Town, account: Any) -> None:
        give(town, account, 5_000, "supervisor")

        assert unapplied_credit_of([account.debtor_id])[account.debtor_id] == 600
        assert [item.service_code for item in open_items_of(account.debtor_id)] == ["sewer"]

    def test_goes_to_the_item_that_was_named(self, town: Town, account: Any) -> None:
        give(town, account, 1_000, "lead", kind="charge", reason="billing_error", evidence="Photo of the meter")
        water = (item for item in open_items_of(account.debtor_id) if item.service_code == "water")
        newest = max(water, key=lambda item: item.id)

        give(town, account, 1_000, "lead", open_item_id=newest.id)

        assert newest.id not in {item.id for item in open_items_of(account.debtor_id)}

    def test_charges_what_was_forgotten(self, town: Town, account: Any) -> None:
        before = balance(account)

        give(town, account, 1_500, kind="charge", reason="billing_error", evidence="Photo of the meter")

        assert balance(account) == before + 1_500
        assert open_items_of(account.debtor_id)[-1].due_on > TODAY

    def test_is_posted_once(self, town: Town, account: Any) -> None:
        request = ask(town, account, 1_000)
        post(town, request, "representative")
        before = rows()

        with pytest.raises(AdjustmentRefused, match="posted already"):
            post(town, request, "manager")

        assert rows() == before

    def test_is_posted_on_an_open_day(self, town: Town, account: Any) -> None:
        request = ask(town, account, 1_000)
        town.close_the_office()
        before = rows()

        with pytest.raises(AdjustmentRefused, match="business day"):
            post(town, request, "representative")

        assert rows() == before


class TestRequestAdjustment:
    @pytest.mark.parametrize(
        ("facts", "said"),
        [
            ({"reason": "because"}, "reason that the city has"),
            ({"reason": "leak"}, "evidence"),
            ({"reason": "leak", "evidence": "Invoice of the plumber"}, "evidence"),
            ({"reason": "courtesy", "kind": "charge"}, "reason that the city has"),
            ({"note": "late"}, "10 letters"),
            ({"note": "card 4111 1111 1111 1111"}, "card"),
        ],
    )
    def test_needs_a_reason_and_what_it_asks_for(
        self, town: Town, account: Any, facts: dict[str, Any], said: str
    ) -> None:
        before = rows()

        with pytest.raises(AdjustmentRefused, match=said):
            ask(town, account, 1_000, **facts)

        assert rows() == before

    def test_refuses_the_item_of_another_account_or_service(self, town: Town, account: Any) -> None:
        sewer = next(item for item in open_items_of(account.debtor_id) if item.service_code == "sewer")
        other = town.account("100002")

        for owner, item in ((account, sewer.id), (other, sewer.id)):
            with pytest.raises(AdjustmentRefused, match="another account or service"):
                ask(town, owner, 1_000, open_item_id=item)

    def test_holds_the_disputed_part_alone_until_it_is_decided(self, town: Town, account: Any) -> None:
        items = {item.service_code: item.id for item in open_items_of(account.debtor_id)}

        request = ask(town, account, 3_000)

        assert held_on(items.values()) == {items["water"]: 3_000}
        turn_down_adjustment(request=request, by=town.people["supervisor"], at=NOON)
        assert held_on(items.values()) == {}
        assert AdjustmentHold.objects.count() == 1

    def test_waits_once_for_the_same_item(self, town: Town, account: Any) -> None:
        ask(town, account, 3_000)
        before = rows()

        with pytest.raises(AdjustmentRefused, match="waits"):
            ask(town, account, 500)

        assert rows() == before


class TestLimits:
    """Rule book §3.3, trap 22, P18: the sum counts, not the line."""

    def test_stop_forty_pieces_of_a_thousand_dollars(self, town: Town, account: Any) -> None:
        posted = 0
        for _ in range(40):
            try:
                give(town, account, 2_500)
            except AdjustmentRefused:
                continue
            posted += 2_500

        assert posted == 2_500
        assert Adjustment.objects.count() == 1

    def test_stop_forty_pieces_over_forty_accounts_in_a_day(self, town: Town) -> None:
        accounts = [town.account(f"2{number:05}", services=("water",)) for number in range(40)]
        refused = 0
        for each in accounts:
            try:
                give(town, each, 2_500)
            except AdjustmentRefused:
                refused += 1

        assert refused == 30

    @pytest.mark.parametrize(
        ("role", "limit"), [("representative", 2_500), ("lead", 10_000), ("supervisor", 50_000), ("manager", 250_000)]
    )
    def test_rise_with_the_rank(self, town: Town, account: Any, role: str, limit: int) -> None:
        before = rows()
        with pytest.raises(AdjustmentRefused, match="over the limit"):
            request = ask(town, account, limit + 1, role)
            before = rows()
            post(town, request, role)
        assert rows() == before
        turn_down_adjustment(request=request, by=town.people[role], at=NOON)

        assert give(town, account, limit, role).amount_cents == limit

    def test_add_up_what_anybody_credited_to_the_account(self, town: Town, account: Any) -> None:
        give(town, account, 2_000, "representative")

        with pytest.raises(AdjustmentRefused, match="over the limit"):
            give(town, account, 8_001, "lead")
        turn_down_adjustment(request=AdjustmentRequest.objects.latest("pk"), by=town.people["lead"], at=NOON)
        give(town, account, 8_000, "lead")

    def test_open_again_after_the_window_but_not_for_the_same_person(self, town: Town, account: Any) -> None:
        give(town, account, 2_500, "representative")
        later = TODAY + timedelta(days=31)
        town.close_the_office()
        BusinessDay.objects.create(day=later, opened_at=NOON, opened_by=town.people["supervisor"])

        with pytest.raises(AdjustmentRefused, match="over the limit"):
            give(town, account, 100, "representative")
        turn_down_adjustment(request=AdjustmentRequest.objects.latest("pk"), by=town.people["lead"], at=NOON)
        assert give(town, account, 10_000, "lead").posted_on == later

    def test_let_a_second_person_post_what_is_over_them(self, town: Town, account: Any) -> None:
        request = ask(town, account, 40_000)

        adjustment = post(town, request, "supervisor")

        assert (adjustment.requested_by, adjustment.authorized_by) == (
            town.people["representative"],
            town.people["supervisor"],
        )

    def test_are_nothing_for_who_has_no_rank(self, town: Town, account: Any) -> None:
        request = ask(town, account, 1)

        with pytest.raises(AdjustmentRefused, match="over the limit"):
            post(town, request, "auditor")

    def test_want_a_second_person_for_some_reasons(self, town: Town, account: Any) -> None:
        request = ask(town, account, 100, "supervisor", reason="waiver")

        with pytest.raises(AdjustmentRefused, match="second person"):
            post(town, request, "supervisor")
        assert post(town, request, "manager").authorized_by == town.people["manager"]

    def test_are_told_before_anybody_asks(self, town: Town, account: Any) -> None:
        give(town, account, 1_500)

        standing = standing_of(town.people["representative"], account.pk, on=TODAY)

        assert (standing.limit_cents, standing.window_cents, standing.year_cents) == (2_500, 1_500, 1_500)
        assert standing.left_cents == 1_000

    def test_keep_who_took_a_payment_from_adjusting_that_account(self, town: Town, account: Any) -> None:
        town.pay(account, 1_000, by="representative")
        request = ask(town, account, 500)
        before = rows()

        with pytest.raises(AdjustmentRefused, match="took a payment"):
            post(town, request, "representative")

        assert rows() == before
        assert post(town, request, "lead").amount_cents == 500


class TestOwnAccounts:
    """P21, S17: others decide about the money of an employee's own, household's or relative's account."""

    def test_are_neither_adjusted_nor_approved_by_the_employee(self, town: Town, account: Any) -> None:
        lead, supervisor = town.people["lead"], town.people["supervisor"]
        for user in (lead, supervisor):
            declare_tie(user=user, customer=account.customer, kind="relative", by=user, at=NOON)
        before = rows()
        with pytest.raises(AdjustmentRefused, match="others decide"):
            ask(town, account, 500, "lead")
        assert rows() == before
        request = ask(town, account, 5_000)
        before = rows()

        with pytest.raises(AdjustmentRefused, match="others decide"):
            post(town, request, "supervisor")

        assert rows() == before
        assert post(town, request, "manager").amount_cents == 5_000

    def test_are_let_go_by_another_alone(self, town: Town, account: Any) -> None:
        lead = town.people["lead"]
        tie = declare_tie(user=lead, customer=account.customer, kind="own", by=lead, at=NOON)

        with pytest.raises(TieRefused, match="for another to say"):
            end_tie(tie=tie, by=lead, at=NOON)
        end_tie(tie=tie, by=town.people["manager"], at=NOON)
        assert give(town, account, 500, "lead").amount_cents == 500


class TestReversal:
    def test_gives_back_by_a_new_row_what_was_credited(self, town: Town, account: Any) -> None:
        before = balance(account)
        adjustment = give(town, account, 2_000)

        request = request_reversal(
            adjustment=adjustment, note="Credited to the wrong account.", by=town.people["lead"], at=NOON
        )
        reversal = post(town, request, "supervisor")

        assert balance(account) == before
        assert reversal.entry.reverses_id == adjustment.entry_id
        assert standing_of(town.people["representative"], account.pk, on=TODAY).left_cents == 2_500

    def test_needs_a_second_person(self, town: Town, account: Any) -> None:
        adjustment = give(town, account, 2_000)
        lead = town.people["lead"]
        request = request_reversal(adjustment=adjustment, note="Credited to the wrong one.", by=lead, at=NOON)
        before = rows()

        with pytest.raises(AdjustmentRefused, match="does not approve"):
            post(town, request, "lead")

        assert rows() == before

    def test_happens_once(self, town: Town, account: Any) -> None:
        adjustment = give(town, account, 2_000)
        lead = town.people["lead"]
        request_reversal(adjustment=adjustment, note="Credited to the wrong one.", by=lead, at=NOON)

        with pytest.raises(AdjustmentRefused, match="already"):
            request_reversal(adjustment=adjustment, note="Credited to the wrong one.", by=lead, at=NOON)


class TestRegister:
    def test_shows_each_line_with_the_sum_of_the_window(self, town: Town, account: Any) -> None:
        give(town, account, 1_000)
        give(town, account, 2_000, "lead", service="sewer")

        register = adjustments_frame(first_day=TODAY, last_day=TODAY)

        assert register.select("service", "cents", "cumulative_cents").rows() == [
            ("Water", -1_000, 1_000),
            ("Sewer", -2_000, 3_000),
        ]

    def test_adds_up_non_cash_credits_by_person(self, town: Town, account: Any) -> None:
        give(town, account, 1_000)
        give(town, account, 500, service="sewer")

        (row,) = credits_by_person_frame(first_day=TODAY, last_day=TODAY).to_dicts()

        assert (row["person"], row["credits"], row["cents"], row["alone"]) == ("representative", 2, 1_500, 2)


ADJUST = (
    "insert into billing_adjustment (request_id, account_id, entry_id, kind, amount_cents, requested_by_id,"
    " authorized_by_id, posted_on, at) select q.id, {account}, {entry}, q.kind, {cents}, {requested_by}, %s,"
    " {posted_on}, now() from billing_adjustmentrequest q order by q.id desc limit 1"
)
PLAIN = {
    "account": "q.account_id",
    "entry": "(select max(id) from ledger_entry)",
    "cents": "q.amount_cents",
    "requested_by": "q.requested_by_id",
    "posted_on": "current_date",
}


class TestPlainSql:
    @pytest.mark.parametrize(
        ("change", "constraint"),
        [
            ({}, "adjustment_equals_its_entry"),
            ({"cents": "q.amount_cents - 1"}, "adjustment_as_requested"),
            ({"requested_by": "q.requested_by_id + 1"}, "adjustment_as_requested"),
            ({"account": "q.account_id + 1"}, "adjustment_as_requested"),
        ],
    )
    def test_cannot_post_another_thing_than_was_asked(
        self, town: Town, account: Any, change: dict[str, str], constraint: str
    ) -> None:
        ask(town, account, 1_000)
        before = rows()

        assert refusing(ADJUST.format(**(PLAIN | change)), town.people["manager"].pk) == constraint

        assert rows() == before

    def test_cannot_raise_a_request_that_was_posted(self, town: Town, account: Any) -> None:
        give(town, account, 1_000)
        line = (
            "insert into billing_adjustmentline (request_id, line_number, service_id, amount_cents)"
            " select request_id, 9, %s, 100 from billing_adjustment"
        )

        assert refusing(line, town.services["water"]) == "adjustment_line_before_posting"

    def test_cannot_ask_without_evidence(self, town: Town, account: Any) -> None:
        insert = (
            "insert into billing_adjustmentrequest (account_id, kind, amount_cents, reason, note, evidence, reference,"
            " unit, requested_by_id, requested_on, at) values (%s, 'credit', 100, %s, 'The notice came late.', '', '',"
            " '', %s, %s, now())"
        )
        facts = [account.pk, "leak", town.people["lead"].pk, TODAY]

        assert refusing(insert, *facts) == "adjustment_has_evidence"
        facts[1] = "because"
        assert refusing(insert, *facts) == "adjustment_reason_known"
        assert AdjustmentRequest.objects.count() == 0

    def test_cannot_turn_down_what_is_posted(self, town: Town, account: Any) -> None:
        give(town, account, 1_000)
        update = "update billing_adjustmentrequest set turned_down_by_id = %s, turned_down_at = now()"

        assert refusing(update, town.people["lead"].pk) == "adjustment_request_decided_once"

    @pytest.mark.parametrize("statement", ["update billing_adjustment set amount_cents = 1", "delete from {}"])
    def test_cannot_change_what_is_posted(self, town: Town, account: Any, statement: str) -> None:
        give(town, account, 1_000)

        with pytest.raises(ProgrammingError, match="permission denied"):
            refusing(statement.format("billing_adjustment"))

    def test_cannot_pass_a_limit(self, town: Town, account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """The operation asks nothing about limits: each refusal of it is the database's own."""
        give(town, account, 2_500)
        request = ask(town, account, 1)

        with pytest.raises(AdjustmentRefused) as refusal:
            post(town, request, "representative")

        assert "adjustment_within_limits" in str(refusal.value.__cause__)
        assert Bill.objects.count() == 1
        assert Adjustment.objects.filter(posted_on=date(2026, 7, 1)).count() == 1
