"""Meters are taken out and hung, and put behind one another, from a day on and never into settled days."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from curbstop.foundation.audit.models import AuditEvent
from curbstop.metering.imports import read_meter_file
from curbstop.metering.models import Installation, Meter, Read, SubmeterLink, Usage
from curbstop.metering.operations import (
    ExchangeRefused,
    Hung,
    LinkRefused,
    exchange_meter,
    link_submeter,
    record_reads,
    settle_usage,
    unlink_submeter,
)
from curbstop.metering.queries import AccountRange, usage_policy_on
from tests.refusals import refusing

AT = datetime(2026, 9, 2, 15, 30, tzinfo=UTC)
STARTS = date(2026, 1, 5)
OUT_ON = date(2026, 1, 20)
TODAY = date(2026, 9, 1)
TEN_GALLONS = Hung(
    serial="N-1", size_inches='5/8"', dials=6, unit="gallons", multiplier=Decimal(10), register=Decimal(0)
)
pytestmark = pytest.mark.django_db


def read(*rows):
    lines = "".join(",".join(map(str, row)) + "\n" for row in rows)
    record_reads(file=read_meter_file(f"meter,read_on,register\n{lines}".encode()), on=TODAY, by=None, at=AT)


def settle(street):
    accounts = AccountRange(street["account_id"].min(), street["account_id"].max())
    return settle_usage(accounts=accounts, through=TODAY, policy=usage_policy_on(TODAY), by=None, at=AT)


@pytest.fixture
def points(street):
    return [Installation.objects.get(pk=pk).service_point for pk in street["installation_id"]]


@pytest.fixture
def exchange(points, person):
    def do(out=None, hung=(TEN_GALLONS,), on=OUT_ON, point=0):
        return exchange_meter(
            service_point=points[point], out={"": Decimal(118)} if out is None else out, hung=hung, on=on,
            by=person("fitter"), at=AT,
        )  # fmt: skip

    return do


def hanging():
    return sorted(Installation.objects.filter(ends_on=None).values_list("meter__serial", "side"))


def hung(serial, *, size='5/8"', dials=6):
    return Hung(serial=serial, size_inches=size, dials=dials, unit="ccf", register=Decimal(0))


def compound(side, register="0"):
    return Hung(serial=f"N-{side}", size_inches='2"', dials=6, unit="ccf", side=side, register=Decimal(register))


class TestExchangeMeter:
    def test_bills_both_segments_as_one_period(self, street, exchange):
        """WX-1.5b: 18 CCF on the old meter and 5,230 gallons on the new one are 24.9920, of which 24 are billed."""
        done = exchange()
        read(("N-1", "2026-02-04", "523"))
        settle(street)

        usage = Usage.objects.get(agreement_id=street["agreement_id"][0])
        assert (round(usage.registered, 2), usage.billed) == (Decimal("24.99"), 24)
        assert Read.objects.get(pk__in=done.out_reads).register == 118
        assert AuditEvent.objects.get(event="metering.meter.exchanged").detail["out"] == {"M-1": "118"}

    def test_puts_a_compound_meter_in_the_place_of_a_single_one(self, street, exchange):
        exchange(hung=(compound("high"), compound("low")))
        assert hanging()[:2] == [("M-2", ""), ("M-3", "")]
        read(("N-high", "2026-02-04", "5"), ("N-low", "2026-02-04", "2"))
        settle(street)

        assert Usage.objects.get(agreement_id=street["agreement_id"][0]).registered == 18 + 5 + 2

    def test_exchanges_one_side_and_takes_the_whole_away(self, exchange):
        exchange(hung=(compound("high"), compound("low")))
        exchange(out={"high": Decimal(3)}, hung=(TEN_GALLONS_HIGH,), on=date(2026, 2, 1))
        assert ("N-1", "high") in hanging()

        exchange(out={"high": Decimal(3), "low": Decimal(1)}, hung=(), on=date(2026, 3, 1))

        assert hanging() == [("M-2", ""), ("M-3", "")]

    @pytest.mark.parametrize(
        ("facts", "said"),
        [
            ({"out": {}}, "hangs there already"),
            ({"out": {}, "hung": ()}, "Say which"),
            ({"out": {"high": Decimal(1)}}, "No high meter"),
            ({"out": {"": Decimal("1e6")}}, "does not fit"),
            ({"hung": (compound("high"),)}, "hang or take out both"),
            ({"hung": (compound("low"), compound("low"))}, "on one side"),
            ({"hung": (compound("low"), compound("high", "-1"))}, "does not fit"),
            ({"on": STARTS}, "was hung on that day"),
            ({"on": date(2026, 9, 9)}, "is to come"),
            (
                {"hung": (Hung(serial="M-2", size_inches="9", dials=6, unit="ccf", register=Decimal(0)),)},
                "another size",
            ),
            ({"hung": (hung("N-9", dials=2),)}, "dials"),
        ],
    )
    def test_refuses_what_leaves_no_whole_meter(self, exchange, facts, said):
        with pytest.raises(ExchangeRefused, match=said):
            exchange(**facts)

        assert hanging() == [("M-1", ""), ("M-2", ""), ("M-3", "")]
        assert not Read.objects.exists()
        assert Meter.objects.count() == 3

    def test_refuses_a_meter_that_hangs_elsewhere(self, exchange):
        other = Meter.objects.get(serial="M-2")
        facts = {"serial": "M-2", "size_inches": other.size_inches, "dials": other.dials, "unit": other.unit}

        with pytest.raises(ExchangeRefused, match="at another place"):
            exchange(hung=(Hung(**facts, multiplier=other.multiplier, register=Decimal(0)),))

        assert hanging()[0] == ("M-1", "")

    def test_refuses_days_that_are_read_or_settled(self, street, exchange):
        read(("M-1", "2026-02-04", "130"))
        with pytest.raises(ExchangeRefused, match="read after that day"):
            exchange()
        with pytest.raises(ExchangeRefused, match="correct that read"):
            exchange(on=date(2026, 2, 4))
        settle(street)
        with pytest.raises(ExchangeRefused, match="settled up to 2026-02-04"):
            exchange()

        assert hanging()[0] == ("M-1", "")
        assert Read.objects.count() == 1

    def test_takes_the_read_of_the_day_as_the_last_one(self, exchange):
        read(("M-1", "2026-02-04", "130"))

        exchange(out={"": Decimal(130)}, on=date(2026, 2, 4))

        assert Read.objects.count() == 1
        assert hanging()[-1] == ("N-1", "")


TEN_GALLONS_HIGH = Hung(serial="N-1", size_inches='5/8"', dials=6, unit="gallons", side="high", register=Decimal(0))


class TestLinkSubmeter:
    @pytest.fixture
    def link(self, points, person):
        def do(master=0, submeter=1, purpose="billed", starts_on=STARTS):
            return link_submeter(
                master=points[master], submeter=points[submeter], purpose=purpose, starts_on=starts_on,
                by=person("fitter"), at=AT,
            )  # fmt: skip

        return do

    def test_takes_off_what_the_submeter_counts_until_it_is_unlinked(self, street, link, person):
        made = link()
        read(("M-1", "2026-02-04", "130"), ("M-2", "2026-02-04", "112"))
        settle(street)
        mine = Usage.objects.filter(agreement_id=street["agreement_id"][0])
        assert mine.get().billed == 18

        unlink_submeter(link=made, on=date(2026, 2, 4), by=person("fitter"), at=AT)
        read(("M-1", "2026-03-06", "140"), ("M-2", "2026-03-06", "115"))
        settle(street)

        assert [usage.billed for usage in mine.order_by("starts_on")] == [18, 10]

    @pytest.mark.parametrize(
        ("facts", "said"),
        [
            ({"master": 1, "submeter": 1}, "not behind itself"),
            ({"master": 2}, "behind a meter on that day already"),
            ({"master": 1, "submeter": 0}, "behind this submeter itself"),
            ({"submeter": 2, "purpose": "spite"}, "Say what"),
        ],
    )
    def test_refuses_what_would_take_a_unit_off_twice(self, link, facts, said):
        link()
        with pytest.raises(LinkRefused, match=said):
            link(**facts)
        assert SubmeterLink.objects.count() == 1

    def test_refuses_days_that_are_settled(self, street, link, person):
        made = link()
        read(("M-1", "2026-02-04", "130"), ("M-2", "2026-02-04", "112"))
        settle(street)

        with pytest.raises(LinkRefused, match="settled up to"):
            unlink_submeter(link=made, on=date(2026, 1, 20), by=person("fitter"), at=AT)
        with pytest.raises(LinkRefused, match="settled up to"):
            link(submeter=2, starts_on=date(2026, 1, 20))
        assert SubmeterLink.objects.get().ends_on is None


class TestForbidden:
    def test_a_meter_taken_out_before_its_last_read(self, street):
        read(("M-1", "2026-02-04", "130"))

        assert refusing("update metering_installation set ends_on = '2026-01-20'") == "installation_covers_its_reads"
        assert not Installation.objects.exclude(ends_on=None).exists()
