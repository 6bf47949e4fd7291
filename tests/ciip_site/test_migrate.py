import psycopg
import pytest
import pytest_django
from django.core.management import CommandError, call_command
from django.core.management.commands.migrate import Command as MigrateCommand
from django.db import connection, transaction

pytestmark = pytest.mark.django_db(transaction=True)


def lock_timeout() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        return str(cursor.fetchone()[0])


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no lock_timeout")
def test_migrate_gives_up_where_it_would_keep_people_waiting(
    settings: pytest_django.Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MIGRATE_LOCK_SECONDS = 1
    of = connection.settings_dict

    def slow(self: object, *args: object, **options: object) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE accounts_user IN ACCESS EXCLUSIVE MODE")

    monkeypatch.setattr(MigrateCommand, "handle", slow)
    with psycopg.connect(
        dbname=of["NAME"], user=of["USER"], password=of["PASSWORD"], host=of["HOST"], port=of["PORT"]
    ) as other:
        other.execute("SELECT count(*) FROM accounts_user")
        with pytest.raises(CommandError, match="Somebody held a table for 1 seconds"):
            call_command("migrate")
    assert lock_timeout() == "0"


def test_migrate_with_nothing_to_do_leaves_no_limit_behind(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("migrate", verbosity=1)

    assert "No migrations to apply." in capsys.readouterr().out
    assert connection.vendor != "postgresql" or lock_timeout() == "0"
