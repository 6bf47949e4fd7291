"""The site's own settings, and a clock that a fault can step: as far as a file says.

For every process of the site; PostgreSQL's own clock is asked nothing that decides.
"""

import os
from datetime import datetime, timedelta
from pathlib import Path

from django.utils import timezone

from ciip_site.settings import *  # noqa: F403

STEP = Path(os.environ["CLOCK_STEP"])
real_now = timezone.now


def stepped_now() -> datetime:
    try:
        return real_now() + timedelta(seconds=int(STEP.read_text(encoding="ascii")))
    except FileNotFoundError:
        return real_now()


timezone.now = stepped_now
