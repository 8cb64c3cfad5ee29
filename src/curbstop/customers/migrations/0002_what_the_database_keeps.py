"""The contact log is written once; accounts and agreements that bills point to are closed, never deleted (rulebook §1.1)."""

from django.db import migrations

from curbstop.foundation.database.schema import AppendOnly, Kept


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial")]

    operations = [
        AppendOnly("customers_contact"),
        Kept("customers_account"),
        Kept("customers_servicepoint"),
        Kept("customers_serviceagreement"),
    ]
