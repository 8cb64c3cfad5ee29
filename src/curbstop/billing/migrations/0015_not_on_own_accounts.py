"""Nobody adjusts or refunds an account of the own, of the household or of a relative, whoever writes the row (P21)."""

from django.db import migrations

from curbstop.foundation.database.schema import NamedTrigger, refuse

TIED = """
begin
  if exists (
      select from customers_stafftie t join customers_account a on a.customer_id = t.customer_id
       where t.ended_at is null and t.user_id = new.{person} and a.id = {account}) then
    {refusal}
  end if;
  return new;
end
"""
REQUESTED = "(select q.account_id from billing_refundrequest q where q.id = new.request_id)"


def not_on_own_account(table: str, *, person: str, account: str = "new.account_id") -> NamedTrigger:
    """Refuse a row by whom somebody decides about an account to which they are tied."""
    refusal = refuse("not_on_own_account", "format('user %s is tied to this customer', new." + person + ")")
    return NamedTrigger(
        f"{table}_not_on_own_account",
        table=table,
        fires="before insert on {table} for each row",
        body=TIED.format(person=person, account=account, refusal=refusal),
    )


class Migration(migrations.Migration):
    dependencies = [("billing", "0014_days_settled_with_agencies"), ("customers", "0004_employees_own_accounts")]

    operations = [
        not_on_own_account("billing_adjustmentrequest", person="requested_by_id"),
        not_on_own_account("billing_adjustment", person="authorized_by_id"),
        not_on_own_account("billing_refundrequest", person="requested_by_id"),
        not_on_own_account("billing_refundapproval", person="approved_by_id", account=REQUESTED),
        not_on_own_account("billing_refund", person="released_by_id", account=REQUESTED),
    ]
