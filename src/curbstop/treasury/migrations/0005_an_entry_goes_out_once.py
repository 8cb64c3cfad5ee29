"""Which journal carried an entry: the entry is the key, so that no two journals can carry it."""

import django.db.models.deletion
from django.db import migrations, models

from curbstop.foundation.database.schema import AppendOnly, SetReferences

# Journals of before are taken at their word: the first one that spans an entry's day carried it.
EARLIER = """
insert into treasury_exportedentry (entry_id, export_id)
select e.id, min(j.id) from ledger_entry e join treasury_journalexport j
    on e.business_date >= j.from_on and e.business_date < j.to_on and e.posted_at <= j.at
 group by e.id
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0007_days_go_forward"), ("treasury", "0004_verified_in_time")]

    operations = [
        migrations.CreateModel(
            name="ExportedEntry",
            fields=[
                (
                    "entry",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="ledger.entry",
                    ),
                ),
                (
                    "export",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="entries", to="treasury.journalexport"
                    ),
                ),
            ],
            options={"abstract": False},
        ),
        migrations.RunSQL(EARLIER, migrations.RunSQL.noop),
        AppendOnly("treasury_exportedentry"),
        SetReferences("treasury_exportedentry", "entry_id", "ledger_entry"),
    ]
