"""Reads and usage are written once; what they point to is checked a statement at a time and never deleted."""

from django.db import migrations

from curbstop.foundation.database.schema import AppendOnly, Kept, SetReferences


class Migration(migrations.Migration):
    dependencies = [("metering", "0001_initial"), ("customers", "0002_what_the_database_keeps")]

    operations = [
        AppendOnly("metering_readimport"),
        AppendOnly("metering_read"),
        AppendOnly("metering_usage"),
        Kept("metering_installation"),
        SetReferences("metering_read", "installation_id", "metering_installation"),
        SetReferences("metering_read", "read_import_id", "metering_readimport"),
        SetReferences("metering_usage", "agreement_id", "customers_serviceagreement"),
        SetReferences("metering_usage", "from_read_id", "metering_read"),
        SetReferences("metering_usage", "to_read_id", "metering_read"),
    ]
