"""What an account owes stays with it: nobody moves a debt by pointing an account or an agreement elsewhere."""

from django.db import migrations

from curbstop.foundation.database.schema import NamedTrigger, refuse

ACCOUNT = f"""
begin
  if (old.debtor_id, old.number) is distinct from (new.debtor_id, new.number) then
    {refuse("account_keeps_its_debtor", "format('account %s keeps its number and its debtor', old.number)")}
  end if;
  return new;
end
"""

AGREEMENT = f"""
begin
  if (old.account_id, old.service_point_id) is distinct from (new.account_id, new.service_point_id) then
    {refuse("agreement_keeps_its_account", "format('agreement %s keeps its account and its service point', old.id)")}
  end if;
  return new;
end
"""


class Migration(migrations.Migration):
    dependencies = [("customers", "0002_what_the_database_keeps")]

    operations = [
        NamedTrigger(
            "account_keeps_its_debtor",
            table="customers_account",
            fires="before update of debtor_id, number on {table} for each row",
            body=ACCOUNT,
        ),
        NamedTrigger(
            "agreement_keeps_its_account",
            table="customers_serviceagreement",
            fires="before update of account_id, service_point_id on {table} for each row",
            body=AGREEMENT,
        ),
    ]
