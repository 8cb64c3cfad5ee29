from datetime import UTC, date, datetime

import psycopg
import pytest

from curbstop.foundation.access.roles import Role
from curbstop.foundation.database.transactions import transaction
from curbstop.ordinances.domain.packs import Adoption, PackFiles
from curbstop.ordinances.domain.versions import Dated, plan_versions
from curbstop.ordinances.models import PackProposal, RuleValue
from curbstop.ordinances.operations import (
    PackRefused,
    adopt,
    approve_proposal,
    record_proposal,
)
from curbstop.ordinances.proofs import values_rest_on_sections
from curbstop.ordinances.queries import NoSuchRule, calendar_on, city, letter_on, section_on, value_on
from tests.refusals import refusing

AT = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
TODAY, SOON = date(2026, 11, 22), date(2027, 1, 1)
FIRST = date(2024, 1, 1)
CITATION = "LBC 13.04.020"


def plan(*written, adopted=()):
    return plan_versions(adopted=adopted, written=written, on=TODAY)


@pytest.fixture
def adopted(users):
    adoption = Adoption(
        sections={CITATION: plan(Dated(FIRST, None, ("Due dates", "Twenty days.")))},
        values={
            "billing.due_days": plan(
                Dated(FIRST, None, (20, "days", CITATION)), Dated(SOON, None, (25, "days", CITATION))
            ),
            "fee.reread": plan(Dated(FIRST, None, ("22.00", "dollars", CITATION))),
        },
        letters={("welcome", "es"): plan(Dated(FIRST, None, ("Bienvenido", "Hola")))},
        holidays={date(2026, 11, 26): {"en": "Thanksgiving Day", "es": "Día de Acción de Gracias"}},
        city={
            "name": "Larkspur Bend", "state": "ZZ", "timezone": "America/New_York",
            "languages": ["en"], "address_lines": ["100 Heron Street"], "phone": "555",
            "payee": "Larkspur Bend", "remittance": {"en": "No cash."}, "closed_weekdays": [5, 6],
        },
    )  # fmt: skip
    with transaction():
        adopt(adoption, proposed_by=users[Role.SUPERVISOR], adopted_by=users[Role.MANAGER])
    return adoption


class TestValueOn:
    def test_answers_for_the_day_of_the_event(self, adopted):
        assert value_on("billing.due_days", date(2026, 12, 31)).number == 20
        assert value_on("billing.due_days", SOON).number == 25
        assert value_on("billing.due_days", SOON).citation == CITATION

    def test_reads_dollars_as_exact_cents(self, adopted):
        assert value_on("fee.reread", TODAY).cents == 2200

    def test_refuses_a_day_before_the_rule(self, adopted):
        with pytest.raises(NoSuchRule, match="“billing"):
            value_on("billing.due_days", date(2023, 12, 31))


class TestTexts:
    def test_are_those_in_force(self, adopted):
        assert letter_on("welcome", language="es", on=TODAY).subject == "Bienvenido"
        assert section_on(CITATION, TODAY) == "Twenty days."
        assert city().name == "Larkspur Bend"

    def test_are_missing_by_name(self, adopted):
        with pytest.raises(NoSuchRule, match="“welcome” in “en”"):
            letter_on("welcome", language="en", on=TODAY)


class TestCalendarOn:
    def test_knows_holidays_and_closed_weekdays(self, adopted):
        calendar = calendar_on()

        assert not calendar.is_business_day(date(2026, 11, 26))
        assert not calendar.is_business_day(date(2026, 11, 28))
        assert calendar.next_business_day(date(2026, 11, 26)) == date(2026, 11, 27)


class TestAdopt:
    def test_moves_only_the_end_of_what_was_in_force(self, adopted, users):
        before = [
            Dated(row.starts_on, row.ends_on, (row.value, row.unit, row.section.citation))
            for row in RuleValue.objects.filter(code="billing.due_days")
        ]
        changed = Dated(SOON, None, (22, "days", CITATION))
        kept = Dated(FIRST, None, (20, "days", CITATION))
        adoption = Adoption(values={"billing.due_days": plan(kept, changed, adopted=before)})

        with transaction():
            adopt(adoption, proposed_by=users[Role.SUPERVISOR], adopted_by=users[Role.MANAGER])

        rows = RuleValue.objects.filter(code="billing.due_days").order_by("pk")
        assert [(row.value, row.starts_on, row.ends_on) for row in rows] == [
            (20, FIRST, SOON), (25, SOON, SOON), (22, SOON, None),
        ]  # fmt: skip

    def test_keeps_its_promise(self, adopted):
        outcome = values_rest_on_sections()

        assert outcome.holds
        assert outcome.checked == 3


