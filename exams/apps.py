from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ExamsConfig(AppConfig):
    name = "exams"

    def ready(self) -> None:
        from questions.append_only import guard

        post_migrate.connect(guard, sender=self)
