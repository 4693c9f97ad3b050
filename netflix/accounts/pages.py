"""What a person sees in their browser, who comes by a link in an e-mail."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View

from netflix.accounts import email


class VerifyEmailPage(View):
    """Says whose address it would be, and asks: mail programs open links by themselves and must not confirm."""

    def get(self, request: HttpRequest) -> HttpResponse:
        try:
            user = email.whose(request.GET.get("token", ""))
        except email.BadLink:
            return _page(request, "bad", status=400)
        return _page(request, "asked", account=user.username, address=user.email)

    def post(self, request: HttpRequest) -> HttpResponse:
        decide, state = (email.disown, "disowned") if "disown" in request.POST else (email.verify, "done")
        try:
            decide(request.GET.get("token", ""))
        except email.BadLink:
            return _page(request, "bad", status=400)
        return _page(request, state)


def _page(request: HttpRequest, state: str, *, status: int = 200, **shown: str) -> HttpResponse:
    return render(request, "accounts/verify_email.html", {"state": state, **shown}, status=status)
