"""How far the journal is sealed, and whether the seals still fit."""

from datetime import datetime

from django.db import connection

OLDEST_UNSEALED = """
select min(e.created_at) from ledger_sealepoch x
  cross join lateral (select coalesce(max(s.to_xact), '0'::xid8) as xact from ledger_seal s
                       where s.epoch = x.number) sealed
  join ledger_entry e on e.epoch = x.number and e.xact >= sealed.xact
"""


def oldest_unsealed_at() -> datetime | None:
    """Return when the oldest entry that no seal covers was written."""
    with connection.cursor() as cursor:
        cursor.execute(OLDEST_UNSEALED)
        row: tuple[datetime | None] = cursor.fetchone()
    return row[0]


def seal_problems() -> tuple[tuple[int, str], ...]:
    """Return the number of every seal that does not fit what it sealed, with the reason."""
    with connection.cursor() as cursor:
        cursor.execute("select seal_number, problem from ledger_verify_seals()")
        return tuple((int(number), str(problem)) for number, problem in cursor.fetchall())


def head_hash() -> str:
    """Return the newest seal's hash in hexadecimal, to be printed where nobody can rewrite it; empty without a seal."""
    with connection.cursor() as cursor:
        cursor.execute("select encode(hash, 'hex') from ledger_seal order by number desc limit 1")
        row = cursor.fetchone()
    return str(row[0]) if row else ""
