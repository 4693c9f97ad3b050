"""Of the peers made with Django: the product's database and logins, and of the rest as little as they need."""

import os

from netflix.settings import *  # noqa: F403

# Their application: which of the modules beside this one.
_PEER = os.environ["BENCHMARK_PEER"]

ROOT_URLCONF = f"benchmarks.peers.{_PEER}"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
# The tutorial's has what `startproject` puts there; the others have nothing that could be left out.
MIDDLEWARE = (
    [
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ]
    if _PEER == "modelviewset"
    else []
)
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["knox.auth.TokenAuthentication"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
}
