"""The site that nonsense is thrown at: people of three kinds, something of everything, and all its doors."""

import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.core.signals import got_request_exception
from django.forms import FileField
from django.forms.forms import BaseForm
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from accounts import groups
from accounts.models import StudyGroup, User
from exams import appointments, attempts
from exams.models import Appointment, Attempt
from questions.models import Item, ItemVersion

MOST_FIELDS = 8
FILES = (b"", b"\x00", b"a,b\n1,2", b"- id: x", b"PK\x03\x04", b"<?xml version='1.0'?><a/>")
WORDS = ("IM", "CE", "x", "..%2f", "é", "0", "a b", "token", "IM-0001", "application", "%00", "x" * 3000)


@dataclass
class Site:
    """`doors` are (name, route, converters by parameter)."""

    people: dict[str, User | None]
    doors: list[tuple[str, str, dict[str, str]]]
    names: list[str]
    file_names: list[str]
    uuids: list[str]
    clients: dict[str, Client] = field(default_factory=dict)
    exceptions: list[BaseException] = field(default_factory=list)

    @classmethod
    def make(cls) -> "Site":
        with Path("/dev/null").open("w") as nowhere:
            call_command("migrate", verbosity=0)
            call_command("createcachetable", verbosity=0)
            call_command("load_content", stdout=nowhere)
        people = _people()
        doors = list(_doors(get_resolver().url_patterns))
        forms = [form for form in _subclasses(BaseForm) if hasattr(form, "base_fields")]
        fields = {name: found for form in forms for name, found in form.base_fields.items()}
        site = cls(
            people=people,
            doors=doors,
            names=sorted({*fields, "next", "page", "q", "o", "e", "action", "_selected_action", "item", "go"}),
            file_names=sorted(name for name, found in fields.items() if isinstance(found, FileField)),
            uuids=[
                str(public_id)
                for model in (Attempt, Appointment, StudyGroup)
                for public_id in model._default_manager.values_list("public_id", flat=True)
            ],
        )
        got_request_exception.connect(site._note, weak=False)
        return site

    def enter(self) -> None:
        """Everybody signs in anew: the batch before may have signed them out or deleted them."""
        self.clients = {}
        for who, user in self.people.items():
            client = Client(raise_request_exception=False, SERVER_NAME="localhost")
            if user:
                client.force_login(user)
            self.clients[who] = client

    def door(self, chance: Random) -> tuple[str, str]:
        name, route, converters = chance.choice(self.doors)
        for parameter, converter in converters.items():
            route = route.replace(f"<{parameter}>", self._value(converter, chance))
        return name, "/" + route

    def fields(self, chance: Random, values: list[str]) -> dict[str, Any]:
        names = chance.sample(self.names, chance.randrange(min(MOST_FIELDS, len(self.names))))
        said: dict[str, Any] = {name: self._said(chance, values) for name in names}
        if not chance.randrange(15) and self.file_names:
            name, content = chance.choice(["a.csv", "b.zip", "../c"]), chance.choice(FILES)
            said[chance.choice(self.file_names)] = SimpleUploadedFile(name, content)
        return said

    def _said(self, chance: Random, values: list[str]) -> str | list[str]:
        if not chance.randrange(8):
            return chance.choices(values, k=3)
        return chance.choice([*values, *self.uuids])

    def _value(self, converter: str, chance: Random) -> str:
        match converter:
            case "uuid":
                return chance.choice(self.uuids) if chance.randrange(4) else str(uuid.UUID(int=chance.getrandbits(128)))
            case "int":
                return chance.choice(["0", "1", "2", "3", "17", "170", "99999", "9" * 25])
            case _:
                return chance.choice(WORDS)

    def _note(self, **keywords: Any) -> None:
        if error := sys.exc_info()[1]:
            self.exceptions.append(error)


def _people() -> dict[str, User | None]:
    """A candidate with an exam that is open, one that is finished and a group; an instructor; nobody."""
    now = timezone.now()
    candidate = User.objects.create_user("candidate@example.org", terms_accepted_at=now)
    done = attempts.start_mock(user=candidate, now=now - timedelta(hours=1))
    attempts.submit(user=candidate, public_id=done.public_id, now=now)
    attempts.start_mock(user=candidate, now=now)
    groups.create(by=candidate, name="Evening group", now=now)
    waiting = User.objects.create_user("waiting@example.org", terms_accepted_at=now)
    appointments.start(user=waiting, now=now)
    instructor = User.objects.create_superuser("instructor@example.org", terms_accepted_at=now)
    version = ItemVersion.objects.first()
    assert version
    Item.objects.filter(pk=version.item_id).update(status="draft")
    return {"candidate": candidate, "waiting": waiting, "instructor": instructor, "stranger": None}


def _doors(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, str, dict[str, str]]]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _doors(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield str(pattern.name), *_plain(route)


def _plain(route: str) -> tuple[str, dict[str, str]]:
    """A route with bare names, and the converter of each; regular expressions of other apps are made plain."""
    converters: dict[str, str] = {}
    plain = route.replace("^", "").replace("$", "").replace("\\Z", "")
    while "(?P<" in plain:
        start = plain.index("(?P<")
        name = plain[start + 4 : plain.index(">", start)]
        end = _closing(plain, start)
        converters[name] = "str"
        plain = f"{plain[:start]}<{name}>{plain[end + 1 :]}"
    while ":" in plain:
        start = plain.rindex("<", 0, plain.index(":"))
        kind, name = plain[start + 1 : plain.index(">", start)].split(":")
        converters[name] = kind
        plain = f"{plain[:start]}<{name}>{plain[plain.index('>', start) + 1 :]}"
    return plain, converters


def _closing(text: str, start: int) -> int:
    """Where the bracket that opens at `start` is closed."""
    depth = 0
    for place in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0:
            return place
    return len(text) - 1


def _subclasses(kind: type) -> Iterator[Any]:
    children: list[type] = kind.__subclasses__()
    for child in children:
        yield child
        yield from _subclasses(child)
