import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import User
from exams import exam_forms, pools
from exams.assembly import ALGORITHM, BankTooSmall, DrawnForm, draw
from exams.models import FormKind
from exams.pools import LoadedPool, NoOutline


class Command(BaseCommand):
    help = "Draw a form from a seed and print it; nothing is stored without --save."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", required=True)
        parser.add_argument("--kind", choices=FormKind.values, default=FormKind.MOCK)
        parser.add_argument("--user", metavar="EMAIL", help="draw fresh-first for this person")
        parser.add_argument("--fresh-only", action="store_true", help="never reuse an item the person has seen")
        parser.add_argument("--save", action="store_true")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        user = self._user(options["user"])
        try:
            loaded = pools.load_for(user, fresh_only=options["fresh_only"]) if user else pools.load()
            drawn = draw(loaded.pool, options["seed"])
        except BankTooSmall as error:
            raise CommandError(f"The bank is too small: {pools.in_words(error)}.") from error
        except NoOutline as error:
            raise CommandError(str(error)) from error
        if options["save"]:
            exam_forms.store(loaded=loaded, drawn=drawn, drawn_for=user, now=timezone.now())
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(loaded, drawn), indent=1))
        else:
            self.stdout.write(f"{len(drawn.places)} items, {len(drawn.reused)} seen before, pool {drawn.pool_digest}")

    def _user(self, email: str | None) -> User | None:
        if email is None:
            return None
        user = User.objects.filter(email__iexact=email).first()
        if user is None:
            raise CommandError(f"No user has the e-mail address {email}.")
        return user


def _as_json(loaded: LoadedPool, drawn: DrawnForm) -> dict[str, Any]:
    return {
        "seed": drawn.seed,
        "outline": loaded.outline.code,
        "algorithm": ALGORITHM,
        "pool_digest": drawn.pool_digest,
        "items": [
            {
                "position": place.position,
                "item": place.code,
                "version": place.version,
                "domain": place.domain,
                "scored": place.is_scored,
            }
            for place in drawn.places
        ],
    }
