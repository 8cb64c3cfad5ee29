"""A role that was given once can always be asked about: it is revoked, and the row stays."""

from django.db import migrations

from curbstop.foundation.database.schema import Kept


class Migration(migrations.Migration):
    dependencies = [("foundation", "0002_the_trail_is_kept_by_the_database")]

    operations = [Kept("foundation_rolegrant")]
