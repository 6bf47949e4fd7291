"""The bank's pictures, open to everybody: the bank is open too, and a picture's name cannot be guessed."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from questions.models import ExhibitImage

A_YEAR = 365 * 24 * 3600


@require_safe
def exhibit(request: HttpRequest, digest: str, extension: str) -> HttpResponse:
    """The bytes under this digest never change, so that whoever has them need not ask again."""
    image = ExhibitImage.objects.filter(pk=digest).first()
    if image is None or image.extension != extension:
        raise Http404
    response = HttpResponse(bytes(image.content), content_type=image.media_type)
    response.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
    response.headers["Content-Disposition"] = f'inline; filename="{digest[:12]}.{extension}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
