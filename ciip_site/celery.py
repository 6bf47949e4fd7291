"""The Celery application: workers and beat start with `celery -A ciip_site`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ciip_site.settings")

app = Celery("ciip_site")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# Imported for what they listen to.
from ciip_site.watching import heard, task_work  # noqa: E402, F401
