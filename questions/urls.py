from django.urls import path

from questions import views

app_name = "questions"
urlpatterns = [
    path("exhibits/<slug:digest>.<slug:extension>", views.exhibit, name="exhibit"),
]
