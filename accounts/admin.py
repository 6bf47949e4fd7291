"""People in the admin: rights, the extra time that an accommodation grants, and the record of who did what."""

from typing import Any, cast

from allauth.account.decorators import secure_admin_login
from allauth.mfa.admin import Authenticator
from allauth.usersessions.admin import UserSession
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from accounts import audit, browser_sessions, roles, second_factor
from accounts.admin_search import BoundedSearch
from accounts.forms import PersonForm
from accounts.models import AuditEntry, User, Verb

# One door: the admin's own login form would know nothing of allauth's limits on tries.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.site_header = admin.site.site_title = "CIIP Practice"
admin.site.index_title = "Instructors' workshop"

# allauth's own pages, which the imports above have registered, would let a factor go without an entry in the record.
admin.site.unregister([Authenticator, UserSession])

RIGHTS = ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")


class UserCreationForm(AdminUserCreationForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ("email", "name")


@admin.register(User)
class UserAdmin(BoundedSearch, DjangoUserAdmin):  # type: ignore[type-arg]
    form = PersonForm
    add_form = UserCreationForm
    actions = ("sign_out", "reset_second_factor")
    list_display = ("email", "name", "extra_time_percent", "is_staff", "date_joined")
    list_filter = ("is_staff", "is_active", "groups")
    search_fields = ("email", "name")
    ordering = ("email",)
    readonly_fields = ("date_joined", "last_login", "terms_accepted_at")
    fieldsets = (
        (None, {"fields": ("email", "password", "name", "time_zone", "extra_time_percent", "break_minutes")}),
        (
            "How pages look to them",
            {"fields": ("theme", "text_size", "high_contrast", "reduced_motion", "single_keys")},
        ),
        ("Rights", {"fields": RIGHTS}),
        ("Dates", {"fields": readonly_fields}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "usable_password", "password1", "password2")}),)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002
        """Whoever sets a password can become that person: not for those who may only grant extra time."""
        if not request.user.is_superuser:
            raise PermissionDenied
        with transaction.atomic():
            answer = super().user_change_password(request, id, form_url)
            if request.method == "POST" and answer.status_code == 302:
                person = User.objects.get(pk=id)
                audit.record(verb=Verb.PASSWORD_SET, by=request.user, target="account", subject=person)
        return answer

    def has_rights_permission(self, request: HttpRequest) -> bool:
        """Named by the actions below."""
        return request.user.is_superuser

    @admin.action(description="Sign out everywhere", permissions=["rights"])
    def sign_out(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for person in queryset:
            browser_sessions.end_all(user=person, by=_admin(request))
        self.message_user(request, "Signed out everywhere.")

    @admin.action(description="Reset the second factor", permissions=["rights"])
    def reset_second_factor(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for person in queryset:
            second_factor.reset(user=person, by=_admin(request))
        self.message_user(
            request, "Passkeys, authenticator app and recovery codes are gone; the password alone opens the account."
        )

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:  # noqa: FBT001  Django's signature
        """Keeps what was before: rights are compared once groups are saved too."""
        before = User.objects.filter(pk=obj.pk).first()
        form.rights_before = roles.rights_of(before) if before else set()
        super().save_model(request, obj, form, change)
        granted = {name: getattr(obj, name) for name in ("extra_time_percent", "break_minutes")}
        if before and any(getattr(before, name) != value for name, value in granted.items()):
            audit.record(
                verb=Verb.EXTRA_TIME_CHANGED, by=_admin(request), target="account", subject=obj, detail=granted
            )

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001  Django's signature
        super().save_related(request, form, formsets, change)
        roles.record_change(user=form.instance, before=form.rights_before, by=_admin(request))

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """People delete themselves, or `manage.py erase_person` does: the admin knows neither files nor sessions."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Who may change people (extra time) may not thereby give anybody, or themselves, more rights."""
        if request.user.is_superuser:
            return self.readonly_fields
        return (*self.readonly_fields, "email", *RIGHTS)

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Only who may set a password sees its field: as a read-only one Django would print the stored hash."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or request.user.is_superuser:
            return fieldsets
        return [
            (title, {"fields": [name for name in options["fields"] if name != "password"]})
            for title, options in fieldsets
        ]


@admin.register(AuditEntry)
class AuditEntryAdmin(BoundedSearch, admin.ModelAdmin):  # type: ignore[type-arg]
    """Looked at by superusers and whoever is given the permission; written elsewhere, changed nowhere."""

    list_display = ("at", "actor", "verb", "target", "subject", "detail")
    list_filter = ("verb", "at")
    list_select_related = ("actor", "subject")
    search_fields = ("actor__email", "actor__name", "subject__email", "subject__name", "target")
    date_hierarchy = "at"
    fields = list_display

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        return False


def _admin(request: HttpRequest) -> User:
    """Whoever is in the admin is signed in."""
    return cast(User, request.user)


admin.site.unregister(Group)


@admin.register(Group)
class RoleAdmin(BoundedSearch, GroupAdmin):
    """Django's own, with a search that takes whatever is sent."""
