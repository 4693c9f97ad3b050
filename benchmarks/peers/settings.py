"""Settings of the Django peers: the database and the logins of the product, and nothing that they do not need."""

import os

from netflix.settings import *  # noqa: F403

_PEER = os.environ["BENCHMARK_PEER"]  # a module in this package

ROOT_URLCONF = f"benchmarks.peers.{_PEER}"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
# The peer from the tutorial has the middleware of `startproject`; the others have none.
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
