"""What was proposed is what is approved: of a proposal only its second person is ever written, once."""

from django.db import migrations

from curbstop.foundation.database.schema import SetOnce


class Migration(migrations.Migration):
    dependencies = [("ordinances", "0002_what_was_in_force_stays")]

    operations = [SetOnce("ordinances_packproposal", ("approved_by_id", "approved_at"))]
