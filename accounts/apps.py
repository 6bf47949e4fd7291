from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from allauth.account.signals import email_changed

        from accounts import security_log
        from accounts.mailing import follow_person
        from accounts.roles import sync_groups

        # After the last app's migrations all permissions exist; a single app's migrate runs it as well.
        post_migrate.connect(sync_groups, dispatch_uid="accounts.sync_groups")
        email_changed.connect(follow_person, dispatch_uid="accounts.follow_person")
        security_log.connect()
