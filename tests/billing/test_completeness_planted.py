"""More than fifty ways to lose a service, each planted in a town of its own, and each named (trust.md P10).

Real cities lost whole neighborhoods to an optional field. Some ways are what a clerk does on a page, most
are plain SQL by somebody who should not. A service that is not billed is either held by its name, or the proof
and the release gate name it and no run is approved.
"""

from datetime import date, timedelta

import pytest
from django.db import connection

from curbstop.billing import operations, queries
from curbstop.billing.models import Bill, Disposition, DraftBill, DraftLine
from curbstop.foundation.database.transactions import transaction
from tests.billing.conftest import NOON, TODAY

pytestmark = pytest.mark.django_db
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
SUBJECT, NEIGHBOR = "100001", "100002"
OF_SUBJECT = "(select id from customers_account where number = '100001')"
OF_NEIGHBOR = "(select id from customers_account where number = '100002')"


def of_service(code: str) -> str:
    """Return SQL for the subject's agreement for one service."""
    return (
        "(select g.id from customers_serviceagreement g join customers_servicepoint p on p.id = g.service_point_id"
        f" where g.account_id = {OF_SUBJECT} and p.number = '100001-{code}')"
    )


WATER, SEWER, STORM = (of_service(code) for code in ("water", "sewer", "stormwater"))
ANY_VERSION = "(select min(id) from rates_scheduleversion)"

# Planted in the city; no run may be approved, not even that of another cycle.
IN_THE_CITY = {
    "the cycle was deleted": f"delete from billing_cycleassignment where account_id = {OF_SUBJECT}",
    "the cycle ended yesterday": (
        f"update billing_cycleassignment set ends_on = date '{YESTERDAY}' where account_id = {OF_SUBJECT}"
    ),
    "the cycle ended today": (
        f"update billing_cycleassignment set ends_on = date '{TODAY}' where account_id = {OF_SUBJECT}"
    ),
    "the cycle begins tomorrow": (
        f"update billing_cycleassignment set starts_on = date '{TOMORROW}' where account_id = {OF_SUBJECT}"
    ),
    "the cycle lies in the last century": (
        "update billing_cycleassignment set starts_on = '1999-01-01', ends_on = '1999-12-31'"
        f" where account_id = {OF_SUBJECT}"
    ),
    "the cycle was typed with next year": (
        f"update billing_cycleassignment set starts_on = '2027-05-01' where account_id = {OF_SUBJECT}"
    ),
    "a new account took over without a cycle": (
        "with stray as (insert into customers_account (number, customer_id, premises_id, debtor_id, opened_on)"
        "  select '100009', customer_id, premises_id, (select max(id) from ledger_debtor), opened_on"
        "    from customers_account where number = '100001' returning id)"
        " insert into customers_serviceagreement (account_id, service_point_id, starts_on)"
        f" select (select id from stray), p.id, date '{YESTERDAY}'"
        "   from customers_servicepoint p where p.number = '100001-spare'"
    ),
    "the rate was deleted": f"delete from rates_rateassignment where agreement_id = {SEWER}",
    "the rate ended yesterday": (
        f"update rates_rateassignment set ends_on = date '{YESTERDAY}' where agreement_id = {SEWER}"
    ),
    "the rate ended today": f"update rates_rateassignment set ends_on = date '{TODAY}' where agreement_id = {STORM}",
    "the rate begins tomorrow": (
        f"update rates_rateassignment set starts_on = date '{TOMORROW}' where agreement_id = {STORM}"
    ),
    "the rate's schedule has no version": (
        "with bare as (insert into rates_schedule (code, service_id) select 'bare', service_id from rates_schedule"
        " where code = 'sewer' returning id)"
        f" update rates_rateassignment set schedule_id = (select id from bare) where agreement_id = {SEWER}"
    ),
    "the cycle was cut to its first day": (
        f"update billing_cycleassignment set ends_on = '2026-05-02' where account_id = {OF_SUBJECT}"
    ),
    "the cycle was given to another account": (
        "with stray as (insert into customers_account (number, customer_id, premises_id, debtor_id, opened_on)"
        "  select '100009', customer_id, premises_id, (select max(id) from ledger_debtor), opened_on"
        "    from customers_account where number = '100001' returning id)"
        f" update billing_cycleassignment set account_id = (select id from stray) where account_id = {OF_SUBJECT}"
    ),
    "the rate lies in the last century": (
        f"update rates_rateassignment set starts_on = '1999-01-01', ends_on = '1999-12-31' where agreement_id = {WATER}"
    ),
    "all of the account's rates were deleted": (
        f"delete from rates_rateassignment where agreement_id in ({WATER}, {SEWER}, {STORM})"
    ),
    "an exemption was asked for and never approved": (
        f"delete from rates_rateassignment where agreement_id = {STORM};"
        "insert into billing_exemption (agreement_id, reason, starts_on, requested_by_id, requested_at)"
        f" select {STORM}, 'A fountain of the city', '2026-05-01', min(id), now() from foundation_user"
    ),
    "the exemption ran out": (
        f"delete from rates_rateassignment where agreement_id = {STORM};"
        "insert into billing_exemption (agreement_id, reason, starts_on, ends_on, requested_by_id, requested_at,"
        "  approved_by_id, approved_at)"
        f" select {STORM}, 'A fountain of the city', '2026-05-01', '2026-06-01', min(id), now(), max(id), now()"
        "   from foundation_user"
    ),
    "a tap was never given an agreement": (
        "insert into customers_servicepoint (premises_id, service_id, number)"
        " select premises_id, service_id, '100001-tap' from customers_servicepoint where number = '100001-water'"
    ),
    "a meter runs where nobody ever signed": "{meter} {reads}",
    "a meter runs on after the customer left": (
        f"update customers_serviceagreement set starts_on = '2026-01-01', ends_on = '2026-02-01' where id = {WATER};"
        " {meter_of_water} {reads}"
    ),
}
METER = """
with m as (insert into metering_meter (serial, size_inches, dials, unit, multiplier)
           values ('M1', '5/8"', 6, 'ccf', 1) returning id)
insert into metering_installation (meter_id, service_point_id, starts_on, first_register)
select m.id, p.id, '2026-01-01', 0 from m, customers_servicepoint p where p.number = '100001-{point}';
"""
READS = """
insert into metering_read (installation_id, read_on, register, kind)
select i.id, d.day, d.register, 'actual' from metering_installation i,
       (values (date '2026-02-01', 5), (date '2026-06-28', 40)) as d (day, register);
"""

