from django.urls import path

from accounts import views

app_name = "accounts"

urlpatterns = [
    path("settings/", views.settings, name="settings"),
    path("settings/display/", views.display, name="display"),
    path("sessions/<int:pk>/end/", views.end_session, name="end_session"),
    path("settings/notifications/", views.notifications, name="notifications"),
    # Everything there, so that what cannot be a token is answered as one that is unknown.
    path("mail/off/<path:token>/", views.mail_off, name="mail_off"),
]
