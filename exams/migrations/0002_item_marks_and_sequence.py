from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F, Window
from django.db.models.functions import RowNumber


def number_entries(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    events = apps.get_model("exams", "AttemptEvent").objects
    numbered = events.annotate(number=Window(RowNumber(), partition_by=F("attempt"), order_by="id"))
    rows = [events.model(pk=pk, sequence=number) for pk, number in numbered.values_list("pk", "number").iterator()]
    events.bulk_update(rows, ["sequence"], batch_size=500)


class Migration(migrations.Migration):
    dependencies = [("exams", "0001_initial"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.AddField(
            "response",
            "struck",
            models.CharField(blank=True, max_length=8, help_text="Displayed places that were struck out, such as 24."),
        ),
        migrations.AddField(
            "response",
            "note",
            models.TextField(blank=True, help_text="The candidate's note to themselves; nobody else is shown it."),
        ),
        migrations.AddField(
            "response",
            "highlights",
            models.JSONField(blank=True, default=list, help_text="exams.item_state: list of [part, start, end]."),
        ),
        migrations.AddField("attemptevent", "struck", models.CharField(blank=True, max_length=8)),
        migrations.AddField("attemptevent", "sequence", models.PositiveIntegerField(null=True)),
        migrations.RunPython(number_entries, migrations.RunPython.noop),
        migrations.AlterField("attemptevent", "sequence", models.PositiveIntegerField()),
        migrations.AlterModelOptions("attemptevent", {"ordering": ["attempt", "sequence"]}),
        migrations.AddConstraint(
            "attemptevent",
            models.UniqueConstraint(fields=["attempt", "sequence"], name="attempt_event_sequence_unique"),
        ),
        migrations.AlterField(
            "attemptevent",
            "attempt",
            models.ForeignKey(
                db_index=False, on_delete=models.deletion.CASCADE, related_name="events", to="exams.attempt"
            ),
        ),
    ]