# Planted into a drafted run by SQL; the database itself lets it not become approved.
IN_THE_DRAFT = {
    "the hold was deleted": (
        f"delete from billing_disposition where agreement_id = {SEWER}",
        "unrated",
    ),
    "the line of one service was deleted": (f"delete from billing_draftline where agreement_id = {SEWER}", ""),
    "all lines were deleted": (f"delete from billing_draftline where account_id = {OF_SUBJECT}", ""),
    "the bill was deleted, its lines stayed": (f"delete from billing_draftbill where account_id = {OF_SUBJECT}", ""),
    "the bill was held and nobody said why": (
        f"update billing_draftbill set held = true where account_id = {OF_SUBJECT}",
        "",
    ),
    "a billed service was held as well": (
        (
            "insert into billing_disposition (run_id, agreement_id, account_id, kind, reason, detail)"
            f" select max(id), {SEWER}, {OF_SUBJECT}, 'held', 'HELD', '' from billing_billingrun where kind = 'cycle'"
        ),
        "",
    ),
    "the line was given to the neighbor's service": (
        (
            "update billing_draftline set agreement_id = (select min(agreement_id) from billing_draftline"
            f" where account_id = {OF_NEIGHBOR}) where agreement_id = {SEWER}"
        ),
        "",
    ),
    "the line was given to nobody": (
        f"update billing_draftline set agreement_id = 999999 where agreement_id = {SEWER}",
        "",
    ),
    "the lines were moved to the neighbor's bill of no lines": (
        f"update billing_draftline set account_id = 999999 where agreement_id = {STORM}",
        "",
    ),
    "the lines were moved to another run": (
        f"update billing_draftline set run_id = (select min(id) from billing_billingrun) where agreement_id = {STORM}",
        "",
    ),
    "the hold was moved to another service": (
        f"update billing_disposition set agreement_id = 999999 where agreement_id = {SEWER}",
        "unrated unchecked",
    ),
    "the agreement was entered after the draft": (
        (
            "insert into customers_serviceagreement (account_id, service_point_id, starts_on)"
            f" select {OF_SUBJECT}, id, '2026-05-01' from customers_servicepoint where number = '100001-spare'"
        ),
        "",
    ),
    "the account was placed in the cycle after the draft": (
        (
            "update billing_cycleassignment set cycle_id = (select id from billing_cycle where code = 'ODD')"
            " where account_id = (select id from customers_account where number = '100003')"
        ),
        "",
    ),
    "the start was dated back after the draft": (
        f"update customers_serviceagreement set starts_on = '2026-05-01' where id = {STORM}",
        "starts later",
    ),
    "the end was taken away after the draft": (
        f"update customers_serviceagreement set ends_on = null where id = {STORM}",
        "ended before",
    ),
    "a clerk called it exempt": (
        f"update billing_disposition set kind = 'exempt', reason = 'VIP' where agreement_id = {SEWER}",
        "unrated",
    ),
    "it was called exempt without an exemption": (
        f"update billing_disposition set kind = 'exempt', reason = 'EXEMPT' where agreement_id = {SEWER}",
        "unrated",
    ),
    "it was called not due for months": (
        (
            f"update billing_disposition set kind = 'exempt', reason = 'NOT_DUE', since_on = '2026-01-01'"
            f" where agreement_id = {SEWER}"
        ),
        "unrated",
    ),
}

