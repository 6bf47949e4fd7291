import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("exams", "0020_health_permission"),
    ]

    operations = [
        migrations.AlterField(
            model_name="formitem",
            name="item",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="questions.item"
            ),
        ),
    ]
