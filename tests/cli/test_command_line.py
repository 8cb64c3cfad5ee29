"""The command line answers quickly, and its exit codes can be relied on."""

import os
import subprocess
import sys


def curbstop(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "curbstop", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **environment}, timeout=60
    )


class TestCurbstop:
    def test_lists_its_commands_without_loading_django(self) -> None:
        program = "import sys; sys.argv = ['curbstop', '--help']\nfrom curbstop.cli import main\ntry: main()\n"
        program += "finally: assert 'django' not in sys.modules"

        listed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

        assert listed.returncode == 0, listed.stderr
        assert "Recompute what Curbstop promises." in listed.stdout

    def test_ends_with_2_for_a_command_that_is_not_there(self) -> None:
        assert curbstop("levitate").returncode == 2

    def test_ends_with_1_and_a_word_of_advice_where_no_database_answers(self) -> None:
        answer = curbstop("work", CURBSTOP_ENV="demo", DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")

        assert answer.returncode == 1
        assert "curbstop db up" in answer.stderr

    def test_refuses_an_environment_that_is_not_one(self) -> None:
        answer = curbstop("db", "status", CURBSTOP_ENV="staging")

        assert answer.returncode == 1
        assert "must be demo, production or test" in answer.stderr
