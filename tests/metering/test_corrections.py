"""A wrong read is superseded with the usage that rested on it; nothing is edited and nothing is lost."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection
from django.db.transaction import atomic

from curbstop.foundation.audit.models import AuditEvent
from curbstop.foundation.database.transactions import transaction
from curbstop.metering.imports import read_meter_file
from curbstop.metering.models import Read, ReadCorrection, SubmeterLink, Usage
from curbstop.metering.operations import (
    CorrectionRefused,
    record_reads,
    settle_usage,
    supersede_read,
    true_up,
)
from curbstop.metering.proofs import PROOFS
from curbstop.metering.queries import AccountRange, usage_history, usage_policy_on
from tests.refusals import refusing

AT = datetime(2026, 9, 2, 9, 30, tzinfo=UTC)
LATER = datetime(2026, 9, 3, 9, 30, tzinfo=UTC)
STARTS = date(2026, 1, 5)
TODAY = date(2026, 9, 1)
pytestmark = pytest.mark.django_db


def read(*rows):
    lines = "".join(",".join(map(str, row)) + "\n" for row in rows)
    heading = "meter,read_on,register,kind\n" if len(rows[0]) == 4 else "meter,read_on,register\n"
    record_reads(file=read_meter_file((heading + lines).encode()), on=TODAY, by=None, at=AT)


def settle(street, through=TODAY):
    accounts = AccountRange(street["account_id"].min(), street["account_id"].max())
    return settle_usage(accounts=accounts, through=through, policy=usage_policy_on(TODAY), by=None, at=AT)


def standing(agreement_id):
    usages = Usage.objects.filter(agreement_id=agreement_id, superseded_at=None).order_by("starts_on")
    return [(u.registered, u.billed, u.carried) for u in usages]


def broken():
    return {proof.name for proof in PROOFS if not proof.check().holds}


def correct(day, register, by, meter="M-1"):
    wrong = Read.objects.get(installation__meter__serial=meter, read_on=day, superseded_at=None)
    with transaction():
        return supersede_read(
            read=wrong, register=Decimal(register), kind="actual", reason="Two digits changed", by=by, at=LATER
        )


@pytest.fixture
def clerk(person):
    return person("clerk")


class TestSupersedeRead:
    @pytest.fixture(autouse=True)
    def three_months(self, street):
        read(("M-1", "2026-02-04", "112.4"))
        read(("M-1", "2026-03-06", "128.4"))
        read(("M-1", "2026-04-05", "131.0"))
        assert settle(street).settled == 3

    def test_settles_both_periods_around_it_again(self, street, clerk):
        mine = street["agreement_id"][0]
        before = set(Usage.objects.values_list("pk", flat=True))

        done = correct("2026-03-06", "124.8", clerk)

        assert standing(mine) == [
            (Decimal("12.4"), 12, Decimal("0.4")),
            (Decimal("12.4"), 12, Decimal("0.8")),
            (Decimal("6.2"), 7, Decimal(0)),
        ]
        assert len(done.usages) == 2
        assert set(done.usages) < before
        assert Usage.objects.filter(pk__in=done.replacements, superseded_at=None).count() == 2
        assert broken() == set()

    def test_keeps_the_wrong_read_with_who_and_why(self, clerk):
        done = correct("2026-03-06", "124.8", clerk)

        correction = ReadCorrection.objects.get()
        assert (correction.read.register, correction.replacement, correction.by) == (Decimal("128.4"), done.read, clerk)
        assert (correction.reason, correction.read.superseded_at) == ("Two digits changed", LATER)
        assert AuditEvent.objects.filter(event="metering.read.superseded").count() == 1

    def test_is_not_seen_by_who_reads_usage(self, street, clerk):
        correct("2026-03-06", "124.8", clerk)

        history = usage_history(street["agreement_id"].to_list())

        assert history["registered"].sum() == Decimal(31)
        assert history.height == 3

    @pytest.mark.parametrize(
        ("register", "said"), [("140", "do not agree"), ("1000000", "does not fit"), ("-1", "does not fit")]
    )
    def test_refuses_a_register_that_its_neighbors_deny(self, street, clerk, register, said):
        usage = standing(street["agreement_id"][0])

        with pytest.raises(CorrectionRefused, match=said):
            correct("2026-03-06", register, clerk)

        assert standing(street["agreement_id"][0]) == usage
        assert not ReadCorrection.objects.exists()
        assert not Read.objects.exclude(superseded_at=None).exists()

    def test_refuses_a_second_correction_of_the_same_read(self, clerk):
        wrong = Read.objects.get(read_on="2026-03-06")
        correct("2026-03-06", "124.8", clerk)

        with transaction(), pytest.raises(CorrectionRefused, match="already"):
            supersede_read(read=wrong, register=Decimal(120), kind="actual", reason="Again", by=clerk, at=LATER)

        assert Read.objects.count() == 4

    def test_needs_a_transaction(self, clerk):
        with pytest.raises(RuntimeError, match="part of an operation"):
            supersede_read(
                read=Read.objects.first(), register=Decimal(1), kind="actual", reason="Why not", by=clerk, at=AT
            )


class TestWhatTheDatabaseRefuses:
    @pytest.fixture(autouse=True)
    def a_period(self, street):
        read(("M-1", "2026-02-04", "112.4"))
        settle(street)

    @pytest.mark.parametrize(
        "statement",
        [
            "update metering_read set register = 1",
            "update metering_usage set billed = 0",
            "delete from metering_usage",
            "delete from metering_readcorrection",
            "update metering_readexception set code = 'LOW'",
        ],
    )
    def test_a_change_of_what_was_read(self, statement):
        with (
            pytest.raises(DatabaseError, match=r"written once|permission denied"),
            atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)

        assert Usage.objects.get().superseded_at is None

    def test_usage_that_leaves_while_its_reads_stand(self):
        assert refusing("update metering_usage set superseded_at = now()") == "usage_superseded_with_a_read"

        assert Usage.objects.get().superseded_at is None

    def test_a_read_that_leaves_without_its_correction(self):
        refused = refusing("update metering_read set superseded_at = now()")

        assert refused in {"read_superseded_by_its_correction", "usage_rests_on_standing_reads"}
        assert not Read.objects.exclude(superseded_at=None).exists()

    def test_a_read_that_leaves_while_usage_rests_on_it(self, clerk):
        wrong = Read.objects.get()
        other = Read.objects.create(installation=wrong.installation, read_on=date(2026, 2, 5), register=1)
        refused = refusing(
            "with said as (insert into metering_readcorrection (read_id, replacement_id, reason, by_id, at)"
            "              values (%s, %s, 'Wrong digits', %s, now()) returning at)"
            " update metering_read r set superseded_at = said.at from said where r.id = %s",
            wrong.pk, other.pk, clerk.pk, wrong.pk,
        )  # fmt: skip

        assert refused == "usage_rests_on_standing_reads"
        assert Read.objects.get(pk=wrong.pk).superseded_at is None

    def test_usage_that_rests_on_a_superseded_read(self, street, clerk):
        correct("2026-02-04", "111", clerk)
        gone = Usage.objects.exclude(superseded_at=None).get()

        refused = refusing(
            "insert into metering_usage (agreement_id, starts_on, ends_on, registered, billed, carried, unit,"
            " meter_size, kind, to_read_id) values (%s, '2026-02-04', '2026-03-04', 1, 1, 0, 'ccf', '', 'read', %s)",
            gone.agreement_id, gone.to_read_id,
        )  # fmt: skip

        assert refused == "usage_rests_on_standing_reads"
        assert Usage.objects.count() == 2


class TestTrueUp:
    def test_spreads_an_actual_below_the_estimate_over_both_periods(self, street, clerk):
        """WX-1.5e: start 500, estimated 512, actual 509 after 30 and 32 days: 4 and 5 units, never a negative use."""
        read(("M-1", "2026-02-04", "500", "actual"))
        read(("M-1", "2026-03-06", "512", "estimated"))
        settle(street)
        read(("M-1", "2026-04-07", "509", "actual"))
        assert settle(street).held["problem"].to_list() == ["negative_read"]
        actual = Read.objects.get(read_on="2026-04-07")

        with transaction():
            done = true_up(read=actual, reason="The estimate was too high", by=clerk, at=LATER)
        assert settle(street).settled == 1

        billed = [billed for _, billed, _ in standing(street["agreement_id"][0])]
        assert billed[1:] == [4, 5]
        assert len(done.usages) == len(done.replacements) == 1
        assert Read.objects.get(read_on="2026-03-06", superseded_at=None).kind == "estimated"
        assert broken() == set()

    def test_goes_on_from_an_estimate_that_was_low(self, street):
        read(("M-1", "2026-02-04", "104", "estimated"))
        settle(street)
        read(("M-1", "2026-03-06", "110", "actual"))

        settle(street)

        assert [billed for _, billed, _ in standing(street["agreement_id"][0])] == [4, 6]

    def test_refuses_where_the_meter_would_run_backwards_all_the_same(self, street, clerk):
        read(("M-1", "2026-02-04", "120", "actual"))
        read(("M-1", "2026-03-06", "132", "estimated"))
        read(("M-1", "2026-04-07", "119", "actual"))

        with transaction(), pytest.raises(CorrectionRefused, match="read the meter again"):
            true_up(read=Read.objects.get(read_on="2026-04-07"), reason="Too high", by=clerk, at=LATER)

        assert not ReadCorrection.objects.exists()

    def test_refuses_without_an_estimate(self, street, clerk):
        read(("M-1", "2026-02-04", "120", "actual"))

        with transaction(), pytest.raises(CorrectionRefused, match="nothing to spread"):
            true_up(read=Read.objects.get(), reason="Too high", by=clerk, at=LATER)

        assert not ReadCorrection.objects.exists()


class TestSubmeters:
    def test_correct_both_parties(self, street, clerk):
        """WX-1.7a: 62.0 on a submeter 5 % slow were 65.263; the master's bill falls from 918 to 914.737."""
        from curbstop.metering.models import Installation

        master, submeter = (Installation.objects.get(pk=street["installation_id"][n]).service_point for n in (0, 1))
        SubmeterLink.objects.create(master=master, submeter=submeter, purpose="billed", starts_on=STARTS)
        read(("M-1", "2026-02-04", "1080"), ("M-2", "2026-02-04", "162.0"))
        settle(street)
        assert standing(street["agreement_id"][0]) == [(980, 918, 0)]

        done = correct("2026-02-04", "165.2632", clerk, meter="M-2")

        assert standing(street["agreement_id"][0]) == [(980, 914, Decimal("0.7368"))]
        assert standing(street["agreement_id"][1]) == [(Decimal("65.2632"), 65, Decimal("0.2632"))]
        parties = Usage.objects.filter(pk__in=done.usages).values_list("agreement_id", flat=True)
        assert set(parties) == set(street["agreement_id"].head(2))
        assert broken() == set()

    def test_hold_a_master_whose_submeter_was_not_read(self, street):
        from curbstop.metering.models import Installation

        points = [Installation.objects.get(pk=pk).service_point for pk in street["installation_id"].head(2)]
        SubmeterLink.objects.create(master=points[0], submeter=points[1], purpose="billed", starts_on=STARTS)
        read(("M-1", "2026-02-04", "1080"))

        assert settle(street).held["problem"].to_list() == ["missing_submeter"]

    def test_leave_the_sewer_what_came_back(self, street):
        from curbstop.metering.models import Installation

        points = [Installation.objects.get(pk=pk).service_point for pk in street["installation_id"].head(2)]
        SubmeterLink.objects.create(master=points[0], submeter=points[1], purpose="returned", starts_on=STARTS)
        read(("M-1", "2026-02-04", "130"), ("M-2", "2026-02-04", "112"))
        settle(street)

        history = usage_history(street["agreement_id"].head(2).to_list())

        assert history["billed"].to_list() == [30, 12]
        assert history["returned"].to_list() == [18, 0]
        assert broken() == set()
