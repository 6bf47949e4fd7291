from django.contrib import admin
from django.urls import include, path
from django.views.generic import TemplateView

from ciip_site import views
from ciip_site.watching import views as watching
from exams.views import pages

urlpatterns = [
    path("", pages.home, name="home"),
    path("samples/", pages.samples, name="samples"),
    path("about/", pages.about, name="about"),
    path("terms/", TemplateView.as_view(template_name="pages/terms.html"), name="terms"),
    path("privacy/", pages.privacy, name="privacy"),
    path("workshop/health/", watching.health_page, name="health"),
    path("", include("questions.urls")),
    path("", include("exams.urls")),
    path("account/", include("accounts.urls")),
    path("account/", include("allauth.account.urls")),
    path("account/second-factor/", include("allauth.mfa.urls")),
    path("account/sessions/", include("allauth.usersessions.urls")),
    path("admin/", admin.site.urls),
    path("healthz", views.healthz),
    path("readyz", views.readyz),
    path("metrics", watching.metrics),
]
