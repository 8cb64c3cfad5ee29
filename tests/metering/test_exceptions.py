"""Reads are reviewed when they come; what holds one waits for a person, who says why."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest
from django.db import IntegrityError

from curbstop.foundation.audit.models import AuditEvent
from curbstop.foundation.database.transactions import constraint_of
from curbstop.metering.imports import read_meter_file
from curbstop.metering.models import Installation, Meter, Read, ReadException, SkippedRead, Usage
from curbstop.metering.operations import (
    DispositionRefused,
    EstimateRefused,
    ReadsRefused,
    accept_read,
    correct_held_read,
    estimate_held_read,
    estimate_missing,
    estimate_read,
    import_volumes,
    record_reads,
    reread,
    settle_usage,
)
from curbstop.metering.proofs import PROOFS
from curbstop.metering.queries import AccountRange, usage_policy_on

AT = datetime(2026, 9, 2, 9, 30, tzinfo=UTC)
STARTS = date(2026, 1, 5)
FEBRUARY = date(2026, 2, 4)
TODAY = date(2026, 9, 1)
pytestmark = pytest.mark.django_db


def read(*rows, on=TODAY):
    lines = "".join(",".join(map(str, row)) + "\n" for row in rows)
    heading = "meter,read_on,register,kind\n" if len(rows[0]) == 4 else "meter,read_on,register\n"
    return record_reads(file=read_meter_file((heading + lines).encode()), on=on, by=None, at=AT)


def settle(street, through=TODAY):
    accounts = AccountRange(street["account_id"].min(), street["account_id"].max())
    return settle_usage(accounts=accounts, through=through, policy=usage_policy_on(TODAY), by=None, at=AT)


def found(meter="M-1"):
    exceptions = ReadException.objects.filter(installation__meter__serial=meter).order_by("pk")
    return [each.code for each in exceptions]


def history(street, *amounts, agreement=0):
    """Give an agreement a past of thirty-day periods before it starts to be read here."""
    rows = [
        {
            "agreement_id": street["agreement_id"][agreement],
            "starts_on": STARTS - timedelta(days=30 * (len(amounts) - n)),
            "ends_on": STARTS - timedelta(days=30 * (len(amounts) - n - 1)),
            "volume": Decimal(amount),
            "unit": "ccf",
            "meter_size": '5/8"',
        }
        for n, amount in enumerate(amounts)
    ]
    import_volumes(rows=pl.DataFrame(rows), source="file:past", by=None, at=AT)


@pytest.fixture
def clerk(person):
    return person("clerk")


class TestReviewReads:
    @pytest.mark.parametrize(
        ("register", "codes"),
        [
            ("110", []),
            ("125", ["HIGH"]),
            ("121", ["HIGH", "TRANSPOSE"]),
            ("119", []),
            ("103", ["LOW"]),
            ("100", ["ZERO"]),
            ("90", ["NEG"]),
        ],
    )
    def test_compares_with_the_last_three_periods(self, street, register, codes):
        history(street, 9, 10, 11)

        read(("M-1", FEBRUARY, register))

        assert found() == codes
        noted = ReadException.objects.first()
        assert noted is None or (noted.baseline, noted.baseline_source) == (Decimal("0.3333"), "prior_three")

    def test_stores_the_read_that_it_holds(self, street):
        history(street, 9, 10, 11)

        read(("M-1", FEBRUARY, "155"), ("M-2", FEBRUARY, "109"))

        assert Read.objects.count() == 2
        settled = settle(street)
        assert settled.held["problem"].to_list() == ["HIGH"]
        assert Usage.objects.filter(kind="read").get().agreement_id == street["agreement_id"][1]

    def test_names_a_stopped_meter_after_two_periods_of_nothing(self, street):
        read(("M-1", FEBRUARY, "100"))
        settle(street)
        read(("M-1", "2026-03-06", "100"))

        assert found() == ["ZERO", "ZERO2"]

    def test_names_use_where_nobody_is_active(self, street):
        from curbstop.customers.models import ServiceAgreement

        ServiceAgreement.objects.filter(pk=street["agreement_id"][0]).update(ends_on=FEBRUARY)
        read(("M-1", FEBRUARY, "105"))
        read(("M-1", "2026-03-06", "108"))

        assert found() == ["INACTIVE"]

    def test_names_digits_that_changed_places(self, street):
        """WX-3.3: 1,284 read for 1,248: 54 units in place of 18."""
        history(street, 17, 18, 19)
        Installation.objects.update(first_register=1230)

        read(("M-1", FEBRUARY, "1284"))

        assert found() == ["HIGH", "TRANSPOSE"]
        assert ReadException.objects.get(code="TRANSPOSE").values["suggested_e4"] == 12_480_000

    def test_names_the_same_use_again_and_days_out_of_bounds(self, street):
        history(street, 9, 9, 9)

        read(("M-1", date(2026, 1, 20), "109"))

        assert found() == ["DAYS", "SAME"]

    def test_names_an_exchange_and_another_multiplier(self, street):
        Installation.objects.filter(pk=street["installation_id"][0]).update(ends_on=FEBRUARY)
        place = Installation.objects.get(pk=street["installation_id"][0])
        new = Meter.objects.create(serial="M-9", size_inches='5/8"', dials=6, unit="ccf", multiplier=10)
        Installation.objects.create(meter=new, service_point=place.service_point, starts_on=FEBRUARY, first_register=0)
        read(("M-1", FEBRUARY, "105"))
        read(("M-9", "2026-03-06", "1"))

        assert found("M-9") == ["EXCH", "MULT"]

    def test_calls_a_rollover_by_its_name(self, street):
        Installation.objects.filter(pk=street["installation_id"][0]).update(first_register=999_988)
        read(("M-1", FEBRUARY, "999997"))
        read(("M-1", "2026-03-06", "7"))

        assert "ROLL" in found()
        assert [use.registered for use in Usage.objects.all()] == []
        settle(street)
        assert [use.registered for use in Usage.objects.order_by("starts_on")] == [9, 10]

    def test_leaves_alone_what_a_former_system_billed(self, street):
        file = read_meter_file(b"meter,read_on,register\nM-1,2026-02-04,90\n")

        record_reads(file=file, on=TODAY, by=None, at=AT, is_reviewed=False)

        assert found() == []


class TestSkips:
    def test_are_visits_and_not_reads(self, street):
        file = read_meter_file(b"meter,read_on,register,skip_code,skip_reason\nM-1,2026-02-04,,dog,Two of them\n")

        record_reads(file=file, on=TODAY, by=None, at=AT)

        assert not Read.objects.exists()
        assert SkippedRead.objects.get().reason == "Two of them"

    @pytest.mark.parametrize(("row", "said"), [(",,", "empty"), ("105,dog,", "not skipped"), (",other,", "in words")])
    def test_say_why_or_are_refused(self, street, row, said):
        with pytest.raises(Exception, match=said):
            read_meter_file(f"meter,read_on,register,skip_code,skip_reason\nM-1,2026-02-04,{row}\n".encode())

        assert not SkippedRead.objects.exists()


class TestDispositions:
    @pytest.fixture
    def high(self, street):
        history(street, 9, 10, 11)
        read(("M-1", FEBRUARY, "150"))
        return ReadException.objects.get(code="HIGH")

    def test_accepted_is_billed_as_read(self, street, high, clerk):
        accept_read(exception=high, note="Filled a pool", by=clerk, at=AT)

        assert settle(street).settled == 1
        high.refresh_from_db()
        assert (high.disposition, high.disposed_by, high.disposed_at, high.note) == (
            "accept", clerk, AT, "Filled a pool",
        )  # fmt: skip
        assert AuditEvent.objects.filter(event="metering.read.accepted").count() == 1

    def test_read_again_on_another_day(self, street, high, clerk):
        new = reread(exception=high, register=Decimal(111), read_on=date(2026, 2, 6), note="Misread", by=clerk, at=AT)

        settle(street)

        assert Usage.objects.get(kind="read").to_read == new
        high.refresh_from_db()
        assert (high.disposition, high.replacement) == ("reread", new)
        assert all(proof.check().holds for proof in PROOFS)

    def test_read_again_and_high_again_is_held_again(self, street, high, clerk):
        reread(exception=high, register=Decimal(151), read_on=date(2026, 2, 6), note="Checked", by=clerk, at=AT)

        assert settle(street).held["problem"].to_list() == ["HIGH"]

    def test_estimated(self, street, high, clerk):
        new = estimate_held_read(exception=high, note="No access for a reread", by=clerk, at=AT)

        assert (new.kind, new.register) == ("estimated", 110)
        assert settle(street).settled == 1

    def test_corrected(self, street, high, clerk):
        new = correct_held_read(exception=high, register=Decimal(115), note="The photo says 115", by=clerk, at=AT)

        assert (new.kind, new.register, new.read_on) == ("actual", 115, FEBRUARY)
        assert settle(street).settled == 1

    def test_lower_read_accepted_is_a_rollover(self, street, clerk):
        Installation.objects.filter(pk=street["installation_id"][0]).update(first_register=999_990)
        read(("M-1", FEBRUARY, "5"))
        (negative,) = ReadException.objects.all()

        accept_read(exception=negative, note="Passed its last number", by=clerk, at=AT)
        settle(street)

        assert Usage.objects.get().registered == 15
        assert all(proof.check().holds for proof in PROOFS)

    def test_needs_a_word_why(self, street, high, clerk):
        with pytest.raises(DispositionRefused, match="why"):
            accept_read(exception=high, note=" ", by=clerk, at=AT)

        assert ReadException.objects.get(code="HIGH").disposed_at is None

    def test_is_made_once(self, street, high, clerk):
        accept_read(exception=high, note="Filled a pool", by=clerk, at=AT)

        with pytest.raises(DispositionRefused, match="already"):
            accept_read(exception=high, note="Filled a pool", by=clerk, at=AT)
        with pytest.raises(DispositionRefused, match="already"):
            correct_held_read(exception=high, register=Decimal(115), note="No, a leak", by=clerk, at=AT)

        assert Read.objects.get().register == 150

    def test_is_kept_by_the_database(self, street, high):
        with pytest.raises(IntegrityError) as refusal:
            ReadException.objects.filter(pk=high.pk).update(disposition="accept")

        assert constraint_of(refusal.value) == "exception_decided_by_somebody"


class TestEstimateMissing:
    def everybody(self, street):
        return AccountRange(street["account_id"].min(), street["account_id"].max())

    def test_estimates_who_was_not_read_and_says_from_what(self, street, clerk):
        history(street, 9, 10, 11)
        read(("M-2", FEBRUARY, "108"))
        settle(street)

        done = estimate_missing(accounts=self.everybody(street), on=FEBRUARY, by=clerk, at=AT)

        assert (done.reads, done.without_basis) == (2, ())
        mine = Read.objects.get(installation_id=street["installation_id"][0])
        assert (mine.kind, mine.register) == ("estimated", 110)
        missing = ReadException.objects.get(code="MISSING", read=mine)
        assert (missing.disposition, missing.disposed_by, missing.baseline_source) == ("estimate", clerk, "prior_three")
        other = ReadException.objects.get(code="MISSING", agreement_id=street["agreement_id"][2])
        assert other.baseline_source == "class_average"

    def test_does_it_once(self, street, clerk):
        history(street, 9)
        estimate_missing(accounts=self.everybody(street), on=FEBRUARY, by=clerk, at=AT)
        stored = Read.objects.count()

        assert estimate_missing(accounts=self.everybody(street), on=FEBRUARY, by=clerk, at=AT).reads == 0
        assert Read.objects.count() == stored

    def test_names_the_meters_that_nothing_is_known_of(self, street, clerk):
        done = estimate_missing(accounts=self.everybody(street), on=FEBRUARY, by=clerk, at=AT)

        assert (done.reads, done.without_basis) == (0, ("M-1", "M-2", "M-3"))

    def test_holds_the_third_in_a_row(self, street, clerk):
        history(street, 9, 10, 11)
        for month, day in ((2, 4), (3, 6), (4, 5)):
            estimate_missing(accounts=self.everybody(street), on=date(2026, month, day), by=clerk, at=AT)
            settle(street)

        assert found().count("EST_MAX") == 1
        assert Usage.objects.filter(kind="read", agreement_id=street["agreement_id"][0]).count() == 2

    def test_of_one_meter_is_refused_when_it_was_read(self, street, clerk):
        read(("M-1", FEBRUARY, "108"))

        with pytest.raises(EstimateRefused, match="needs no read"):
            estimate_read(
                installation=Installation.objects.get(pk=street["installation_id"][0]), on=FEBRUARY, by=clerk, at=AT
            )

        assert Read.objects.count() == 1


class TestCompoundMeters:
    def test_protect_the_place_of_a_single_meter(self, street):
        place = Installation.objects.get(pk=street["installation_id"][0])
        other = Meter.objects.create(serial="M-9", size_inches='1"', dials=6, unit="ccf")

        for side in ("", "high"):
            with pytest.raises(IntegrityError) as refusal, _savepoint():
                Installation.objects.create(
                    meter=other, service_point=place.service_point, starts_on=FEBRUARY, first_register=0, side=side
                )
            assert constraint_of(refusal.value) in {"one_meter_per_service_point", "single_or_compound_meter"}

        assert Installation.objects.count() == 3

    def test_wait_for_both_registers(self, street):
        Installation.objects.filter(pk=street["installation_id"][0]).update(side="high")
        place = Installation.objects.get(pk=street["installation_id"][0])
        low = Meter.objects.create(serial="M-9", size_inches='5/8"', dials=6, unit="ccf")
        Installation.objects.create(
            meter=low, service_point=place.service_point, starts_on=STARTS, first_register=0, side="low"
        )
        read(("M-1", FEBRUARY, "110"))
        assert settle(street).held["problem"].to_list() == ["missing_read"]
        read(("M-9", FEBRUARY, "3"))

        settle(street)

        assert Usage.objects.get().registered == 13
        assert all(proof.check().holds for proof in PROOFS)


def _savepoint():
    from django.db.transaction import atomic

    return atomic()


def test_a_file_with_a_read_of_a_settled_day_is_refused_whole(street):
    read(("M-1", FEBRUARY, "105"))
    settle(street)

    with pytest.raises(ReadsRefused):
        read(("M-2", FEBRUARY, "105"), ("M-1", FEBRUARY, "106"))

    assert Read.objects.count() == 1
    assert not ReadException.objects.filter(read_on__gt=FEBRUARY).exists()