# Planted after a run was released; the proof names them, and nothing else is approved beside them.
AFTER_A_RUN = {
    "the account was dated back into the cycle": (
        (
            "update billing_cycleassignment set cycle_id = (select id from billing_cycle where code = 'ODD')"
            " where account_id = (select id from customers_account where number = '100003')"
        ),
        "100003",
    ),
    "the service was dated back before the run": (
        (
            "update customers_serviceagreement set starts_on = '2026-05-01' where id ="
            " (select g.id from customers_serviceagreement g join customers_servicepoint p on p.id = g.service_point_id"
            "   where p.number = '100001-spare')"
        ),
        SUBJECT,
    ),
    "the days to come count as billed": (
        (
            "insert into billing_billedperiod (bill_id, agreement_id, period, cancelled)"
            f" select b.id, {STORM}, daterange('2026-07-20', '2099-01-01'), false from billing_bill b"
            f"  where b.account_id = {OF_SUBJECT}"
        ),
        SUBJECT,
    ),
    "days between two bills are left out": (
        (
            "insert into billing_billedperiod (bill_id, agreement_id, period, cancelled)"
            f" select b.id, {STORM}, daterange('2026-06-30', '2026-07-01'), false from billing_bill b"
            f"  where b.account_id = {OF_SUBJECT};"
            "insert into billing_billedperiod (bill_id, agreement_id, period, cancelled)"
            f" select b.id, {SEWER}, daterange('2026-04-01', '2026-04-20'), false from billing_bill b"
            f"  where b.account_id = {OF_SUBJECT}"
        ),
        SUBJECT,
    ),
    "it ended before the run and left the cycle": (
        (
            "insert into customers_serviceagreement (account_id, service_point_id, starts_on, ends_on)"
            f" select {OF_SUBJECT}, id, '2026-05-05', '2026-06-10' from customers_servicepoint"
            "  where number = '100001-other'"
        ),
        SUBJECT,
    ),
}


def execute(statements: str) -> None:
    with transaction(), connection.cursor() as cursor:
        for statement in filter(str.strip, statements.split(";")):
            cursor.execute(statement)


def move_to(account, cycle) -> None:
    from curbstop.billing.models import CycleAssignment

    CycleAssignment.objects.filter(account=account).update(cycle=cycle)


