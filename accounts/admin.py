"""People in the admin: rights, and the extra time that an accommodation grants."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.http import HttpRequest

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
    form = UserChangeForm
    add_form = UserCreationForm
    list_display = ("email", "name", "extra_time_percent", "is_staff", "date_joined")
    list_filter = ("is_staff", "is_active", "groups")
    search_fields = ("email", "name")
    ordering = ("email",)
    readonly_fields = ("date_joined", "last_login", "terms_accepted_at")
    fieldsets = (
        (None, {"fields": ("email", "password", "name", "time_zone", "extra_time_percent")}),
        ("Rights", {"fields": RIGHTS}),
        ("Dates", {"fields": readonly_fields}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "usable_password", "password1", "password2")}),)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Who may change people (extra time) may not thereby give anybody, or themselves, more rights."""
        if request.user.is_superuser:
            return self.readonly_fields
        return (*self.readonly_fields, "email", "password", *RIGHTS)
