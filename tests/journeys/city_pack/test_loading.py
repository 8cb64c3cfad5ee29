from datetime import UTC, date, datetime

import pytest

from curbstop.cashiering.models import Till
from curbstop.foundation.access.roles import Role
from curbstop.foundation.audit.models import AuditEvent
from curbstop.foundation.imports import FileRefused
from curbstop.journeys.imports.city_pack import read_folder, read_pack
from curbstop.journeys.operations.city_pack import approve_pack, propose_pack
from curbstop.ledger.queries import gl_account, services
from curbstop.ordinances.operations import PackRefused
from curbstop.ordinances.proofs import values_rest_on_sections
from curbstop.ordinances.queries import calendar_on, city, letter_on, value_on
from curbstop.rates.queries import version_on

AT = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
TODAY, SOON = date(2026, 11, 22), date(2027, 1, 1)
DUE_DAYS = "- {code: billing.due_days, value: 21, unit: days, effective: 2026-07-01, cites: LBC 13.04.020}\n"


@pytest.mark.django_db
class TestApprovePack:
    def test_puts_the_demo_city_in_force_in_every_room(self, pack, load):
        load(pack)

        assert city().name == "City of Larkspur Bend"
        assert value_on("billing.due_days", date(2026, 6, 30)).number == 20
        assert value_on("billing.due_days", TODAY).number == 21
        assert value_on("cash.denominations", TODAY).value[:2] == [10000, 5000]
        assert not calendar_on().is_business_day(date(2026, 11, 26))
        assert letter_on("welcome", language="es", on=TODAY).subject.startswith("Bienvenido")
        assert gl_account("bank").code == "101-1500-1010"
        assert next(service.code for service in services()) == "water"
        assert version_on("water_and_sewer", date(2026, 6, 30)).ends_on == date(2026, 7, 1)
        assert version_on("water_and_sewer", TODAY).section.citation == "LBC 13.08.010"
        assert Till.objects.count() == 3
        assert values_rest_on_sections().holds

    def test_is_told_in_the_audit_trail_with_both_people(self, pack, load):
        load(pack)

        events = AuditEvent.objects.filter(event__startswith="ordinances.pack").order_by("pk")
        assert [(event.event, event.actor.username) for event in events] == [
            ("ordinances.pack.proposed", "supervisor"),
            ("ordinances.pack.approved", "manager"),
        ]

    def test_refuses_the_person_who_proposed(self, pack, rows, users):
        found = read_pack(read_folder(pack))
        propose_pack(pack=found, by=users[Role.MANAGER], at=AT)
        before = rows()

        with pytest.raises(PackRefused, match="another person"):
            approve_pack(pack=found, by=users[Role.MANAGER], at=AT)

        assert rows() == before

    def test_refuses_files_that_nobody_proposed(self, pack, edit, load, rows, users):
        load(pack, approve=False)
        edit("values.yaml", "value: 7.50", "value: 8.50")
        before = rows()

        with pytest.raises(PackRefused, match="Load it first"):
            approve_pack(pack=read_pack(read_folder(pack)), by=users[Role.MANAGER], at=AT)

        assert rows() == before

    @pytest.mark.parametrize("role", [Role.CASHIER, Role.SUPERVISOR, Role.AUDITOR])
    def test_refuses_who_may_not_approve(self, pack, load, rows, users, role):
        load(pack, approve=False)
        before = rows()

        with pytest.raises(PackRefused, match="may not approve"):
            approve_pack(pack=read_pack(read_folder(pack)), by=users[role], at=AT)

        assert rows() == before

    def test_refuses_a_proposal_that_time_has_overtaken(self, pack, edit, load, rows, users):
        load(pack)
        edit("values.yaml", DUE_DAYS, DUE_DAYS + DUE_DAYS.replace("21", "25").replace("2026-07-01", "2027-01-01"))
        load(pack, approve=False)
        before = rows()

        with pytest.raises(FileRefused, match="2027-01-01 is past"):
            approve_pack(
                pack=read_pack(read_folder(pack)), by=users[Role.MANAGER], at=datetime(2027, 1, 5, 15, tzinfo=UTC)
            )

        assert rows() == before


