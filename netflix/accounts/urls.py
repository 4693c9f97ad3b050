from django.urls import path

from netflix.accounts import views

urlpatterns = [
    path("auth/register/", views.RegisterView.as_view(), name="register"),
    path("auth/login/", views.LoginView.as_view(), name="login"),
    path("auth/logout/", views.LogoutView.as_view(), name="logout"),
    path("auth/logins/", views.LoginListView.as_view(), name="login-list"),
    path("auth/logins/<int:login_id>/", views.LoginDetailView.as_view(), name="one-login"),
    path("auth/password/change/", views.ChangePasswordView.as_view(), name="change-password"),
    path("auth/password/reset/", views.ForgottenPasswordView.as_view(), name="forgot-password"),
    path("auth/password/reset/confirm/", views.ResetPasswordView.as_view(), name="reset-password"),
    path("auth/email/change/", views.ChangeEmailView.as_view(), name="change-email"),
    path("auth/verify-email/", views.VerifyEmailView.as_view(), name="verify-email"),
    path("auth/verify-email/send/", views.SendEmailLinkView.as_view(), name="send-email-link"),
    path("auth/me/", views.MeView.as_view(), name="me"),
]
