"""A web process of its own that submits one attempt and prints {status, seconds, signed_in}:

submit_elsewhere.py UUID, with REDIS_URL and DATABASE_URL in the environment.
"""

import json
import sys
import time

import django

django.setup()

from django.test import Client  # noqa: E402  needs the set-up above
from django.urls import reverse  # noqa: E402

from exams.models import Attempt  # noqa: E402

attempt = Attempt.objects.get(public_id=sys.argv[1])
client = Client(SERVER_NAME="localhost")
client.force_login(attempt.user)
began = time.monotonic()
answer = client.post(reverse("exams:submit", args=[attempt.public_id]))
print(json.dumps({"status": answer.status_code, "to": answer.headers["Location"], "seconds": time.monotonic() - began}))  # noqa: T201
