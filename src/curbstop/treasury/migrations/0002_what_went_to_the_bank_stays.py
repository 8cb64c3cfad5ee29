"""Deposits, their verification and journal exports are written once; a verification names the deposit's own preparer."""

from django.db import migrations

from curbstop.foundation.database.schema import AppendOnly, NamedTrigger, refuse

PREPARED = f"""
begin
  if not exists (select from treasury_deposit d where d.id = new.deposit_id and d.prepared_by_id = new.prepared_by_id) then
    {refuse("verification_names_the_preparer", "'the preparer is the one who made up the deposit'")}
  end if;
  return new;
end
"""


class Migration(migrations.Migration):
    """Rules that no program can forget."""

    dependencies = [("treasury", "0001_initial")]

    operations = [
        AppendOnly("treasury_deposit"),
        AppendOnly("treasury_depositdrawer"),
        AppendOnly("treasury_depositverification"),
        AppendOnly("treasury_journalexport"),
        NamedTrigger(
            "verification_names_the_preparer",
            table="treasury_depositverification",
            fires="before insert on {table} for each row",
            body=PREPARED,
        ),
    ]
