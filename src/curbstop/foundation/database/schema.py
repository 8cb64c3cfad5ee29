"""Rules that PostgreSQL itself keeps: append-only tables, references checked once a statement, named triggers.

Every refusal speaks as a check violation (SQLSTATE 23514) that carries a constraint name, so that
``refused_by("ledger_entry_append_only", …)`` can turn it into the exception of the operation.
"""

from typing import ClassVar

from django.db import migrations, models

FUNCTION_HEAD = """
create or replace function {name}() returns trigger
language plpgsql security definer
set search_path = public, pg_temp
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $rule$
{body}
$rule$;
revoke execute on function {name}() from public;
"""


class AppendOnlyModel(models.Model):
    """A table whose rows are written once: application roles may select and insert, nobody may change.

    Grants follow the model: INSERT on the columns of its fields only, so columns that exist in the
    database alone (transaction marks, hashes) can never be chosen by a program.
    """

    # Columns that the database fills: an application role may not insert them.
    database_filled: ClassVar[tuple[str, ...]] = ()
    # Columns that may go from null or false to a value, once (UPDATE is granted on these alone).
    set_once: ClassVar[tuple[str, ...]] = ()

    class Meta:
        """No table of its own."""

        abstract = True

    @classmethod
    def insertable_columns(cls) -> tuple[str, ...]:
        """Return the columns that application roles may insert."""
        columns = (field.column for field in cls._meta.local_concrete_fields)
        return tuple(column for column in columns if column and column not in cls.database_filled)


def refuse(constraint: str, message: str) -> str:
    """Return the PL/pgSQL statement that refuses under a constraint name; message is an SQL expression."""
    return (
        f"raise exception using errcode = '23514', constraint = '{constraint}', "
        f"message = {message}, table = tg_table_name;"
    )


def trigger_function(name: str, body: str) -> str:
    """Return SQL that makes a trigger function the owner runs, with a pinned path.

    Plans are kept for a session, so they must suit one row as well as 50,000: with scans of whole
    tables, hashes and merges off, every lookup goes through an index.
    """
    return FUNCTION_HEAD.format(name=name, body=body.strip())


class AppendOnly(migrations.RunSQL):
    """Refuse update, delete and truncate on a table, whoever asks (constraint ``<table>_append_only``)."""

    def __init__(self, table: str, *, set_once: tuple[str, ...] = ()) -> None:
        """Guard the table; ``set_once`` columns may go from null or false to a value, once."""
        name = f"{table}_append_only"
        refusal = refuse(name, "tg_op || ' on ' || tg_table_name || ' refused: rows are written once'")
        body = f"begin {refusal} end"
        events = "update or delete or truncate"
        sql = ""
        if set_once:
            sql = _set_once(table, name=name, constraint=name, columns=set_once)
            events = "delete or truncate"
        sql = trigger_function(name, body) + sql
        sql += f"create trigger {name} before {events} on {table} for each statement execute function {name}();"
        reverse = f"drop function if exists {name}_once() cascade; drop function {name}() cascade;"
        super().__init__(sql, reverse)


def _set_once(table: str, *, name: str, constraint: str, columns: tuple[str, ...]) -> str:
    """Return SQL for the row trigger that lets the named columns be set a single time."""
    listed = ", ".join(f"'{column}'" for column in columns)
    body = f"""
    declare flag text; before jsonb := to_jsonb(old); after jsonb := to_jsonb(new);
    begin
      if before - array[{listed}] is distinct from after - array[{listed}] then
        {refuse(constraint, "tg_table_name || ': rows are written once'")}
      end if;
      foreach flag in array array[{listed}] loop
        if before -> flag is distinct from after -> flag
           and before -> flag not in ('null'::jsonb, 'false'::jsonb) then
          {refuse(constraint, "tg_table_name || '.' || flag || ' is set once'")}
        end if;
      end loop;
      return new;
    end
    """
    return trigger_function(f"{name}_once", body) + (
        f"create trigger {name}_once before update on {table} for each row execute function {name}_once();"
    )


class SetOnce(migrations.RunSQL):
    """Refuse every update but the first setting of the named columns (constraint ``<table>_set_once``).

    For a table whose row changes stay in the trail; one that is written once altogether is ``AppendOnly``.
    """

    def __init__(self, table: str, columns: tuple[str, ...]) -> None:
        """Guard the table; the columns may go from null or false to a value, once."""
        super().__init__(
            _set_once(table, name=f"{table}_set", constraint=f"{table}_set_once", columns=columns),
            f"drop function {table}_set_once() cascade;",
        )


class Kept(migrations.RunSQL):
    """Refuse to delete rows or change their id (constraint ``<table>_kept``): set-checked references rely on it."""

    def __init__(self, table: str) -> None:
        """Guard the table that others point to."""
        name = f"{table}_kept"
        refusal = refuse(name, "tg_table_name || ': rows that others may point to are never deleted'")
        body = f"""
        begin
          if tg_op <> 'UPDATE' then
            {refusal}
          elsif old.id <> new.id then
            {refusal}
          end if;
          return new;
        end
        """
        super().__init__(
            trigger_function(name, body) + f"create trigger {name} before delete or truncate on {table}"
            f" for each statement execute function {name}();"
            f"create trigger {name}_id before update of id on {table} for each row execute function {name}();",
            f"drop function {name}() cascade;",
        )


class SetReferences(migrations.RunSQL):
    """Check a reference once a statement (constraint ``<table>_<column>_exists``).

    For hot tables that are never updated, whose foreign key is declared with ``db_constraint=False``: one
    anti-join a COPY in place of one lookup a row (5.7 times faster measured). The other table must be
    append-only or ``Kept``, else a parent could vanish.
    """

    def __init__(self, table: str, column: str, to_table: str) -> None:
        """Check that every inserted value of the column is an id of the other table."""
        name = f"{table}_{column}_exists"
        message = f"format('{table}.{column} names %s, which is not in {to_table}', missing)"
        # The names come from migrations, never from a person.
        body = f"""
        declare missing bigint;
        begin
          select w.{column} into missing from (select distinct {column} from written) w
           where w.{column} is not null and not exists (select from {to_table} t where t.id = w.{column}) limit 1;
          if found then
            {refuse(name, message)}
          end if;
          return null;
        end
        """  # noqa: S608 - see above
        super().__init__(
            trigger_function(name, body)
            + f"create trigger {name} after insert on {table} referencing new table as written"
            f" for each statement execute function {name}();",
            f"drop function {name}() cascade;",
        )


class NamedTrigger(migrations.RunSQL):
    """A trigger and the function it runs, under one name."""

    def __init__(self, name: str, *, table: str, fires: str, body: str) -> None:
        """Create the trigger; ``fires`` is all between its name and ``execute function``, with ``{table}``.

        A name is used once; ``fires`` may begin with ``constraint`` for a deferrable trigger.
        """
        kind = "constraint trigger" if fires.startswith("constraint ") else "trigger"
        clause = fires.removeprefix("constraint ").format(table=table)
        super().__init__(
            trigger_function(name, body) + f"create {kind} {name} {clause} execute function {name}();",
            f"drop function {name}() cascade;",
        )
