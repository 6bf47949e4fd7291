"""Item statistics over many attempts: what the workshop's pages wait for."""

from datetime import timedelta
from random import Random

from django.utils import timezone

from accounts.models import User
from benchmarks.timing import line, median_ms
from exams import answer_counts, attempts, item_statistics, scoring
from exams.models import ExamForm, Response
from questions.models import ItemVersion

ATTEMPTS, ROUNDS = 640, 9


def measure() -> None:
    exam_form = ExamForm.objects.published().first()
    assert exam_form
    random = Random(1)
    for number in range(ATTEMPTS):
        sit(exam_form, f"statistics{number}@example.org", random)
    versions = ItemVersion.objects.filter(form_items__exam_form=exam_form).select_related("item")

    def measured() -> list[item_statistics.Measured]:
        return item_statistics.of_versions(list(versions.prefetch_related("options")))

    assert all(one.n >= ATTEMPTS for one in measured())
    line(
        f"statistics of {len(measured())} items over {ATTEMPTS} attempts", f"{median_ms(measured, runs=ROUNDS):.0f} ms"
    )


def sit(exam_form: ExamForm, email: str, random: Random) -> None:
    """Every item is answered; the better half of the people know more."""
    user, began = User.objects.create_user(email), timezone.now()
    attempt = attempts.start_mock(user=user, now=began, exam_form=exam_form)
    ability = random.random()
    responses = list(Response.objects.filter(attempt=attempt).select_related("form_item"))
    for response in responses:
        response.chosen = 1 if random.random() < ability else random.randint(1, len(response.form_item.option_order))
        response.revision = 1
        response.visible_ms = random.randint(5_000, 90_000)
    Response.objects.bulk_update(responses, ["chosen", "revision", "visible_ms"])
    attempts.submit(user=user, public_id=attempt.public_id, now=began + timedelta(minutes=100))
    attempt.refresh_from_db()
    scoring.ensure_scored(attempt=attempt, now=began + timedelta(minutes=100))
    answer_counts.count(attempt=attempt)
