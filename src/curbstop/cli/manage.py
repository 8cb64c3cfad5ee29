"""`curbstop manage`: Django's own commands, for the people who maintain the program."""

import typer

app = typer.Typer(help="Run one of Django's own commands.")


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []})
def manage(context: typer.Context) -> None:
    """Pass everything on to Django: `curbstop manage makemigrations --check`."""
    from django.core.management import execute_from_command_line

    execute_from_command_line(["curbstop manage", *context.args])