class TestStrandedService:
    @pytest.fixture
    def town_of_three(self, town):
        for number in (SUBJECT, NEIGHBOR, "100003"):
            town.use(town.account(number), "14")
        from curbstop.customers.models import Account

        with transaction():
            even = operations.declare_cycles([("EVEN", "South side", 2)])["EVEN"]
        move_to(Account.objects.get(number="100003"), even)
        return town, even

    def spare_point(self, number="100001-spare"):
        """A tap at premises of its own, so that it is nobody's until somebody signs for it."""
        execute(
            "with place as (insert into customers_premises (address_line, unit, city, state, zip, parcel, inside_city,"
            f"  search_key) values ('{number} Road', '', 'Pine Hollow', 'VA', '23300', '', true, '{number} road')"
            " returning id)"
            " insert into customers_servicepoint (premises_id, service_id, number)"
            f" select place.id, p.service_id, '{number}' from place, customers_servicepoint p"
            "  where p.number = '100001-stormwater'"
        )

    def others_run(self, town, even):
        run = town.draft(cycles=[even])
        assert not queries.stranded_services(TODAY), "nobody is lost before one is planted"
        return run

    @pytest.mark.parametrize("way", IN_THE_CITY)
    def test_stops_every_approval(self, town_of_three, way):
        town, even = town_of_three
        if "-spare'" in IN_THE_CITY[way]:
            self.spare_point()
        run = self.others_run(town, even)

        from curbstop.ledger.models import Debtor

        Debtor.objects.create(kind="utility", label="100009")
        statements = IN_THE_CITY[way]
        if "{reads}" in statements:
            if "{meter}" in statements:
                self.spare_point("100001-wild")
            meter, of_water = METER.format(point="wild"), METER.format(point="water")
            statements = statements.format(meter=meter, meter_of_water=of_water, reads=READS)
        execute(statements)

        named = [str(each) for each in queries.stranded_services(TODAY)]
        assert any("10000" in each for each in named)
        with pytest.raises(operations.ApprovalRefused, match="stranded"):
            town.approve(run)
        run.refresh_from_db()
        assert run.state == "drafted"
        assert not Bill.objects.exists()

    @pytest.mark.parametrize("way", IN_THE_DRAFT)
    def test_is_not_approved_in_a_draft_that_was_tampered_with(self, town_of_three, way):
        town, even = town_of_three
        statement, before = IN_THE_DRAFT[way]
        self.spare_point()
        town.draft(cycles=[even])
        if "unrated" in before:
            execute(f"delete from rates_rateassignment where agreement_id = {SEWER}")
        if before == "starts later":
            execute(f"update customers_serviceagreement set starts_on = '2026-08-01' where id = {STORM}")
        if before == "ended before":
            execute(
                "update customers_serviceagreement set starts_on = '2026-03-01', ends_on = '2026-04-01'"
                f" where id = {STORM}"
            )
        run = town.draft()
        assert not queries.completeness_failures(run), "the draft accounts for all before one is planted"

        if "unchecked" in before:
            statement = statement.replace("999999", STORM)
        execute(statement)

        named = queries.completeness_failures(run) + [str(each) for each in queries.stranded_services(TODAY)]
        assert any("10000" in each for each in named)
        with pytest.raises(operations.ApprovalRefused):
            town.approve(run)
        run.refresh_from_db()
        assert run.state == "drafted"
        assert not Bill.objects.exists()

    @pytest.mark.parametrize("way", AFTER_A_RUN)
    def test_is_named_after_a_run_that_left_it_out(self, town_of_three, way):
        from curbstop.customers.models import Account, ServiceAgreement, ServicePoint

        town, even = town_of_three
        statement, number = AFTER_A_RUN[way]
        self.spare_point()
        self.spare_point("100001-other")
        ServiceAgreement.objects.create(
            account=Account.objects.get(number=SUBJECT),
            service_point=ServicePoint.objects.get(number="100001-spare"),
            starts_on=date(2026, 8, 1),
        )
        # The newest agreement of the run, so that all before it were known.
        newest = town.account("100004")
        town.use(newest, "9")
        operations.release_bills(run=town.approve(town.draft()), by=town.people["manager"], at=NOON)
        run = self.others_run(town, even)
        if number == "100003":
            operations.discard_run(run=run, reason="Planted for a test", by=town.people["lead"], at=NOON)

        execute(statement)

        named = [str(each) for each in queries.stranded_services(TODAY)]
        assert any(number in each for each in named)
        if number != "100003":
            with pytest.raises(operations.ApprovalRefused, match="stranded"):
                town.approve(run)


class TestHeldService:
    """What a run cannot bill it holds by name, with the reason, the day since when, and whose desk it is on."""

    WAYS = {
        "nobody read the meter": ("delete", "MISSING"),
        "the input is empty": (
            'update rates_rateassignment set inputs = \'{"eru": ""}\'' + f" where agreement_id = {STORM}",
            "RATE",
        ),
        "the input is missing": (
            f"update rates_rateassignment set inputs = '{{}}' where agreement_id = {STORM}",
            "RATE",
        ),
        "the input is no number": (
            f'update rates_rateassignment set inputs = \'{{"eru": "many"}}\' where agreement_id = {STORM}',
            "RATE",
        ),
        "the rate was deleted before the draft": (
            f"delete from rates_rateassignment where agreement_id = {SEWER}",
            "RATE",
        ),
        "the final read is missing": (
            f"update customers_serviceagreement set ends_on = '2026-06-20' where account_id = {OF_SUBJECT}",
            "FINAL_READ",
        ),
        "the bill cannot be delivered": ("update customers_premises set zip = 'none'", "ADDR"),
        "the rate and the parcel disagree": (
            (f'update rates_rateassignment set inputs = \'{{"city_limits": "outside"}}\' where agreement_id = {WATER}'),
            "ADDR",
        ),
    }

    @pytest.mark.parametrize("way", WAYS)
    def test_is_held_by_name(self, town, way):
        statement, reason = self.WAYS[way]
        account = town.account(SUBJECT)
        if reason not in {"MISSING", "FINAL_READ"}:
            town.use(account, "14")
        if reason != "MISSING":
            execute(statement)

        run = town.draft()

        held = Disposition.objects.filter(run=run, kind="held")
        assert reason in set(held.values_list("reason", flat=True))
        assert all(each.since_on is not None for each in held)
        assert not queries.completeness_failures(run)
        billed = set(DraftLine.objects.filter(run_id=run.pk).values_list("agreement_id", flat=True))
        out = set(DraftBill.objects.filter(run_id=run.pk, held=False).values_list("account_id", flat=True))
        assert not out or not billed & set(held.values_list("agreement_id", flat=True))


