"""What is searched for in the admin: as much as a database takes, whatever is sent."""

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from tests.factories import make_user

SEARCHED = [model for model, found in admin.site._registry.items() if found.search_fields]


@pytest.mark.django_db
@pytest.mark.parametrize("model", SEARCHED, ids=lambda model: model.__name__)
@pytest.mark.parametrize("text", ["é" * 60_000, "%_\\" * 30_000, "\x00"])
def test_a_search_for_whatever_is_answered(client: Client, model: type, text: str) -> None:
    ivy = make_user("ivy")
    ivy.is_staff = ivy.is_superuser = True
    ivy.save(update_fields=["is_staff", "is_superuser"])
    client.force_login(ivy)
    meta = model._meta  # type: ignore[attr-defined]

    answer = client.get(reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist"), {"q": text})

    assert answer.status_code == 200
