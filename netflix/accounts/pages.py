"""Pages for a forgotten password and for the links in e-mails.

They need no JavaScript, and no token is part of an address that is logged.
"""

from typing import Any, ClassVar

from csp import constants as policy
from csp.decorators import csp
from django.contrib.auth.forms import PasswordResetForm, SetPasswordForm
from django.core.validators import MaxLengthValidator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from netflix.accounts import email_addresses, passwords
from netflix.accounts.links import BAD_LINK, BadLink
from netflix.accounts.serializers import MAX_PASSWORD_LENGTH

_POLICY = {
    "default-src": [policy.NONE],
    "base-uri": [policy.NONE],
    "form-action": [policy.SELF],
    "frame-ancestors": [policy.NONE],
    "img-src": [policy.SELF],
    "script-src": [policy.SELF],
    "style-src": [policy.SELF],
}


@method_decorator([never_cache, csp(_POLICY)], name="dispatch")
class Page(View):
    title: ClassVar[str]
    template: ClassVar[str]

    def page(self, request: HttpRequest, template: str = "", *, status: int = 200, **context: Any) -> HttpResponse:
        return render(request, template or self.template, {"title": self.title, **context}, status=status)


class ForgotPasswordPage(Page):
    """Sends a link for a new password. The answer is the same whether an account has the address or not."""

    title = "Forgot your password?"
    template = "accounts/forgot_password.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page(request, state="ask", form=PasswordResetForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = PasswordResetForm(request.POST)
        if not form.is_valid():
            return self.page(request, state="ask", status=400, form=form)
        try:
            passwords.queue_reset_link(form.cleaned_data["email"])
        except email_addresses.TooManyLinks:
            return self.page(request, state="too often", status=429)
        return self.page(request, state="sent", address=form.cleaned_data["email"])


class LinkPage(Page):
    """A page for the token of a link.

    GET shows a field for the token. A script copies the token from behind the `#` of the address and sends the form;
    without JavaScript a person pastes it. The first POST only asks what to do: mail programs open links by themselves,
    so opening one must not change anything.
    """

    ask_again: ClassVar[str] = ""  # the name of a page that sends another link

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page(request, "accounts/open_link.html")

    def post(self, request: HttpRequest) -> HttpResponse:
        token = request.POST.get("token", "").strip()
        try:
            return self.answer(request, token)
        except BadLink:
            return self.page(request, "accounts/bad_link.html", status=400, reason=BAD_LINK, ask_again=self.ask_again)

    def answer(self, request: HttpRequest, token: str) -> HttpResponse:
        """Raises BadLink."""
        raise NotImplementedError


class VerifyEmailPage(LinkPage):
    title = "Confirm your e-mail address"
    template = "accounts/verify_email.html"

    def answer(self, request: HttpRequest, token: str) -> HttpResponse:
        if "confirm" in request.POST:
            email_addresses.verify(token)
            return self.page(request, state="done")
        if "disown" in request.POST:
            email_addresses.remove_address(token)
            return self.page(request, state="disowned")
        user, address = email_addresses.user_of_link(token)
        return self.page(request, state="confirm", account=user.username, address=address, token=token)


class NewPasswordForm(SetPasswordForm):
    """Django's, with the longest password that the API accepts."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        for field in self.fields.values():
            field.validators.append(MaxLengthValidator(MAX_PASSWORD_LENGTH))


class ResetPasswordPage(LinkPage):
    ask_again = "admin_password_reset"
    title = "Choose a new password"
    template = "accounts/reset_password.html"

    def answer(self, request: HttpRequest, token: str) -> HttpResponse:
        user = passwords.user_of_link(token)
        form = NewPasswordForm(user, request.POST if "new_password1" in request.POST else None)
        if form.is_valid():
            passwords.reset(token, password=form.cleaned_data["new_password1"])
            return self.page(request, state="done", account=user.username)
        status = 400 if form.is_bound else 200
        return self.page(request, state="choose", status=status, form=form, account=user.username, token=token)
