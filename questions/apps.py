from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class QuestionsConfig(AppConfig):
    name = "questions"

    def ready(self) -> None:
        from questions.append_only import guard

        post_migrate.connect(guard, sender=self)
        # That app knows nothing of this one, and has a table that is only added to.
        post_migrate.connect(guard, sender=apps.get_app_config("accounts"))
