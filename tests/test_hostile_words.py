"""What people write comes out as written, on every page: it is no markup, asks htmx for nothing and is no template."""

import csv
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
import time_machine
from django.core import mail
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from exams import reports
from questions.exchange.sheets import csv_of
from questions.exhibits import prose
from tests.factories import NOW
from tests.populated import LABELS, Site, hostile

pytestmark = pytest.mark.django_db
# Everything that is written by somebody, and is shown to somebody.
SHOWN = {
    "audit", "build", "cohort", "comment", "credit", "description", "detail", "domain", "drill", "duty", "exhibit",
    "exhibit-alt", "exhibit-title", "fault", "file-name", "group", "hidden", "hidden-because", "import",
    "locator", "note", "option", "outline", "outline-source", "rationale", "report", "review", "row", "says",
    "source", "stem", "survey", "task", "transition", "typical-tasks", "user-name",
}  # fmt: skip

MAKERS = {"questions/exhibits.py"}


class Page(HTMLParser):
    """What a browser makes of a page, as far as it matters here."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.words += [value for _, value in attrs if value]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def faults(html: str) -> list[str]:
    page = Page(html)
    words = " ".join(page.words)
    return ["it is markup"] * ("xss-probe" in page.tags) + ["it is a template"] * ("1337" in words)


def seen(html: str) -> set[str]:
    return set(LABELS.findall(" ".join(Page(html).words)))


def test_faults_are_found() -> None:
    for html in (hostile("x"), f'<p title="{hostile("x")}">', f"<script>{hostile('x')}</script>"):
        assert faults(html) == ["it is markup"]
    assert faults("<p>1337</p>") == ["it is a template"]


def test_every_page_shows_what_people_wrote_as_words() -> None:
    with time_machine.travel(NOW, tick=True):
        site = Site()
        found: dict[str, list[str]] = {}
        shown: set[str] = set()

        def visit(who: str, name: str, url: str, client: Client) -> None:
            answer = client.get(url)
            assert answer.status_code < 500, url
            if not answer.streaming and answer.headers.get("Content-Type", "").startswith("text/html"):
                html = answer.content.decode()
                shown.update(seen(html))
                if wrong := faults(html):
                    found[f"{name} for {who}"] = wrong

        site.walk(visit)

    assert found == {}
    assert SHOWN - shown == set()


def test_report_that_becomes_a_pdf_shows_words() -> None:
    site = Site()

    html = render_to_string("exams/report_pdf.html", {"report": reports.build(site.done, site.done.score)})

    assert faults(html) == []
    assert "domain" in seen(html)


def test_markup_is_made_in_few_places(root: Path) -> None:
    """Templates escape what they show; these modules alone make markup, of what they made safe."""
    templates = "".join(path.read_text(encoding="utf-8") for path in (root / "templates").rglob("*.html"))
    makers = {
        str(path.relative_to(root))
        for app in ("accounts", "questions", "exams", "ciip_site")
        for path in (root / app).rglob("*.py")
        if re.search(r"\bmark_safe\(|\bSafeString\(|__html__", path.read_text(encoding="utf-8"))
    }

    assert re.findall(r"\|\s*safe\b|autoescape\s+off|safeseq", templates) == []
    assert makers == MAKERS


@pytest.mark.parametrize("attribute", ["hx-get", "data-hx-get", "hx-on:click", "data-hx-on-load", "onclick", "style"])
def test_markdown_of_people_carries_no_attribute(attribute: str) -> None:
    markup = f'Words <b {attribute}="/evil">bold</b>\n\n<div {attribute}="/evil">'
    written = prose(f"{markup}\n\n[link](javascript:alert(1)) [link](https://evil.example)")

    assert set(Page(written).tags) <= {"p", "em", "strong", "code", "br"}
    assert not any("=" in part for part in written.split("<")[1:] for part in [part.split(">")[0]])


def test_mail_is_plain_text(client: Client) -> None:
    """Nothing in it can be markup; a name cannot add a header (tests/accounts/test_mailing.py)."""
    with time_machine.travel(NOW, tick=False):
        site = Site()
        client.post(reverse("account_reset_password"), {"email": site.alice.email})
        client.force_login(site.alice)
        address = reverse("exams:group_invitations", args=[site.group.public_id])
        client.post(address, {"email": "new@example.org"})

    assert len(mail.outbox) == 2
    for sent in mail.outbox:
        assert (sent.content_subtype, getattr(sent, "alternatives", [])) == ("plain", [])
        assert "1337" not in sent.body


def test_no_table_for_a_spreadsheet_runs_anything(client: Client) -> None:
    with time_machine.travel(NOW, tick=False):
        site = Site()
        for start in "=+-@\t\r":
            site.alice.name = f"{start}cmd|' /C calc'!A0"
            site.alice.save()
            client.force_login(site.ivy)
            answer = client.get(reverse("exams:cohort_csv", args=[site.cohort.pk]))
            rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))

            assert any(site.alice.name in cell for row in rows for cell in row)
            assert [cell for row in rows for cell in row if cell[:1] in ("=", "+", "-", "@", "\t", "\r")] == []


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_heading_and_no_cell_of_a_csv_runs(start: str) -> None:
    hostile_cell = f"{start}cmd|' /C calc'!A0"

    rows = list(csv.reader(io.StringIO(csv_of([[hostile_cell], [hostile_cell]]).decode("utf-8-sig"), newline="")))

    assert rows == [[f"'{hostile_cell}"], [f"'{hostile_cell}"]]
