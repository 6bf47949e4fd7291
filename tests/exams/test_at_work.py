"""Where the points went: most misses first, three domains, with what their guides say of the work."""

import html
import re

import pytest
from django.test import Client
from django.urls import reverse

from exams import attempts
from exams.at_work import MOST_DOMAINS
from exams.models import Attempt, DomainScore
from tests.factories import NOW, answer_all, make_bank, make_user, publish_form_a, start

pytestmark = pytest.mark.django_db


def page_of(client: Client, attempt: Attempt) -> str:
    client.force_login(attempt.user)
    return html.unescape(client.get(reverse("exams:report", args=[attempt.public_id])).content.decode())


def test_the_three_domains_with_most_misses_come_with_their_work(client: Client) -> None:
    make_bank()
    publish_form_a()
    attempt = start(make_user())
    answer_all(attempt, right=10)
    attempts.submit(user=attempt.user, public_id=attempt.public_id, now=NOW)

    page = page_of(client, attempt)

    section = page[page.index('id="work-title"') :].partition("</section>")[0]
    shown = [int(count) for count in re.findall(r">(\d+) missed<", section)]
    rows = DomainScore.objects.filter(score__attempt=attempt)
    assert shown == sorted((row.total - row.right for row in rows), reverse=True)[:MOST_DOMAINS]
    assert section.count('href="/guides/') == MOST_DOMAINS
    assert section.count("<li>") >= MOST_DOMAINS


def test_a_mock_without_a_miss_has_no_such_section(client: Client) -> None:
    make_bank()
    publish_form_a()
    attempt = start(make_user())
    answer_all(attempt, right=attempt.responses.count())
    attempts.submit(user=attempt.user, public_id=attempt.public_id, now=NOW)

    assert 'id="work-title"' not in page_of(client, attempt)
