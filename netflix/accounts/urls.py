from django.urls import path

from netflix.accounts import views

urlpatterns = [
    path("auth/register/", views.RegisterView.as_view(), name="register"),
    path("auth/login/", views.LoginView.as_view(), name="login"),
    path("auth/logout/", views.LogoutView.as_view(), name="logout"),
    path("auth/verify-email/", views.VerifyEmailView.as_view(), name="verify-email"),
    path("auth/verify-email/send/", views.SendEmailLinkView.as_view(), name="send-email-link"),
    path("auth/me/", views.MeView.as_view(), name="me"),
]
