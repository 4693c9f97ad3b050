"""All URLs of the service."""

from django.contrib import admin
from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

import movies.urls
import ranking.serializers
import ranking.statements
import ranking.urls
import reminder.serializers
import reminder.statements
import reminder.urls
import support.selectors
from movies import posters
from movies.downloads import poster_file
from movies.lists import ViewerMembers
from movies.rows import ViewerFlags
from netflix.accounts.pages import ForgotPasswordPage, ResetPasswordPage, VerifyEmailPage
from netflix.api import health, root
from netflix.api.front_page import FrontPage
from netflix.api.openapi import SchemaView
from netflix.documentation.pages import DocsPage, TryPage
from ranking.views import like_button
from reminder.views import reminder_button, watched_button

# What contexts add to a movie's details: see ADR 5.
viewer_members = [
    ViewerMembers(ranking.statements.viewer_facts, ranking.serializers.ViewerFactsSerializer, [like_button]),
    ViewerMembers(
        reminder.statements.viewer_facts, reminder.serializers.ViewerFactsSerializer, [reminder_button, watched_button]
    ),
]
# And to films in lists.
viewer_flags = ViewerFlags({**ranking.statements.VIEWER_LISTS, **reminder.statements.VIEWER_LISTS})
api: list[URLPattern | URLResolver] = [
    path("", root.ApiRoot.as_view(), name="api-root"),
    path("", include("netflix.accounts.urls")),
    path("", include("netflix.notices.urls")),
    *movies.urls.urls(viewer_members=viewer_members, viewer_flags=viewer_flags),
    *ranking.urls.urls(viewer_flags=viewer_flags),
    *reminder.urls.urls(viewer_flags=viewer_flags),
    path("", include("support.urls")),
]
urlpatterns = [
    path("", FrontPage.as_view(), name="front-page"),
    path("api/v1/", include(api)),
    path("api/schema/", SchemaView.as_view(), name="schema"),
    path("api/docs/", DocsPage.as_view(), name="docs"),
    path("api/docs/try/", TryPage.as_view(), name="docs-try"),
    path("api/session/", include("rest_framework.urls")),
    path("verify-email/", VerifyEmailPage.as_view(), name="verify-email-page"),
    path("forgot-password/", ForgotPasswordPage.as_view(), name="admin_password_reset"),  # the admin then links to it
    path("reset-password/", ResetPasswordPage.as_view(), name="reset-password-page"),
    path("admin/", admin.site.urls),
    path(f"{posters.FOLDER}/<str:file>", poster_file, name="poster-file"),
    path("favicon.ico", RedirectView.as_view(url=static("netflix/icon.svg"))),
    path("healthz", health.live),
    path("readyz", health.ready, {"warnings": support.selectors.warnings}),
]
handler400 = "netflix.api.errors.bad_request"
handler403 = "netflix.api.errors.forbidden"
handler404 = "netflix.api.errors.not_found"
handler500 = "netflix.api.errors.server_error"
