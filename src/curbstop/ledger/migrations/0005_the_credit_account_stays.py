"""Every debtor's unapplied credit is kept on the one account with that role; it cannot move from under them."""

from django.db import migrations

from curbstop.foundation.database.schema import NamedTrigger, refuse

STAYS = f"""
begin
  if old.role = 'unapplied_credit' and new.role is distinct from old.role
     and exists (select from ledger_posting p where p.debtor_id is not null and p.gl_account_id = old.id) then
    {refuse("ledger_unapplied_credit_stays", "'the account of unapplied credit has postings and keeps its role'")}
  end if;
  return new;
end
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0004_blocks_are_sealed")]

    operations = [
        NamedTrigger(
            "ledger_unapplied_credit_stays",
            table="ledger_glaccount",
            fires="before update of role on {table} for each row",
            body=STAYS,
        ),
    ]