@pytest.mark.django_db
class TestProposePack:
    def test_puts_nothing_in_force(self, pack, load, rows):
        before = rows()

        load(pack, approve=False)

        changed = {label for label, count in rows().items() if count != before[label]}
        assert changed <= {"ordinances.PackProposal", "foundation.AuditEvent", "foundation.RowChange"}

    def test_changes_nothing_when_the_pack_is_in_force(self, pack, load, rows):
        load(pack)
        before = rows()

        assert load(pack) == []
        assert rows() == before

    def test_ignores_comments_and_line_ends(self, pack, edit, load, rows):
        load(pack)
        before = rows()
        edit("rates/refuse.yaml", "# Refuse:", "# Carts and refuse:")
        edit("values.yaml", "# Bills", "# Bills and their dates")
        (pack / "offices.yaml").write_bytes((pack / "offices.yaml").read_bytes().replace(b"\n", b"\r\n"))

        assert load(pack) == []
        assert rows() == before

    def test_proposes_the_same_files_once(self, pack, load, rows):
        load(pack, approve=False)
        before = rows()

        load(pack, approve=False)

        assert rows() == before

    def test_tells_what_changes_from_when(self, pack, edit, load):
        load(pack)
        edit("values.yaml", DUE_DAYS, DUE_DAYS + DUE_DAYS.replace("21", "25").replace("2026-07-01", "2027-01-01"))

        changes = load(pack)

        assert changes == ["value billing.due_days: 21 days (LBC 13.04.020) → 25 days (LBC 13.04.020), from 2027-01-01"]
        assert value_on("billing.due_days", date(2026, 12, 31)).number == 21
        assert value_on("billing.due_days", SOON).number == 25

    def test_takes_a_value_changed_in_place_with_its_date(self, pack, edit, load):
        load(pack)
        edit(
            "values.yaml",
            "value: 7.50, unit: dollars, effective: 2024-01-01",
            "value: 8.50, unit: dollars, effective: 2027-01-01",
        )

        assert load(pack) == [
            "value fee.transfer: 7.50 dollars (LBC 13.04.090) → 8.50 dollars (LBC 13.04.090), from 2027-01-01"
        ]
        assert value_on("fee.transfer", TODAY).cents == 750
        assert value_on("fee.transfer", SOON).cents == 850

    def test_puts_new_rates_in_force_and_closes_the_old(self, pack, load):
        load(pack)
        text = (pack / "rates/refuse.yaml").read_text()
        newer = text.replace("effective: 2024-01-01", "effective: 2027-01-01").replace("1.11682192", "1.15068493")
        (pack / "rates/refuse.2027.yaml").write_text(newer)

        assert load(pack) == [
            "tariff refuse components.cart.per_day.table.20: 1.11682192 → 1.15068493, from 2027-01-01"
        ]
        assert "1.11682192" in version_on("refuse", TODAY).document
        assert "1.15068493" in version_on("refuse", SOON).document

    @pytest.mark.parametrize(
        ("file", "old", "new", "message"),
        [
            ("values.yaml", "value: 7.50", "value: 8.50",
             (": fee.transfer.effective: changed without a new effective date: what began on"
             " 2024-01-01 is already in force (expected an `effective` date from 2026-11-22 on)")),
            ("rates/refuse.yaml", "1.11682192", "1.11682193",
             "rates/refuse.yaml:4: effective: changed without a new effective date"),
            ("code/13.16.010.md", "$0.486", "$0.496",
             "code/13.16.010.md:4: effective: changed without a new effective date"),
            ("letters/welcome.es.md", "Bienvenido", "Hola", "letters/welcome.es.md:3: effective: changed without"),
            ("values.yaml", "value: 7.50, unit: dollars, effective: 2024-01-01",
             "value: 8.50, unit: dollars, effective: 2026-11-21",
             "2026-11-21 is past and another version was in force then (expected"),
            ("values.yaml", "- {code: fee.transfer", "# - {code: fee.transfer",
             "values.yaml: value: fee.transfer is in force and not in the pack (expected it to stay, or to end"),
            ("accounts.csv", "501,4100,4410,Water sales,revenue", "501,4100,4411,Water sales,revenue",
             "501-4100-4410"),
            ("accounts.csv", "4920,Cash rounding,revenue", "4920,Cash rounding,expense",
             ": account: 101-1500-4920 is of kind revenue (expected a new account instead)"),
            ("services.yaml", "504-4400-1150", "101-1500-1010",
             "services.yaml:5: receivable: refuse is owed on 504-4400-1150 (expected it to stay)"),
            ("rates/refuse.yaml", "service: refuse\neffective: 2024-01-01", "service: water\neffective: 2027-01-01",
             "rates/refuse.yaml:4: effective: refuse is a schedule of refuse (expected it to stay"),
            ("calendar.yaml", "{day: 2025-01-20,", "{day: 2025-01-21,",
             "day: 2025-01-21 is past (expected a day from 2026-11-22 on)"),
            ("offices.yaml", "HALL-2", "HALL-3", "offices.yaml: till: HALL-2 is in use and not in the pack (expected"),
        ],
    )  # fmt: skip
    def test_refuses_to_rewrite_what_was_in_force(self, pack, edit, load, rows, file, old, new, message):
        load(pack)
        before = rows()
        edit(file, old, new)

        with pytest.raises(FileRefused) as refusal:
            load(pack)

        assert message in str(refusal.value)
        assert rows() == before

    def test_refuses_who_may_not_propose(self, pack, rows, users):
        before = rows()

        with pytest.raises(PackRefused, match="may not propose"):
            propose_pack(pack=read_pack(read_folder(pack)), by=users[Role.CASHIER], at=AT)

        assert rows() == before

    def test_keeps_the_citys_own_day(self, pack, edit, load):
        load(pack)
        edit(
            "values.yaml",
            "value: 7.50, unit: dollars, effective: 2024-01-01",
            "value: 8.50, unit: dollars, effective: 2026-11-22",
        )

        # Three in the morning of the 23rd in London is still the evening of the 22nd in the city.
        assert load(pack, at=datetime(2026, 11, 23, 3, 0, tzinfo=UTC))
