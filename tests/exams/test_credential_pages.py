"""The credential desk's pages: what they compute, refuse and keep to their owner."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import pytest_django
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import User
from exams.credential import desk
from exams.models import CredentialRecord, CreditEntry, Duty, RealAttempt
from tests.exams.test_plan_pages import words
from tests.factories import NOW, make_user

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
TODAY = NOW.date()
DESK, ELIGIBILITY = "/credential/", "/credential/eligibility/"
ATTEMPTS, MAINTENANCE = "/credential/attempts/", "/credential/maintenance/"
ENOUGH: dict[str, str | int] = {"months": 24, "level": "master", "hours": 0}


@pytest.fixture(autouse=True)
def long_sessions(settings: pytest_django.Settings) -> None:
    """The clock is moved by more than a session lasts."""
    settings.SESSION_COOKIE_AGE = 20 * 365 * 24 * 3600


@pytest.fixture
def alice(client: Client) -> User:
    alice = make_user()
    client.force_login(alice)
    return alice


def look(client: Client, path: str, data: dict[str, str | int] | None = None, *, now: datetime = NOW) -> str:
    with time_machine.travel(now, tick=False):
        return words(client.get(path, data or {}).content)


def send(client: Client, path: str, data: dict[str, object], *, now: datetime = NOW) -> tuple[int, str]:
    with time_machine.travel(now, tick=False):
        answer = client.post(path, data, follow=True)
    return answer.status_code, words(answer.content)


def sat(user: User, on: date, result: str) -> RealAttempt:
    return RealAttempt.objects.create(user=user, on=on, result=result)


# --- For everybody ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [DESK, ELIGIBILITY])
def test_open_page_names_its_date_and_sends_to_abii(client: Client, path: str) -> None:
    page = client.get(path).content.decode()

    assert "check with" in page.lower()
    assert "American Board of Imaging Informatics" in page
    assert "November 22, 2026" in page
    assert 'href="http' not in page


def test_desk_tells_the_rules_to_a_stranger(client: Client) -> None:
    text = look(client, DESK)

    assert "At least 7 points from experience (2 to 5), education (0 to 5)" in text
    assert "3 attempts or 12 months, whichever comes first. The first exam costs $500, each retake $250." in text
    assert "24 credits of continuing education every 2 years" in text
    assert "$70 a year by December 31; $20 more until March 31, then the credential is discontinued" in text
    assert text.count("Sign in to keep track of yours") == 2


def test_calculator_counts_and_stores_nothing(client: Client) -> None:
    assert "By these rules" not in look(client, ELIGIBILITY)

    text = look(client, ELIGIBILITY, ENOUGH)

    assert "By these rules you have enough: 7 points, 7 needed." in text
    assert "Experience 2 2 to 5 count reached" in text
    assert "What is missing" not in text


def test_calculator_says_what_is_missing(client: Client) -> None:
    text = look(client, ELIGIBILITY, ENOUGH | {"months": 23})

    assert "you do not have enough yet: 6 points, 7 needed." in text
    assert "Experience 1 2 to 5 count not reached" in text
    assert "Experience: 1 of at least 2. Lacking: 1 more month of experience." in text


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"months": "many"}, "Enter a whole number."),
        ({"months": -1}, "greater than or equal to 0"),
        ({"months": ""}, "This field is required."),
        ({"level": "wizard"}, "wizard is not one of the available choices."),
        ({"hours": "1e9"}, "less than or equal to 2000"),
        ({"hours": "NaN"}, "Enter a number."),
    ],
)
def test_calculator_says_what_is_wrong(client: Client, wrong: dict[str, str | int], says: str) -> None:
    answer = client.get(ELIGIBILITY, ENOUGH | wrong)

    assert answer.status_code == 422
    assert says in words(answer.content)
    assert "By these rules" not in words(answer.content)


def test_strange_parameters_are_no_calculation(client: Client) -> None:
    assert client.get(ELIGIBILITY, {"utm_source": "chat"}).status_code == 200


# --- Attempts -----------------------------------------------------------------------------------------------------


def test_a_candidates_year_from_the_first_plan_to_the_pass(client: Client, alice: User) -> None:
    assert "No exam yet. Your first costs $500." in look(client, ATTEMPTS)

    send(client, ATTEMPTS, {"on": "2026-11-20", "result": "planned"})
    text = look(client, ATTEMPTS)
    assert "18 days until your exam on November 20, 2026." in text
    assert "until November 19, 2026 , at the hour at which it begins" in text
    assert "Money spent $0, and $500 for the exam that is planned" in text
    assert "I passed" not in text

    assert "today, until the hour at which it begins tomorrow" in look(client, ATTEMPTS, now=NOW + 17 * DAY)
    assert "It can no longer be moved or cancelled" in look(client, ATTEMPTS, now=NOW + 18 * DAY)
    after = NOW + 19 * DAY
    assert "How did the exam of November 20, 2026 go?" in look(client, ATTEMPTS, now=after)

    first = RealAttempt.objects.get()
    send(client, reverse("exams:tell_result", args=[first.pk]), {"result": "failed"}, now=after)
    text = look(client, ATTEMPTS, now=after)
    assert "You may take attempt 2 of 3 until November 19, 2027; it costs $250." in text
    assert "1 of 3 used, 2 left" in text
    assert "November 20, 2026 to November 19, 2027: 363 days left" in text

    _, text = send(client, ATTEMPTS, {"on": "2026-11-21", "result": "passed"}, now=after)
    assert "You have passed. Congratulations." in text
    assert "Money spent $750" in text


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"on": ""}, "This field is required."),
        ({"on": "2026-02-30"}, "Enter a valid date."),
        ({"on": "2026-11-01", "result": "planned"}, "This day is past. Say how it went"),
        ({"on": "2026-11-03", "result": "passed"}, "This day is still to come. It can only be planned."),
        ({"on": "2006-12-31", "result": "failed"}, "The earliest exams we know of were in 2007."),
        ({"on": "2031-01-01"}, "This is years away. Check the year."),
        ({"on": "9999-12-31"}, "This is years away."),
        ({"result": "aced"}, "aced is not one of the available choices."),
    ],
)
def test_date_that_cannot_be_is_refused(client: Client, alice: User, wrong: dict[str, object], says: str) -> None:
    status, text = send(client, ATTEMPTS, {"on": "2026-12-01", "result": "planned"} | wrong)

    assert (status, says in text) == (422, True)
    assert RealAttempt.objects.count() == 0


def test_today_is_the_persons_own_day(client: Client, alice: User) -> None:
    User.objects.update(time_zone="Pacific/Auckland")
    # In Auckland it is the 3rd already.
    late = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)

    assert send(client, ATTEMPTS, {"on": "2026-11-03", "result": "failed"}, now=late)[0] == 200
    User.objects.update(time_zone="America/Los_Angeles")
    assert send(client, ATTEMPTS, {"on": "2026-11-04", "result": "failed"}, now=late)[0] == 422


def test_one_day_and_one_plan_at_a_time(client: Client, alice: User) -> None:
    sat(alice, TODAY + 9 * DAY, "planned")
    sat(alice, TODAY - 9 * DAY, "failed")

    twice = send(client, ATTEMPTS, {"on": TODAY - 9 * DAY, "result": "passed"})
    second = send(client, ATTEMPTS, {"on": TODAY + 30 * DAY, "result": "planned"})

    assert (twice[0], "This day is in your list already." in twice[1]) == (422, True)
    assert (second[0], "One exam is planned already." in second[1]) == (422, True)
    assert RealAttempt.objects.count() == 2


def test_result_of_an_exam_to_come_or_told_before_is_refused(client: Client, alice: User) -> None:
    planned, told = sat(alice, TODAY + DAY, "planned"), sat(alice, TODAY - DAY, "failed")

    _, text = send(client, reverse("exams:tell_result", args=[planned.pk]), {"result": "passed"})
    again, _ = send(client, reverse("exams:tell_result", args=[told.pk]), {"result": "passed"})
    wrong, _ = send(client, reverse("exams:tell_result", args=[planned.pk]), {"result": "planned"})

    assert "This exam is still to come." in text
    assert (again, wrong) == (404, 400)
    assert set(RealAttempt.objects.values_list("result", flat=True)) == {"planned", "failed"}


def test_own_first_day_of_the_months_is_kept_and_can_be_taken_back(client: Client, alice: User) -> None:
    sat(alice, TODAY - 10 * DAY, "failed")

    send(client, "/credential/attempts/months/", {"began_on": "2026-01-10"})
    assert "January 10, 2026 to January 9, 2027: 68 days left" in look(client, ATTEMPTS)

    status, text = send(client, "/credential/attempts/months/", {"began_on": "2026-11-03"})
    assert (status, "This day is still to come." in text) == (422, True)
    send(client, "/credential/attempts/months/", {"began_on": ""})
    assert "October 23, 2026 to October 22, 2027" in look(client, ATTEMPTS)


def test_planned_day_after_the_months_is_pointed_out(client: Client, alice: User) -> None:
    sat(alice, TODAY - 360 * DAY, "failed")
    sat(alice, TODAY + 30 * DAY, "planned")

    assert "By these rules this date is not allowed: it lies outside the 12 months" in look(client, ATTEMPTS)


def test_list_that_is_full_says_so(client: Client, alice: User) -> None:
    for n in range(desk.MOST_ATTEMPTS):
        sat(alice, TODAY - (n + 1) * DAY, "failed")

    status, text = send(client, ATTEMPTS, {"on": TODAY, "result": "failed"})

    assert (status, "This list holds 20 lines and is full." in text) == (422, True)


# --- Keeping it ---------------------------------------------------------------------------------------------------


def test_before_passing_the_page_says_where_it_begins_and_takes_credits(client: Client, alice: User) -> None:
    text = look(client, MAINTENANCE)
    assert "This begins with passing." in text
    assert "Renewals paid through" not in text

    send(client, MAINTENANCE, {"on": "2026-10-01", "title": "Webinar", "credits": "1.50"})

    assert "Oct 1, 2026 Webinar 1.5 credits" in look(client, MAINTENANCE)
    assert send(client, "/credential/maintenance/renewals/", {"through": "2026"})[0] == 404


def test_credits_of_the_biennium_are_counted_down(client: Client, alice: User) -> None:
    sat(alice, date(2025, 6, 1), "passed")
    CredentialRecord.objects.create(user=alice, renewed_through=2025)
    for on, number in (("2026-02-01", "20"), ("2025-12-31", "4"), ("2026-10-31", "1.25")):
        status, _ = send(client, MAINTENANCE, {"on": on, "title": f"Course of {on}", "credits": number})
        assert status == 200

    text = look(client, MAINTENANCE)

    assert "2.75 credits to earn in 424 days." in text
    assert "January 1, 2026 to December 31, 2027: 424 days left" in text
    assert "21.25 of 24 earned, 2.75 left" in text
    assert "Valid until May 31, 2035" in text
    last_day = datetime(2027, 12, 31, 12, tzinfo=UTC)
    send(client, "/credential/maintenance/renewals/", {"through": "2026"})
    assert "today is the last day" in look(client, MAINTENANCE, now=last_day)
    assert "2026 and 2027 21.25 of 24 credits: 2.75 missing" in look(client, MAINTENANCE, now=last_day + DAY)


def test_twenty_credits_are_written_as_such(client: Client, alice: User) -> None:
    """A normalised 20 is 2E+1 to Python."""
    sat(alice, date(2025, 6, 1), "passed")
    CreditEntry.objects.create(user=alice, on=date(2026, 1, 1), title="Course", credits=Decimal(20))

    assert "Jan 1, 2026 Course 20 credits" in look(client, MAINTENANCE)
    assert "4 credits left to earn by December 31, 2027." in look(client, DESK)


def test_renewals_are_due_late_and_over(client: Client, alice: User) -> None:
    sat(alice, date(2026, 6, 1), "passed")

    assert "$70 by December 31, 2026: 59 days left" in look(client, MAINTENANCE)
    late = datetime(2027, 1, 1, 12, tzinfo=UTC)
    assert "The renewal of 2026 is late: pay $90 by March 31, 2027." in look(client, MAINTENANCE, now=late)
    over = datetime(2027, 4, 1, 12, tzinfo=UTC)
    assert "by these rules the credential is discontinued: ask ABII." in look(client, MAINTENANCE, now=over)

    _, text = send(client, "/credential/maintenance/renewals/", {"through": "2026"}, now=over)

    assert "$70 by December 31, 2027" in text
    assert CredentialRecord.objects.get().renewed_through == 2026


@pytest.mark.parametrize("through", ["2024", "2028", "soon"])
def test_year_that_cannot_be_paid_is_refused(client: Client, alice: User, through: str) -> None:
    sat(alice, date(2025, 6, 1), "passed")

    status, text = send(client, "/credential/maintenance/renewals/", {"through": through})

    assert (status, "not one of the available choices" in text) == (422, True)
    assert not CredentialRecord.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"on": "2026-11-03"}, "This day is still to come."),
        ({"on": "1999-01-01"}, "The earliest exams we know of were in 2007."),
        ({"title": " "}, "This field is required."),
        ({"title": "x" * 201}, "at most 200 characters"),
        ({"credits": "0"}, "greater than or equal to 0.01"),
        ({"credits": "-2"}, "greater than or equal to 0.01"),
        ({"credits": "201"}, "less than or equal to 200"),
        ({"credits": "1.005"}, "no more than 2 decimal places"),
        ({"credits": "NaN"}, "Enter a number."),
    ],
)
def test_credits_that_cannot_be_are_refused(client: Client, alice: User, wrong: dict[str, object], says: str) -> None:
    status, text = send(client, MAINTENANCE, {"on": "2026-10-01", "title": "Webinar", "credits": "1"} | wrong)

    assert (status, says in text) == (422, True)
    assert CreditEntry.objects.count() == 0


def test_checklist_is_ones_own_to_edit(client: Client, alice: User) -> None:
    send(client, "/credential/maintenance/checklist/suggested/", {})
    send(client, "/credential/maintenance/checklist/suggested/", {})
    send(client, "/credential/maintenance/checklist/", {"text": "<b>Ask</b> again in 2030"})
    assert Duty.objects.count() == 4
    assert "&lt;b&gt;Ask&lt;/b&gt; again in 2030" in look(client, MAINTENANCE)

    duty = Duty.objects.get(text__startswith="Keep")
    door = reverse("exams:tick_duty", args=[duty.pk])
    for said, day in (("yes", TODAY), ("yes", TODAY), ("no", None)):
        send(client, door, {"done": said})
        duty.refresh_from_db()
        assert duty.done_on == day
    assert send(client, door, {"done": "perhaps"})[0] == 400
    send(client, reverse("exams:delete_duty", args=[duty.pk]), {})
    assert not Duty.objects.filter(pk=duty.pk).exists()
    assert send(client, "/credential/maintenance/checklist/", {"text": ""})[0] == 422
