"""Whether all is well, in words: a line for each part of the site, and what to do where it is not well."""

from dataclasses import dataclass
from datetime import timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import get_connection
from django.template.defaultfilters import filesizeformat, pluralize

from ciip_site.watching.facts import Backlog, Exams, Facts, Tasks

# The sweep comes every five seconds; what it has left behind so often is left behind for a reason.
PATIENCE_SECONDS = 180
SLOW_DATABASE_MS = 250
LEAST_FREE = 0.1
MOST_BACKUP_AGE = timedelta(hours=26).total_seconds()
MAIL_SECONDS = 3


@dataclass(frozen=True)
class Line:
    """`advice` is empty where all is well, or where there is nothing to do."""

    part: str
    says: str
    advice: str = ""


def lines(facts: Facts) -> list[Line]:
    return [*_database(facts.exams), *_queueing(facts.tasks), _sweep(facts), _disk(facts), _mail(), _backup(facts)]


def age(seconds: float) -> str:
    """As people say it: 40 seconds, 12 minutes, 3 hours, 2 days."""
    for length, word in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= 2 * length or (seconds >= length and word == "minute"):
            return _count(int(seconds // length), word)
    return _count(int(seconds), "second")


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{pluralize(number)}"


def _database(exams: Exams | None) -> list[Line]:
    if exams is None:
        advice = "Look whether PostgreSQL runs and its disk has room. Answers wait in the browsers and are sent later."
        return [Line("Database", "It does not answer.", advice)]
    milliseconds = max(1, round(exams.milliseconds))
    advice = "Something keeps it busy: look for long statements, a running backup, a slow disk."
    slow = exams.milliseconds > SLOW_DATABASE_MS
    return [
        Line("Database", f"It answers in {_count(milliseconds, 'millisecond')}.", advice if slow else ""),
        Line("Exams", f"{_count(exams.open, 'exam')} running." if exams.open else "None is running."),
        _backlog(
            "Overdue exams", exams.overdue, "are past their time and not closed",
            "Look whether beat and a worker run, and run manage.py close_overdue_attempts. Nobody loses an answer.",
        ),
        _backlog(
            "Unscored exams", exams.unscored, "have ended and have no score",
            "Look for errors of exams.tasks.score_attempt in the workers' log. A report scores itself when opened.",
        ),
    ]  # fmt: skip


def _backlog(part: str, backlog: Backlog, are: str, advice: str) -> Line:
    if not backlog.count:
        return Line(part, "None waits.")
    says = f"{backlog.count:,} {are}, the first for {age(backlog.oldest_seconds)}."
    return Line(part, says, advice if backlog.oldest_seconds > PATIENCE_SECONDS else "")


def _queueing(tasks: Tasks | None) -> list[Line]:
    if not settings.REDIS_URL:
        return [Line("Redis", "There is none: this site does its tasks while people wait, as it was set up to do.")]
    if tasks is None:
        advice = "Start it again. Saving, submitting and reports go on without it, a little slower."
        return [Line("Redis", "It does not answer.", advice)]
    return [Line("Redis", "It answers."), _workers(tasks), *(_queue(tasks, name) for name in tasks.queues)]


def _workers(tasks: Tasks) -> Line:
    heard = [one for one in tasks.workers if not one.is_silent]
    if not heard:
        return Line("Workers", "None is heard of.", "Start one. Until then a report scores itself when it is opened.")
    unheard = [name for name in tasks.queues if not tasks.listening_to(name)]
    says = f"{_count(len(heard), 'worker')} heard of: {', '.join(one.name for one in heard)}."
    if unheard:
        advice = "Start a worker for it, or one without -Q, which listens to all."
        return Line("Workers", f"{says} Nobody listens to {', '.join(unheard)}.", advice)
    return Line("Workers", says)


def _queue(tasks: Tasks, name: str) -> Line:
    part, backlog = f"Queue {name}", tasks.queues[name]
    if not backlog.count:
        return Line(part, "No task waits.")
    says = f"{_count(backlog.count, 'task')} waiting, the oldest for {age(backlog.oldest_seconds)}."
    advice = f"Start more workers, or one for this queue alone: celery -A ciip_site worker -Q {name}."
    return Line(part, says, advice if backlog.oldest_seconds > PATIENCE_SECONDS else "")


def _sweep(facts: Facts) -> Line:
    part = "Sweep"
    if facts.sweep_age is None:
        says = "Nobody knows when overdue exams were last looked for."
    elif facts.sweep_age <= PATIENCE_SECONDS:
        return Line(part, f"Overdue exams were last looked for {age(facts.sweep_age)} ago.")
    else:
        says = f"Overdue exams were last looked for {age(facts.sweep_age)} ago; it should be every five seconds."
    if settings.REDIS_URL:
        return Line(part, says, "Look whether beat runs, exactly one, and a worker that listens to the queue scoring.")
    return Line(
        part, f"{says} They are closed when somebody looks at them; cron can run manage.py close_overdue_attempts."
    )


def _disk(facts: Facts) -> Line:
    says = f"{filesizeformat(facts.free_bytes)} of {filesizeformat(facts.total_bytes)} are free where VAR_DIR lies."
    advice = "Make room: old backups and logs first. A database on this disk stops when it is full."
    return Line("Disk", says, advice if facts.free_bytes < LEAST_FREE * facts.total_bytes else "")


def _mail() -> Line:
    if not settings.EMAIL_HOST:
        says = "No mail server is set: messages such as password resets are only written to the log."
        return Line("Mail", f"{says} EMAIL_HOST names one.")
    try:
        connection = get_connection(timeout=MAIL_SECONDS)
        connection.open()
        connection.close()
    except (OSError, SMTPException) as error:
        advice = "Look at EMAIL_HOST and the settings beside it, and whether this machine may reach the server."
        return Line("Mail", f"The mail server does not let this site in ({type(error).__name__}).", advice)
    return Line("Mail", "The mail server lets this site in.")


def _backup(facts: Facts) -> Line:
    advice = "Take one now, and look why the schedule did not."
    if facts.backup_age is None:
        advice = f"{advice} A finished one is told to this site by: touch {settings.BACKUP_MARKER}"
        return Line("Backup", "Nobody has told this site of one.", advice)
    says = f"The last was complete {age(facts.backup_age)} ago."
    return Line("Backup", says, advice if facts.backup_age > MOST_BACKUP_AGE else "")
