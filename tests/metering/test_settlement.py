"""Reads become usage once; what cannot be trusted is held; the proofs find what was tampered with."""

from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pytest

from curbstop.metering.imports import read_meter_file
from curbstop.metering.models import Usage
from curbstop.metering.operations import UsageRefused, import_volumes, record_reads, settle_usage
from curbstop.metering.proofs import PROOFS
from curbstop.metering.queries import AccountRange, unbilled_usage_frame, usage_history, usage_policy_on

AT = datetime(2026, 9, 2, 9, 30, tzinfo=UTC)
STARTS = date(2026, 1, 5)
pytestmark = pytest.mark.django_db


def read(*rows):
    lines = "".join(f"{meter},{day},{register}\n" for meter, day, register in rows)
    file = read_meter_file(f"meter,read_on,register\n{lines}".encode())
    record_reads(file=file, on=date(2026, 9, 1), by=None, at=AT)


def settle(street, policy, through=date(2026, 9, 1), **how):
    accounts = AccountRange(street["account_id"].min(), street["account_id"].max())
    return settle_usage(accounts=accounts, through=through, policy=policy, by=None, at=AT, **how)


class TestSettleUsage:
    def test_stores_each_period_once_and_goes_on_from_it(self, street, whole_ccf):
        read(("M-1", "2026-03-01", "103.8"))
        assert settle(street, whole_ccf).settled == 1
        assert settle(street, whole_ccf).settled == 0
        read(("M-1", "2026-05-01", "107.1"), ("M-2", "2026-05-01", "100"))

        assert settle(street, whole_ccf).settled == 2
        mine = Usage.objects.filter(agreement_id=street["agreement_id"][0]).order_by("starts_on")
        assert list(mine.values_list("registered", "billed", "carried", "starts_on", "ends_on")) == [
            (Decimal("3.8000"), 3, Decimal("0.8000"), STARTS, date(2026, 3, 1)),
            (Decimal("3.3000"), 4, Decimal("0.1000"), date(2026, 3, 1), date(2026, 5, 1)),
        ]
        assert all(proof.check().holds for proof in PROOFS)

    def test_leaves_reads_after_the_last_day_alone(self, street, whole_ccf):
        read(("M-1", "2026-03-01", "103.8"))

        assert settle(street, whole_ccf, through=date(2026, 2, 28)).settled == 0

    def test_holds_a_lower_read(self, street, whole_ccf):
        read(("M-1", "2026-03-01", "90"), ("M-2", "2026-03-01", "101"))

        result = settle(street, whole_ccf)

        assert result.settled == 1
        assert result.held["problem"].to_list() == ["negative_read"]
        assert not Usage.objects.filter(agreement_id=street["agreement_id"][0]).exists()


class TestUnbilledUsageFrame:
    def test_offers_what_ended_by_the_day_with_its_reads(self, street, whole_ccf):
        read(("M-1", "2026-03-01", "103.8"), ("M-2", "2026-03-02", "101"))
        settle(street, whole_ccf)
        first, last = street["account_id"].min(), street["account_id"].max()

        frame = unbilled_usage_frame(first_account_id=first, last_account_id=last, through=date(2026, 3, 1))

        (row,) = frame.rows(named=True)
        assert (row["from_register"], row["to_register"], row["billed"]) == (100, Decimal("103.8"), 3)
        assert (row["days"], row["meter_size"], row["unit"], row["read_kind"]) == (55, '5/8"', "ccf", "actual")

    def test_never_offers_what_the_former_system_billed(self, street, whole_ccf):
        read(("M-1", "2026-03-01", "103.8"))
        settle(street, whole_ccf, kind=Usage.Kind.HISTORY)
        first, last = street["account_id"].min(), street["account_id"].max()

        frame = unbilled_usage_frame(first_account_id=first, last_account_id=last, through=date(2026, 9, 1))

        assert frame.is_empty()
        assert usage_history(street["agreement_id"].to_list()).height == 1


def volumes(street, *amounts, starts_on=STARTS):
    return street.head(len(amounts)).select(
        "agreement_id",
        pl.lit(starts_on).alias("starts_on"),
        pl.lit(date(2026, 3, 5)).alias("ends_on"),
        pl.Series("volume", amounts),
        pl.lit("ccf").alias("unit"),
        pl.lit('5/8"').alias("meter_size"),
    )


class TestImportVolumes:
    def test_bills_a_volume_as_it_is(self, street):
        assert import_volumes(rows=volumes(street, 7, 0), source="file:volumes", by=None, at=AT) == 2

        assert list(Usage.objects.order_by("pk").values_list("registered", "billed", "kind")) == [
            (7, 7, "volume"),
            (0, 0, "volume"),
        ]
        assert all(proof.check().holds for proof in PROOFS)

    @pytest.mark.parametrize("amount", [5, 6])
    def test_refuses_a_day_that_has_usage(self, street, amount):
        import_volumes(rows=volumes(street, 7), source="file:volumes", by=None, at=AT)
        overlapping = volumes(street, amount, starts_on=date(2026, 3, 4))

        with pytest.raises(UsageRefused, match="already"):
            import_volumes(rows=overlapping, source="file:volumes", by=None, at=AT)

        assert Usage.objects.count() == 1

    def test_refuses_a_negative_volume(self, street):
        with pytest.raises(UsageRefused, match="negative"):
            import_volumes(rows=volumes(street, 7, -1), source="file:volumes", by=None, at=AT)

        assert not Usage.objects.exists()


class TestProofs:
    def test_find_a_usage_that_its_reads_do_not_carry(self, street, whole_ccf):
        read(("M-1", "2026-03-01", "103.8"))
        settle(street, whole_ccf)
        genuine = Usage.objects.get()
        forged = {
            name: getattr(genuine, name) for name in ("agreement_id", "unit", "kind", "from_read_id", "to_read_id")
        }
        Usage.objects.create(
            **forged, starts_on=date(2026, 3, 1), ends_on=date(2026, 4, 1), registered=9, billed=9, carried=0
        )

        broken = {proof.name for proof in PROOFS if not proof.check().holds}

        assert broken == {"registered-is-what-was-read", "no-unit-lost-between-bills"}


class TestFinalFraction:
    """What is left of a unit when an agreement ends is dropped, or billed where the city says so (WX-1.5c)."""

    @pytest.fixture(params=[("dropped", 9, "0.8"), ("billed", "9.8", 0), (None, 9, "0.8")])
    def said(self, request):
        return request.param

    @pytest.fixture
    def other_rules(self, said):
        return {"metering.final_fraction": (said[0], "choice")} if said[0] else {}

    def test_is_what_the_city_decides(self, said, street):
        from curbstop.customers.models import ServiceAgreement

        agreement = street["agreement_id"][0]
        ServiceAgreement.objects.filter(pk=agreement).update(ends_on=date(2026, 2, 4))
        read(("M-1", "2026-02-04", "109.8"))

        settle(street, usage_policy_on(date(2026, 2, 4)))

        usage = Usage.objects.get(agreement_id=agreement)
        assert (usage.registered, usage.billed, usage.carried) == (
            Decimal("9.8"), Decimal(said[1]), Decimal(said[2]),
        )  # fmt: skip