# What nobody can do to a service at all.
IMPOSSIBLE = {
    "move an agreement to another account": (
        f"update customers_serviceagreement set account_id = {OF_NEIGHBOR} where id = {WATER}"
    ),
    "point an agreement at another tap": (
        "update customers_serviceagreement set service_point_id ="
        f" (select id from customers_servicepoint where number = '100002-water') where id = {WATER}"
    ),
    "delete an agreement": f"delete from customers_serviceagreement where id = {STORM}",
}


class TestImpossible:
    @pytest.mark.parametrize("way", IMPOSSIBLE)
    def test_is_refused_by_the_database(self, town, way):
        from django.db import DatabaseError

        from curbstop.customers.models import ServiceAgreement

        for number in (SUBJECT, NEIGHBOR):
            town.account(number)
        before = list(ServiceAgreement.objects.values())

        with pytest.raises(DatabaseError):
            execute(f"delete from rates_rateassignment where agreement_id = {STORM}; {IMPOSSIBLE[way]}")

        assert list(ServiceAgreement.objects.values()) == before


class TestForgottenService:
    def test_is_named_when_its_whole_cycle_was_not_run_for_months(self, town):
        town.account(SUBJECT)

        (found,) = (each for each in queries.stranded_services(date(2026, 12, 1)) if each.way == "CYCLE")

        assert str(found) == "Cycle ODD: its 1 accounts were not billed since 2026-05-01"

    def test_is_named_when_it_is_held_longer_than_the_city_allows(self, town):
        from curbstop.ordinances.models import CodeSection, RuleValue

        RuleValue.objects.create(
            code="billing.held_days_max",
            starts_on=date(2026, 1, 1),
            value=30,
            unit="days",
            section=CodeSection.objects.get(citation="13.1"),
            proposed_by=town.people["supervisor"],
            adopted_by=town.people["manager"],
        )
        town.account(SUBJECT)
        town.draft()

        held = [str(each) for each in queries.stranded_services(TODAY) if each.way == "HELD"]

        assert len(held) == len(("water", "sewer", "stormwater"))
        assert "held since 2026-05-01 for MISSING" in held[0]

    def test_is_named_when_a_bill_between_others_was_cancelled_and_not_made_again(self, town):
        account = town.account(SUBJECT)
        town.use(account, "7", ends_on=date(2026, 5, 31))
        town.release(date(2026, 6, 1))
        first = Bill.objects.get()
        town.use(account, "7", starts_on=date(2026, 5, 31), ends_on=date(2026, 6, 30))
        town.release()

        operations.cancel_bill(
            bill=first, reason="Read of the neighbor", requested_by=town.people["lead"],
            approved_by=town.people["manager"], at=NOON,
        )  # fmt: skip

        named = [str(each) for each in queries.stranded_services(TODAY + timedelta(days=1))]
        assert "Account 100001, Water: no bill charges the days from 2026-05-31 to 2026-05-01" not in named
        assert [each for each in named if "no bill charges the days from 2026-05-01" in each]

    def test_is_silent_about_what_two_people_exempted(self, town):
        from curbstop.rates.models import RateAssignment

        account = town.account(SUBJECT)
        town.use(account, "14")
        rate = RateAssignment.objects.get(schedule__code="stormwater")
        request = operations.request_exemption(
            agreement_id=rate.agreement_id, reason="The city's own fountain", starts_on=date(2026, 5, 1),
            by=town.people["lead"], at=NOON,
        )  # fmt: skip
        with pytest.raises(operations.ExemptionRefused, match="second person"):
            operations.approve_exemption(exemption=request, by=town.people["lead"], at=NOON)
        operations.approve_exemption(exemption=request, by=town.people["manager"], at=NOON)
        rate.delete()

        run = town.draft()

        assert not queries.stranded_services(TODAY)
        assert list(Disposition.objects.values_list("kind", "reason", "detail")) == [
            ("exempt", "EXEMPT", "The city's own fountain")
        ]
        assert town.approve(run).bills == 1


def test_fifty_ways_are_planted():
    forgotten = 3
    assert forgotten + len(IN_THE_CITY) + len(IN_THE_DRAFT) + len(AFTER_A_RUN) + len(TestHeldService.WAYS) >= 50
