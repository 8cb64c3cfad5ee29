"""A business day that was closed stays closed, and an account keeps the code by which finance knows it."""

from django.db import migrations

from curbstop.foundation.database.schema import NamedTrigger, SetOnce, refuse

CODE_STAYS = f"""
begin
  if old.code <> new.code then
    {refuse("ledger_glaccount_code_stays", "format('account %s keeps its code', old.code)")}
  end if;
  return new;
end
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0005_the_credit_account_stays")]

    operations = [
        SetOnce("ledger_businessday", ("closed_at",)),
        NamedTrigger(
            "ledger_glaccount_code_stays",
            table="ledger_glaccount",
            fires="before update of code on {table} for each row",
            body=CODE_STAYS,
        ),
    ]
