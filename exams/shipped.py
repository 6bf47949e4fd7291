"""What comes with the site as files, read without a database: the bank's folder and the current outline's quotas."""

from typing import Any

from django.conf import settings

from exams import pools
from questions import bank_yaml
from questions.models import Outline

FIXTURES = settings.BASE_DIR / "fixtures"
BANK = FIXTURES / "bank"


def current_outline() -> dict[str, Any]:
    documents = [bank_yaml.read(path) for path in sorted((FIXTURES / "outlines").glob("*.yaml"))]
    current: dict[str, Any] = next(document for document in documents if document["is_current"])
    return current


def quotas_by_code(outline: dict[str, Any]) -> dict[tuple[str, bool], int]:
    """Places of a form by domain code and whether they are scored."""
    codes = {domain["number"]: domain["code"] for domain in outline["domains"]}
    counts = Outline(scored_count=outline["scored_count"], pilot_count=outline["pilot_count"])
    quotas = pools.quotas_of(counts, {domain["number"]: domain["weight"] for domain in outline["domains"]})
    return {(codes[number], is_scored): quota for (number, is_scored), quota in quotas.items()}
