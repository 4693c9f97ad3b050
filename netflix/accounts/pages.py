"""What a person sees in their browser, who comes by a link in an e-mail."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View

from netflix.accounts import email


class VerifyEmailPage(View):
    """A button: mail programs open links by themselves, and must not confirm anything by that."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "accounts/verify_email.html", {"state": "asked"})

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            email.verify(request.GET.get("token", ""))
        except email.BadLink:
            return render(request, "accounts/verify_email.html", {"state": "bad"}, status=400)
        return render(request, "accounts/verify_email.html", {"state": "done"})
