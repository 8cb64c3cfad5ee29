import json

import pytest
from typer.testing import CliRunner

from curbstop.cli.city import app


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.mark.django_db
class TestCity:
    def test_checks_loads_and_approves(self, pack, users):
        assert run("check", pack).exit_code == 0

        loaded = run("load", pack, "--as", "supervisor")
        approved = run("approve", pack, "--as", "manager")
        again = run("load", pack, "--as", "supervisor")

        assert loaded.exit_code == approved.exit_code == again.exit_code == 0
        assert "value billing.due_days: new, 20 days (LBC 13.04.020), from 2024-01-01" in loaded.output
        assert "waits for a second person" in loaded.output
        assert "is in force." in approved.output
        assert "nothing changes" in again.output

    def test_answers_a_program_in_json(self, pack, users):
        answer = json.loads(run("load", pack, "--as", "supervisor", "--json").output)

        assert {"what": "city", "name": "name", "from": None, "old": None, "new": "City of Larkspur Bend"} in (
            answer["changes"]
        )

    def test_refuses_the_same_person_twice(self, pack, users):
        run("load", pack, "--as", "manager")

        refused = run("approve", pack, "--as", "manager")

        assert refused.exit_code == 1
        assert "another person has to approve it" in refused.output

    def test_refuses_a_person_who_is_unknown(self, pack, users):
        refused = run("load", pack, "--as", "nobody")

        assert refused.exit_code == 1
        assert "There is nobody called nobody here" in refused.output

    def test_wants_to_know_who_does_it(self, pack, db):
        assert run("load", pack).exit_code == 2
