"""An account is deleted while an exam of theirs is open in another tab."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import OperationalError, connection

from accounts.models import User
from exams import attempts
from exams.models import Attempt, AttemptEvent
from exams.privacy import erasing
from tests.exams.test_races import own_connection
from tests.factories import NOW, make_bank, make_user, save, start

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time"),
]


@pytest.mark.parametrize("what", ["saves", "opens the room"])
def test_exam_that_goes_on_in_another_tab_does_not_keep_the_account(what: str) -> None:
    make_bank()
    alice = make_user()
    attempt = start(alice)

    def other_tab() -> None:
        with own_connection():
            connection.cursor().execute("SET lock_timeout = '200ms'")
            try:
                save(attempt) if what == "saves" else attempts.record_resumed(attempt=attempt, now=NOW)
            except OperationalError:
                # It waits for the account to go; then there is nothing to write to.
                return

    def before_the_attempt_goes(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if sql.startswith('DELETE FROM "exams_attempt" '):
            with ThreadPoolExecutor(1) as pool:
                pool.submit(other_tab).result()
        return execute(sql, *rest)

    with connection.execute_wrapper(before_the_attempt_goes):
        erasing.erase(user=alice, now=NOW)

    assert not User.objects.exists()
    assert not Attempt.objects.exists()
    assert not AttemptEvent.objects.exists()
    with pytest.raises(Attempt.DoesNotExist):
        save(attempt)
