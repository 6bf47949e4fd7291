"""People in the admin: rights, and the extra time that an accommodation grants."""

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from accounts.forms import PersonForm
from accounts.models import User

# One door: the admin's own login form would know nothing of allauth's limits on tries.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.site_header = admin.site.site_title = "CIIP Practice"
admin.site.index_title = "Instructors' workshop"

RIGHTS = ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")


class UserCreationForm(AdminUserCreationForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ("email", "name")


@admin.register(User)
class UserAdmin(DjangoUserAdmin):  # type: ignore[type-arg]
    form = PersonForm
    add_form = UserCreationForm
    list_display = ("email", "name", "extra_time_percent", "is_staff", "date_joined")
    list_filter = ("is_staff", "is_active", "groups")
    search_fields = ("email", "name")
    ordering = ("email",)
    readonly_fields = ("date_joined", "last_login", "terms_accepted_at")
    fieldsets = (
        (None, {"fields": ("email", "password", "name", "time_zone", "extra_time_percent", "break_minutes")}),
        ("How pages look to them", {"fields": ("text_size", "high_contrast", "reduced_motion")}),
        ("Rights", {"fields": RIGHTS}),
        ("Dates", {"fields": readonly_fields}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "usable_password", "password1", "password2")}),)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002
        """Whoever sets a password can become that person: not for those who may only grant extra time."""
        if not request.user.is_superuser:
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)

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
