"""The report as a tagged PDF, by WeasyPrint where it is installed (the extra `pdf`, and Pango).

WeasyPrint runs in a process of its own: it changes settings of Pillow and of the XML library for the whole process that
imports it, and those guard what people upload.
"""

import subprocess
import sys
from functools import cache

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string

from exams.reports import Report

STYLES = "css/report_pdf.css"
SECONDS = 60
_PROGRAM = [sys.executable, "-m", "weasyprint"]


@cache
def is_available() -> bool:
    """Whether this machine can make one: the package is an extra, and its system libraries may be missing."""
    return subprocess.run([*_PROGRAM, "--info"], capture_output=True, check=False, timeout=SECONDS).returncode == 0


def pdf_of(report: Report) -> bytes:
    """Two pages: what the report says, without the single items. Raises subprocess.SubprocessError."""
    html = render_to_string("exams/report_pdf.html", {"report": report})
    # The page is whole in itself: the style sheet is a file, and nothing in it may make the server ask anybody else.
    options = ["--quiet", "--pdf-variant=pdf/ua-1", "--allowed-protocols=file", f"--stylesheet={finders.find(STYLES)}"]
    done = subprocess.run(
        [*_PROGRAM, *options, "-", "-"], input=html.encode(), capture_output=True, check=True, timeout=SECONDS
    )
    return done.stdout
