"""Tables whose content is inserted once: the database itself refuses to update it.

Triggers are installed after every migrate, because SQLite drops a table's triggers when a migration
rebuilds the table. DELETE stays possible (erasure, archiving, test teardown). Whoever is named in such a row may be
taken out of it, as an erasure does, and never replaced by somebody else.
"""

from typing import Any

from django.apps import AppConfig
from django.db import connections, models


def columns_of(model: type[models.Model], names: tuple[str, ...]) -> list[str]:
    fields = (model._meta.get_field(name) for name in names)
    return [str(field.column) for field in fields if isinstance(field, models.Field)]


def install(model: type[models.Model], names: tuple[str, ...], people: tuple[str, ...] = (), *, using: str) -> None:
    """(Re-)create the trigger that aborts an UPDATE of the named fields of `model`, of `people` to somebody else."""
    connection = connections[using]
    table = model._meta.db_table
    trigger = f"{table}_append_only"
    message = f"{table} is append-only"
    # Django writes unchanged values back on save(), so only a real difference counts.
    differs = " OR ".join(
        [
            f'OLD."{column}" IS {"NOT" if connection.vendor == "sqlite" else "DISTINCT FROM"} NEW."{column}"'
            for column in columns_of(model, names)
        ]
        # Not true where either is NULL.
        + [f'OLD."{column}" <> NEW."{column}"' for column in columns_of(model, people)]
    )
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f'DROP TRIGGER IF EXISTS "{trigger}"')
            cursor.execute(
                f'CREATE TRIGGER "{trigger}" BEFORE UPDATE ON "{table}" FOR EACH ROW WHEN {differs} '
                f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
            )
            return
        cursor.execute(
            f'CREATE OR REPLACE FUNCTION "{trigger}"() RETURNS trigger LANGUAGE plpgsql AS '
            f"$$ BEGIN RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
        )
        cursor.execute(
            f'CREATE OR REPLACE TRIGGER "{trigger}" BEFORE UPDATE ON "{table}" FOR EACH ROW WHEN ({differs}) '
            f'EXECUTE FUNCTION "{trigger}"()'
        )


def guard(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """post_migrate receiver: guard every model of the app that names its `append_only` fields."""
    tables = set(connections[using].introspection.table_names())
    for model in sender.get_models():
        names = getattr(model, "append_only", ())
        if names and model._meta.db_table in tables:
            install(model, names, getattr(model, "append_only_people", ()), using=using)
