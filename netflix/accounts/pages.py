"""The page that a verification link opens."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View

from netflix.accounts import email


class VerifyEmailPage(View):
    """Asks before it verifies: mail programs open links by themselves, so GET must not change anything."""

    def get(self, request: HttpRequest) -> HttpResponse:
        try:
            user = email.whose(request.GET.get("token", ""))
        except email.BadLink:
            return _page(request, "bad", status=400)
        return _page(request, "confirm", account=user.username, address=user.email)

    def post(self, request: HttpRequest) -> HttpResponse:
        write, state = (email.disown, "disowned") if "disown" in request.POST else (email.verify, "done")
        try:
            write(request.GET.get("token", ""))
        except email.BadLink:
            return _page(request, "bad", status=400)
        return _page(request, state)


def _page(request: HttpRequest, state: str, *, status: int = 200, **context: str) -> HttpResponse:
    return render(request, "accounts/verify_email.html", {"state": state, **context}, status=status)
