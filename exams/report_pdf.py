"""The report as a tagged PDF, by WeasyPrint where it is installed (`pip install ciip-practice[pdf]`, and Pango)."""

from functools import cache
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string

from exams.reports import Report

STYLES = "css/report_pdf.css"


@cache
def is_available() -> bool:
    """Whether this machine can make one: the package is an extra, and its system libraries may be missing."""
    try:
        import weasyprint  # noqa: F401  found out, not needed
    except (ImportError, OSError):
        return False
    return True


def pdf_of(report: Report) -> bytes:
    content: bytes = document_of(report).write_pdf(pdf_variant="pdf/ua-1")
    return content


def document_of(report: Report) -> Any:
    """A weasyprint.Document of two pages: what the report says, without the single items."""
    import weasyprint

    html = render_to_string("exams/report_pdf.html", {"report": report})
    styles = weasyprint.CSS(string=Path(str(finders.find(STYLES))).read_text(encoding="utf-8"))
    return weasyprint.HTML(string=html, url_fetcher=_fetch_nothing).render(stylesheets=[styles])


def _fetch_nothing(url: str, *args: Any, **kwargs: Any) -> dict[str, Any]:
    """The page is whole in itself; nothing it says may make the server ask anybody for anything."""
    raise ValueError(f"The PDF asks for nothing outside of itself, and not for {url}.")