@pytest.mark.django_db(transaction=True)
class TestHistory:
    @pytest.mark.parametrize("role", ["app_batch", "curbstop_owner"])
    @pytest.mark.parametrize(
        "statement",
        [
            "update ordinances_rulevalue set value = '99'",
            "update ordinances_rulevalue set starts_on = '2020-01-01'",
            "delete from ordinances_rulevalue",
            "update ordinances_sectionversion set text = 'x'",
            "update ordinances_letter set body = 'x'",
            "delete from ordinances_codesection",
        ],
    )
    def test_is_not_rewritten_whoever_asks(self, adopted, connect_as, role, statement):
        with pytest.raises(psycopg.Error), connect_as(role) as connection:
            connection.execute(statement)

        assert RuleValue.objects.filter(code="billing.due_days").count() == 2

    def test_has_one_value_a_day(self, adopted, connect_as):
        copy = (
            "insert into ordinances_rulevalue (code, starts_on, value, unit, section_id,"
            " proposed_by_id, adopted_by_id) select code, '2026-02-01', value, unit, section_id,"
            " proposed_by_id, adopted_by_id from ordinances_rulevalue where code = 'fee.reread'"
        )
        with pytest.raises(psycopg.errors.ExclusionViolation) as refusal:
            connect_as("app_batch").execute(copy)

        assert refusal.value.diag.constraint_name == "rule_value_in_force_once"


class TestApproveProposal:
    def test_refuses_the_proposer(self, users):
        files = PackFiles("larkspur-bend", "0" * 64, {"city.yaml": "name: x"})
        manager = users[Role.MANAGER]
        with transaction():
            proposal = record_proposal(files=files, changes=[], proposed_by=manager, at=AT)

        with pytest.raises(PackRefused, match="another person"), transaction():
            approve_proposal(proposal=proposal, approved_by=manager, at=AT)

        assert PackProposal.objects.get().approved_by is None

    def test_proposes_the_same_files_once(self, users):
        files = PackFiles("larkspur-bend", "0" * 64, {"city.yaml": "name: x"})
        with transaction():
            record_proposal(files=files, changes=[], proposed_by=users[Role.MANAGER], at=AT)
            record_proposal(files=files, changes=[], proposed_by=users[Role.ADMIN], at=AT)

        assert PackProposal.objects.count() == 1

    @pytest.mark.parametrize(
        "change", ["content = '{}'", "changes = '[]'", "sha256 = 'x'", "proposed_by_id = proposed_by_id + 1"]
    )
    def test_approves_what_was_proposed_and_nothing_else(self, users, change):
        files = PackFiles("larkspur-bend", "0" * 64, {"city.yaml": "name: x"})
        with transaction():
            record_proposal(files=files, changes=[{"what": "x"}], proposed_by=users[Role.MANAGER], at=AT)
        before = list(PackProposal.objects.values())

        assert refusing(f"update ordinances_packproposal set {change}") == "ordinances_packproposal_set_once"

        assert list(PackProposal.objects.values()) == before

    def test_is_not_taken_back(self, users):
        files = PackFiles("larkspur-bend", "0" * 64, {"city.yaml": "name: x"})
        with transaction():
            proposal = record_proposal(files=files, changes=[], proposed_by=users[Role.MANAGER], at=AT)
            approve_proposal(proposal=proposal, approved_by=users[Role.ADMIN], at=AT)
        before = list(PackProposal.objects.values())

        reopened = "update ordinances_packproposal set approved_by_id = null, approved_at = null"
        assert refusing(reopened) == "ordinances_packproposal_set_once"

        assert list(PackProposal.objects.values()) == before
