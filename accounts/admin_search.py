from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

# SQLite refuses patterns of fifty thousand bytes, and nobody types a hundred characters.
MOST_CHARACTERS = 200


class BoundedSearch:
    """For a ModelAdmin with search_fields: what is longer than anybody types is searched for by its beginning."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        found: tuple[QuerySet[Any], bool] = super().get_search_results(  # type: ignore[misc]
            request, queryset, search_term[:MOST_CHARACTERS]
        )
        return found
