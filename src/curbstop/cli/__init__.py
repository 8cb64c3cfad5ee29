"""The `curbstop` command: one module a room, loaded only when one of its commands is called.

Exit codes: 0 done, 1 the answer is no (a proof fails, a file is refused), 2 wrong usage.
"""

import os
import sys
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

# Command → its module, which has it as `app`, and the line that `curbstop --help` shows.
COMMANDS = {
    "db": ("curbstop.cli.db", "Start, stop and describe the database."),
    "serve": ("curbstop.cli.serve", "Run the web application, a worker and the sealer."),
    "work": ("curbstop.cli.work", "Run a worker alone, for more machines."),
    "user": ("curbstop.cli.user", "Make people and give them roles."),
    "city": ("curbstop.cli.city", "Check, load and approve a city pack."),
    "import": ("curbstop.cli.imports", "Bring in reads, customers and payments from files."),
    "reads": ("curbstop.cli.reads", "Review reads and estimate what nobody read."),
    "meters": ("curbstop.cli.meters", "Exchange meters, and put one behind another."),
    "rates": ("curbstop.cli.rates", "Read rate files and price cases."),
    "bill": ("curbstop.cli.bill", "Draft, review, approve and release bills."),
    "print": ("curbstop.cli.printing", "Print a released run, or write the file of a print vendor."),
    "penalties": ("curbstop.cli.penalties", "Propose, approve and post what late bills cost."),
    "ledger": ("curbstop.cli.ledger", "Open and close periods and days; seal and verify the journal."),
    "prove": ("curbstop.cli.prove", "Recompute what Curbstop promises."),
    "export": ("curbstop.cli.export", "Write the journal and every report to a file."),
    "backup": ("curbstop.cli.backup", "Copy the whole system to a folder."),
    "restore": ("curbstop.cli.restore", "Bring a backup back, and prove it."),
    "manage": ("curbstop.cli.manage", "Run one of Django's own commands."),
}
# The demo and the bench stand above the command line: they bring their commands as entry points.
ENTRY_POINTS = "curbstop.commands"


class RoomByRoom(TyperGroup):
    """Finds a command by name without importing the others: `curbstop --help` loads no Django."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return every command, those of the rooms first."""
        del ctx
        rooms = [name for name, (module, _) in COMMANDS.items() if find_spec(module) is not None]
        return [*rooms, *sorted(entry_points(group=ENTRY_POINTS).names)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return one command, importing its module only if it is the one that was called."""
        if cmd_name not in self.list_commands(ctx):
            return None
        if cmd_name not in sys.argv[1:]:
            return TyperCommand(cmd_name, help=_summary(cmd_name))
        application = _application(cmd_name)
        application._add_completion = False  # noqa: SLF001 - typer has no public way for one part of a program
        command = get_command(application)
        command.name = cmd_name
        return command


def _application(name: str) -> typer.Typer:
    """Import the Typer application of one command."""
    if name in COMMANDS:
        found: typer.Typer = import_module(COMMANDS[name][0]).app
        return found
    (entry,) = entry_points(group=ENTRY_POINTS, name=name)
    loaded: typer.Typer = entry.load()
    return loaded


def _summary(name: str) -> str:
    known = {
        "demo": "Make the demo city and play one business day.",
        "bench": "Measure, each figure with its baseline.",
    }
    return COMMANDS[name][1] if name in COMMANDS else known.get(name, "")


app = typer.Typer(
    cls=RoomByRoom,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help=__doc__,
)


@app.callback()
def curbstop() -> None:
    """Run the revenue office of a small city: from a meter read to a bank deposit."""


def main() -> Any:
    """Run the command line; commands log in to the database as workers do."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "curbstop.config.settings")
    os.environ.setdefault("CURBSTOP_DB_ROLE", "app_batch")
    return app()
