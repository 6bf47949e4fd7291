"""A site with one object of every kind, hostile words in all that people write, and a walk over all of its pages."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.exceptions import NoReverseMatch

from accounts import invitations, roles
from accounts.models import AuditEntry, User, Verb
from exams import attempts, exam_forms, form_builds, plan_calendar, planning, scoring
from exams import models as exams
from exams.form_problem import Wish
from exams.practice import sessions
from exams.practice.forms import PresetForm
from questions import models as questions
from questions.exchange import formats, uploads
from questions.exchange import planning as exchange_planning
from tests import factories
from tests.factories import NOW, answer_all, join_group, make_bank, make_group, make_progress_link, make_user, start

# Leaves attributes, scripts, styles of quoting and text areas, asks htmx for something, and is a template of Django's.
OPENING, CLOSING = "\"'></script></textarea><xss-probe hx-get=/e id=", ">{{7*191}}"
PERMANENT = timedelta(days=300)


def hostile(label: str) -> str:
    return f"{OPENING}{label}{CLOSING}"


def _doors(found: list[URLPattern | URLResolver], prefix: str = "", route: str = "") -> Iterator[tuple[str, str, Any]]:
    for one in found:
        if isinstance(one, URLResolver):
            space = f"{one.namespace}:" if one.namespace else ""
            yield from _doors(one.url_patterns, prefix + space, route + str(one.pattern))
        elif one.name:
            yield prefix + one.name, route + str(one.pattern), one.pattern


DOORS = {name: (route, pattern) for name, route, pattern in _doors(get_resolver().url_patterns)}


class Site:
    """Alice has done everything, Bob is in an exam, Ivy works here with every right."""

    def __init__(self) -> None:
        self._bank()
        self.alice, self.bob, self.ivy = (make_user(name) for name in ("alice", "bob", "ivy"))
        for user in (self.alice, self.bob, self.ivy):
            user.name = hostile("user-name")
            user.save()
            EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        roles.make_instructor(user=self.ivy, roles=roles.ROLES)
        self.ivy.is_superuser = True
        self.ivy.save()
        self.done, self.open = self._sit(), start(self.bob)
        self._workshop()
        self._own()
        self._group()
        self.objects = self._by_route()

    def _bank(self) -> None:
        version, options = factories._version, factories._options

        def hostile_version(*arguments: Any) -> Any:
            made = version(*arguments)
            made.stem += hostile("stem")
            made.exhibit_title, made.exhibit_alt = hostile("exhibit-title"), hostile("exhibit-alt")
            made.references = [{"source": hostile("source"), "locator": hostile("locator"), "says": hostile("says")}]
            return made

        def hostile_options(*arguments: Any) -> Any:
            made = options(*arguments)
            for option in made:
                option.text += hostile("option")
                option.rationale += hostile("rationale")
            return made

        with patch.object(factories, "_version", hostile_version), patch.object(factories, "_options", hostile_options):
            outline = make_bank(forms=3, exhibit=hostile("exhibit"))
            factories.make_sample(outline)
        questions.Outline.objects.update(name=hostile("outline"), source=hostile("outline-source"))
        questions.Domain.objects.update(name=hostile("domain"), typical_tasks=hostile("typical-tasks"))
        questions.Task.objects.update(name=hostile("task"))
        self.form = exam_forms.publish_next(now=NOW)

    def _sit(self) -> exams.Attempt:
        attempt = start(self.alice)
        answer_all(attempt, right=12)
        exams.Response.objects.filter(attempt=attempt).update(note=hostile("note"))
        attempt = attempts.submit(user=self.alice, public_id=attempt.public_id, now=NOW + timedelta(hours=1))
        scoring.ensure_scored(attempt=attempt, now=NOW + timedelta(hours=1))
        appointment = exams.Appointment.objects.create(
            user=self.alice, attempt=attempt, block="over", started_at=NOW
        )  # fmt: skip
        self.survey = exams.Survey.objects.create(appointment=appointment, comment=hostile("survey"), at=NOW)
        self.appointment = appointment
        return attempt

    def _workshop(self) -> None:
        self.item = questions.Item.objects.filter(versions__form_items__exam_form=self.form)[0]
        version = self.item.versions.get()
        questions.ReviewComment.objects.create(version=version, by=self.ivy, text=hostile("review"), at=NOW)
        questions.ItemTransition.objects.create(
            item=self.item, from_status="pilot", to_status="operational", version=version, by=self.ivy,
            reason=hostile("transition"), at=NOW,
        )  # fmt: skip
        self.fault = questions.FaultReport.objects.create(
            version=version, reporter=self.alice, message=hostile("fault"), created_at=NOW,
        )  # fmt: skip
        self.cohort = exams.Cohort.objects.create(name=hostile("cohort"))
        self.cohort.instructors.add(self.ivy)
        self.cohort.members.add(self.alice, self.bob)
        self.build = form_builds.ask(wish=Wish(1), by=self.ivy, now=NOW)
        exams.FormBuild.objects.update(message=hostile("build"), state="failed")
        self.upload = uploads.receive(
            name=hostile("file-name"), content=b"x", one=formats.BY_CODE["aiken"],
            defaults=exchange_planning.Defaults(), by=self.ivy, now=NOW,
        )  # fmt: skip
        row = {"fate": "error", "code": hostile("row-code"), "place": hostile("row-place"), "message": hostile("row")}
        questions.BankImport.objects.update(message=hostile("import"), state="refused", report=[row | {"line": 1}])
        self.entry = AuditEntry.objects.create(
            verb=Verb.BANK_EXPORTED, target=hostile("audit"), detail={"domain": hostile("detail")}, actor=self.ivy
        )

    def _own(self) -> None:
        alice = self.alice
        form = PresetForm({"size": "20"})
        assert form.is_valid()
        self.drill = sessions.start(user=alice, plan=form.plan(), now=NOW)
        exams.PracticeSession.objects.update(title=hostile("drill"))
        self.drill.refresh_from_db()
        place = self.drill.places.get(position=1)
        sessions.answer(session=self.drill, position=place.position, chosen=1, confidence=None, now=NOW)
        self.credit = exams.CreditEntry.objects.create(user=alice, on=NOW, title=hostile("credit"), credits=1)
        self.duty = exams.Duty.objects.create(user=alice, text=hostile("duty"))
        self.real = exams.RealAttempt.objects.create(user=alice, on=NOW.date() + timedelta(days=9), result="planned")
        planning.make(user=alice, exam_on=NOW.date() + timedelta(weeks=9), hours_per_week=6, now=NOW)
        self.calendar = plan_calendar.new_token(alice)
        self.task = exams.PlanTask.objects.all()[0]
        made = make_progress_link(alice, "streak", "readiness", days=365, name=True)
        self.link, self.progress = made.link, made.token

    def _group(self) -> None:
        self.group = make_group(self.alice, name=hostile("group"))
        self.group.description = hostile("description")
        self.group.save()
        self.membership = join_group(self.group, self.bob)
        join_group(self.group, self.ivy, asked=True)
        exam = exams.GroupExam.objects.create(
            group=self.group, exam_form=self.form, opens_at=NOW, closes_at=NOW + PERMANENT
        )
        form_item = exams.FormItem.objects.get(exam_form=self.form, position=1)
        self.comment = exams.GroupComment.objects.create(
            exam=exam, author=self.bob, text=hostile("comment"), at=NOW, form_item=form_item
        )
        exams.GroupComment.objects.create(
            exam=exam, author=self.alice, text=hostile("hidden"), at=NOW, hidden_at=NOW,
            hidden_because=hostile("hidden-because"),
        )  # fmt: skip
        exams.CommentReport.objects.create(comment=self.comment, by=self.alice, reason=hostile("report"), at=NOW)
        self.door = invitations.make_link(group=self.group, by=self.alice, days=30, uses=5, now=NOW)
        self.invitation = self.group.invitations.get()

    def _by_route(self) -> dict[str, Any]:
        """What the `pk`, `public_id`, `object_id` or `token` of a route's address names; the first that fits."""
        return {
            "attempts/": self.done.public_id, "appointments/": self.appointment.public_id,
            "practice/": self.drill.public_id,
            "credential/attempts/": self.real.pk, "credential/maintenance/credits/": self.credit.pk,
            "credential/maintenance/checklist/": self.duty.pk, "groups/<uuid:public_id>/members/": self.membership.pk,
            "groups/<uuid:public_id>/invitations/": self.invitation.pk,
            "groups/<uuid:public_id>/comments/": self.comment.pk, "cohorts/": self.cohort.pk,
            "workshop/forms/builds/": self.build.pk, "workshop/imports/": self.upload.pk, "plan/tasks/": self.task.pk,
            "progress-links/": self.link.pk, "join/": self.door, "calendar/": self.calendar, "^p/": self.progress,
            "admin/questions/item/": self.item.pk, "admin/questions/faultreport/": self.fault.pk,
            "admin/questions/outline/": questions.Outline.objects.get().pk,
            "admin/questions/domain/": questions.Domain.objects.all()[0].pk,
            "admin/questions/task/": questions.Task.objects.all()[0].pk, "admin/exams/attempt/": self.done.pk,
            "admin/exams/cohort/": self.cohort.pk, "admin/exams/survey/": self.survey.pk,
            "admin/accounts/user/": self.alice.pk, "admin/accounts/auditentry/": self.entry.pk,
            "admin/auth/group/": Group.objects.all()[0].pk, "admin/account/emailaddress/": 1,
        }  # fmt: skip

    def urls(self) -> Iterator[tuple[str, str]]:
        """Every door that these objects open, with its address."""
        owners = {"groups": self.group.public_id, "cohorts": self.done.public_id}
        for name, (route, pattern) in DOORS.items():
            fitting = [found for start, found in self.objects.items() if route.startswith(start)]
            one = fitting[0] if fitting else 1
            values = {
                "public_id": owners.get(route.partition("/")[0], one), "pk": one, "object_id": one,
                "id": self.alice.pk, "token": one, "number": self.form.published_number, "position": 1,
                "code": "IM" if route.startswith("guides/") else self.item.code,
            }  # fmt: skip
            wanted = [*pattern.converters, *pattern.regex.groupindex]
            try:
                yield name, reverse(name, kwargs={each: values[each] for each in wanted})
            except (KeyError, NoReverseMatch):
                continue
        yield "exams:room", reverse("exams:room", args=[self.open.public_id])
        for position in (1, 2):
            yield "exams:plain_item", reverse("exams:plain_item", args=[self.open.public_id, position])
        for name in ("plain_review", "submit", "abandon", "break"):
            yield f"exams:{name}", reverse(f"exams:{name}", args=[self.open.public_id])

    def browsers(self) -> dict[str, Client]:
        """One for everybody who looks, signed in; each has been there before."""
        people: dict[str, User | None] = {"nobody": None, "alice": self.alice, "bob": self.bob, "ivy": self.ivy}
        return {name: _signed_in(user) for name, user in people.items()}

    def walk(self, visit: Callable[[str, str, str, Client], None]) -> None:
        """Visit every page as everybody."""
        for who, client in self.browsers().items():
            for name, url in self.urls():
                visit(who, name, url, client)


def _signed_in(user: User | None) -> Client:
    client = Client(raise_request_exception=True)
    if user:
        client.force_login(user)
    client.get("/")
    return client


LABELS = re.compile(re.escape("<xss-probe hx-get=/e id=") + r"([a-z-]+)>")
