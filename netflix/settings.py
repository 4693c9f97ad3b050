"""Every setting of the project, read from the environment (or a `.env` file beside manage.py).

`manage.py` makes sure that DATABASE_URL and REDIS_URL are set, to your servers or the embedded ones.
"""

from datetime import timedelta
from ipaddress import ip_address
from urllib.parse import unquote

import environ
from csp import constants as csp
from django.core.exceptions import ImproperlyConfigured

from netflix import environment
from netflix.documentation.configuration import schema_settings
from netflix.environment import BASE_DIR, boolean, integer, parse_url, rate, required, text
from netflix.logs import logging_configuration
from netflix.schedule import routes, schedule
from netflix.secrets import installation_secret
from netflix.storages import storages

# --- Paths and URLs ---------------------------------------------------------------------------------

DATA_DIR = environment.folder("DATA_DIR", default=BASE_DIR / "var")
HOST = environment.listening_address("HOST", default="127.0.0.1")
PORT = integer("PORT", default=8000, minimum=1, maximum=65535)
# The path that all URLs begin with. X-Forwarded-Prefix is not read: links in e-mails are made without a request,
# and a client that sends the header past the proxy could change links.
PATH_PREFIX = environment.path_prefix("PATH_PREFIX")
FORCE_SCRIPT_NAME = PATH_PREFIX or None
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = f"{PATH_PREFIX}/"
ROOT_URLCONF = "netflix.urls"
WSGI_APPLICATION = "netflix.wsgi.application"
STATIC_URL = f"{PATH_PREFIX}/static/"
# The beginning of uploaded posters' URLs, if it is not ours: movies/posters.py.
POSTERS_URL = environment.optional_url("POSTERS_URL")

# --- Security ---------------------------------------------------------------------------------------

DEBUG = boolean("DEBUG", default=False)
# Generated for each installation, so that the repository contains no key.
try:
    SECRET_KEY = text("SECRET_KEY") or installation_secret(DATA_DIR, "secret_key")
except OSError as error:
    raise ImproperlyConfigured(f"No secret key can be kept in DATA_DIR='{DATA_DIR}': {error.strerror}.") from error
# Always with the names of this machine, which its health checks use.
_own_host = environment.host_for_url(HOST)
ALLOWED_HOSTS = [*environment.hosts("ALLOWED_HOSTS"), *dict.fromkeys(["localhost", "127.0.0.1", "[::1]", _own_host])]
CSRF_TRUSTED_ORIGINS = environment.origins("CSRF_TRUSTED_ORIGINS")
# Pages of which other origins may call the API: netflix/api/cors.py. Unset, those of this machine, as long as nothing
# else can reach us.
CORS_ORIGINS = environment.cors_origins("CORS_ORIGINS")
CORS_LOCAL = not CORS_ORIGINS and ip_address(HOST).is_loopback
HTTPS = boolean("HTTPS", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [rf"^{PATH_PREFIX[1:]}/?(healthz|readyz)$"]  # health checks use plain HTTP
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
# How long browsers use only HTTPS after a visit. A month covers occasional visitors, and is short enough if this host
# must go back to plain HTTP.
_hsts_seconds = integer("HSTS_SECONDS", default=30 * 24 * 3600, maximum=10 * 365 * 24 * 3600)
SECURE_HSTS_SECONDS = _hsts_seconds if HTTPS else 0
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [csp.SELF],
        "img-src": [csp.SELF, "data:", *environment.origins_of(POSTERS_URL)],
        "object-src": [csp.NONE],
        "base-uri": [csp.NONE],
        "form-action": [csp.SELF],
        "frame-ancestors": [csp.NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024  # bytes; the largest API body
# How long a body may take to arrive. A megabyte in ten seconds is 0.8 Mbit/s.
BODY_TIMEOUT_SECONDS = integer("BODY_TIMEOUT_SECONDS", default=10, minimum=1)
# POSTER_BYTES: the largest poster. ATTACHMENT_BYTES: the largest file of a ticket; the other two are how many files one
# reply and one ticket may have. BODY_LIMITS_BY_PATH: the paths that accept bodies beyond DATA_UPLOAD_MAX_MEMORY_SIZE,
# each with its limit in bytes. Such a body may take longer to arrive, in proportion to its limit.
POSTER_BYTES = 5 * 1024 * 1024
ATTACHMENT_BYTES, ATTACHMENTS_PER_REPLY, ATTACHMENTS_PER_TICKET = 5 * 1024 * 1024, 3, 30
BODY_LIMITS_BY_PATH = {
    r"/api/v1/movies/\d+/poster/": POSTER_BYTES + DATA_UPLOAD_MAX_MEMORY_SIZE,
    r"/admin/movies/movie/(add|\d+/change)/": POSTER_BYTES + DATA_UPLOAD_MAX_MEMORY_SIZE,
    r"/api/v1/tickets/[^/]+/attachments/": ATTACHMENT_BYTES + DATA_UPLOAD_MAX_MEMORY_SIZE,
    r"/admin/support/ticket/\d+/change/": ATTACHMENTS_PER_REPLY * ATTACHMENT_BYTES + DATA_UPLOAD_MAX_MEMORY_SIZE,
}
# How many proxies write X-Forwarded-For; with 0 the header is ignored.
TRUSTED_PROXIES = integer("TRUSTED_PROXIES", default=0)

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # first: a lock-out comes before the password check
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
# The paths whose POSTs check or hash a password, which is slow on purpose: they have their own thread. The paths that
# send a link for a forgotten password, and the page that verifies an e-mail address, do neither; they are listed
# because they have the same rate limit.
PASSWORD_PATHS = (
    "/api/v1/auth/login/",
    "/api/v1/auth/register/",
    "/api/v1/auth/password/change/",
    "/api/v1/auth/password/reset/",
    "/api/v1/auth/password/reset/confirm/",
    "/api/v1/auth/email/change/",
    "/api/session/login/",
    "/admin/login/",
    "/admin/password_change/",
    "/forgot-password/",
    "/reset-password/",
    "/verify-email/",
)
PASSWORD_RESET_TIMEOUT = 3600  # seconds that a link for a forgotten password works
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "api-root"
REST_KNOX = {
    "AUTH_HEADER_PREFIX": "Bearer",
    "TOKEN_TTL": timedelta(hours=integer("TOKEN_HOURS", default=24 * 14, minimum=1)),
    "TOKEN_LIMIT_PER_USER": None,
}
AXES_FAILURE_LIMIT = integer("LOGIN_ATTEMPTS", default=10, minimum=1)
AXES_COOLOFF_TIME = timedelta(minutes=integer("LOGIN_LOCKOUT_MINUTES", default=15, minimum=1))
# Username and address together, so that nobody can lock another user out.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_CALLABLE = "netflix.accounts.lockout.name_of"
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "netflix.accounts.lockout.address_of"
AXES_LOCKOUT_CALLABLE = "netflix.accounts.lockout.locked_out"
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False

# --- Applications -----------------------------------------------------------------------------------

INSTALLED_APPS = [
    "netflix",
    "netflix.accounts",
    "netflix.notices",
    "netflix.idempotency",
    "movies",
    "ranking",
    "reminder",
    "support",
    "netflix.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "rest_framework",
    "django_filters",
    "knox",
    "axes",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_structlog",
]
MIDDLEWARE = [
    "netflix.api.middleware.RefusePlainHTTP",  # before SecurityMiddleware redirects
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "netflix.api.middleware.PermissionsPolicy",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "netflix.api.middleware.ClientAddress",
    "django_structlog.middlewares.RequestMiddleware",
    "netflix.api.middleware.RefuseUnreadable",
    "netflix.api.throttles.RateLimits",
    "netflix.api.middleware.ConditionalRequests",
    "netflix.api.middleware.PrivateByDefault",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "axes.middleware.AxesMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
WHITENOISE_USE_FINDERS = True  # without collectstatic
WHITENOISE_MAX_AGE = 3600

# --- Data -------------------------------------------------------------------------------------------

required(
    "DATABASE_URL",
    "Start through manage.py, which brings its own PostgreSQL, or point it at yours, "
    "for example postgres://user:password@localhost:5432/netflix",
)
DATABASES = {"default": parse_url("DATABASE_URL", environ.Env.db_url_config)}
if DATABASES["default"].get("ENGINE") != "django.db.backends.postgresql" or not DATABASES["default"]["NAME"]:
    raise ImproperlyConfigured("DATABASE_URL must name a PostgreSQL database: postgres://user:password@host:5432/name")
DATABASES["default"] |= {
    "HOST": unquote(DATABASES["default"]["HOST"]),  # a socket's folder is written as %2Fpath
    "CONN_MAX_AGE": 600,
    "CONN_HEALTH_CHECKS": True,
}
# A pooler in transaction mode, such as PgBouncer: startup options and cursors beyond a transaction do not work.
_pooler = boolean("DATABASE_POOLER", default=False)
DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = _pooler
# A server whose machine or network has failed is given up after about ten seconds; by default TCP waits for a quarter
# of an hour.
DATABASES["default"]["OPTIONS"] = {
    "connect_timeout": 10,
    "keepalives_idle": 4,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,  # milliseconds
} | DATABASES["default"].get("OPTIONS", {})
# The longest a statement may take in a process that answers requests (netflix/wsgi.py), and half of that for a lock.
# JIT and parallel workers are off: PostgreSQL pays for them even in branches of a plan that never run. Our prepared
# statements have one good plan for all values. Other processes, such as imports, have no timeout. Behind a pooler the
# database role has these settings instead: docs/deploying.md.
_timeout = integer("STATEMENT_TIMEOUT_SECONDS", default=5, maximum=86_400)
# After how many seconds the event loop answers 503, if PostgreSQL does not enforce the timeout; None: never.
QUERY_DEADLINE_SECONDS = _timeout + 0.5 if _timeout else None
if environment.is_web_process and _timeout and not _pooler:
    _options = DATABASES["default"]["OPTIONS"]
    _options["options"] = (
        f"{_options.get('options', '')} -c statement_timeout={_timeout * 1000} -c lock_timeout={_timeout * 500}"
        " -c jit=off -c max_parallel_workers_per_gather=0 -c plan_cache_mode=force_generic_plan"
    )
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = environment.redis_url(
    "REDIS_URL",
    "Start through manage.py, which brings its own Redis, or point it at yours, for example redis://localhost:6379/0",
)
# Seconds that a request waits for Redis, which normally answers within a millisecond.
REDIS_PATIENCE = 0.3
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "netflix",
        "OPTIONS": {"socket_timeout": REDIS_PATIENCE, "socket_connect_timeout": REDIS_PATIENCE},
    }
}

# --- Files ------------------------------------------------------------------------------------------

STORAGES = storages(DATA_DIR)

# --- Technical support ------------------------------------------------------------------------------

SUPPORT_QUEUE = "technical-support"  # with its own worker, so that other tasks do not delay tickets
# The worker's scheduled tasks have their own queue: Celery alternates between the two, so that scheduled tasks that
# piled up do not delay tickets.
SUPPORT_CLOCK_QUEUE = "technical-support-clock"
# How often the relay looks for tickets that were not published when they were opened.
SUPPORT_RELAY_SECONDS = 2.0
# How often a message shows that the worker runs, and after how many seconds without one it counts as unavailable.
SUPPORT_HEARTBEAT_SECONDS = 10.0
SUPPORT_AWAY_AFTER = 60
# How long a ticket may be on the queue before it is published again. One worker handles about 100 a second, so tickets
# in flight wait for a few seconds, longer on slow machines. Publishing too early is harmless.
SUPPORT_LEASE = timedelta(seconds=integer("SUPPORT_LEASE_SECONDS", default=30, minimum=1))
# How many tickets may be on the queue at once. More would wait there for longer than a lease, and be published again.
SUPPORT_IN_FLIGHT = 500
# Five attempts, with about 5, 10, 20 and 40 seconds between them, are enough for a restart of PostgreSQL.
SUPPORT_ATTEMPTS = 5
SUPPORT_RETRY_AFTER = timedelta(seconds=integer("SUPPORT_RETRY_SECONDS", default=5, minimum=1))
# How long the consumer waits for a lock on a customer or a ticket, before it continues with the next ticket.
SUPPORT_LOCK_SECONDS = 5
# The bytes that all files of one customer may take.
SUPPORT_ATTACHMENT_QUOTA = integer("SUPPORT_ATTACHMENT_QUOTA_MB", default=100) * 1024 * 1024
# Messages to technical support are private: by default only their length is logged.
SUPPORT_LOG_MESSAGES = boolean("SUPPORT_LOG_MESSAGES", default=False)

# --- Background work --------------------------------------------------------------------------------

# Celery itself also reads this environment variable, and prefers it.
CELERY_BROKER_URL = text("CELERY_BROKER_URL", default=REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
_broker_timeouts = ["socket_timeout", "socket_connect_timeout"]
if CELERY_BROKER_URL.startswith(("amqp://", "amqps://")):
    CELERY_BROKER_TRANSPORT_OPTIONS = {}
    _broker_timeouts = ["connect_timeout", "read_timeout", "write_timeout"]
elif CELERY_BROKER_URL == REDIS_URL or CELERY_BROKER_URL.startswith(("redis://", "rediss://")):
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "visibility_timeout": 300,  # seconds; only imports take longer, and a second delivery of one does nothing
        "unacked_restore_interval": 2,  # seconds between searches for tasks whose visibility timeout has passed
        "unacked_restore_throttle": 1,  # at every interval, not at every tenth
        "socket_timeout": 10,
        "socket_connect_timeout": 5,
    }
else:
    raise ImproperlyConfigured(
        "CELERY_BROKER_URL must name RabbitMQ or Redis: amqp://user:password@host:5672// or redis://host:6379/1"
    )
# Transport options for requests, which publish once and wait for the broker as long as for Redis.
BROKER_PATIENCE = dict.fromkeys(_broker_timeouts, REDIS_PATIENCE) | {"max_retries": 0}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE = schedule(relay_seconds=SUPPORT_RELAY_SECONDS, heartbeat_seconds=SUPPORT_HEARTBEAT_SECONDS)
# Imports and nightly tasks on the whole catalogue have their own worker, so that they do not delay e-mails.
IMPORT_QUEUE = "imports"
# How many films an import loads at most; None: all.
MAX_MOVIES = integer("MAX_MOVIES", default=1, minimum=1) if text("MAX_MOVIES") else None
CELERY_TASK_ROUTES = routes(imports=IMPORT_QUEUE, support=SUPPORT_QUEUE, support_clock=SUPPORT_CLOCK_QUEUE)

# --- Rankings ---------------------------------------------------------------------------------------

# Hours after which a like has half its weight in `trending`, for each window. After a change run
# `manage.py rebuild_ranking`.
_half_life = integer("TRENDING_HALF_LIFE_HOURS", default=72, minimum=1)
TRENDING_HALF_LIVES = {"day": _half_life / 6, "week": float(_half_life), "month": _half_life * 4.0}

# --- E-mail -----------------------------------------------------------------------------------------

# Printed on the console unless EMAIL_URL is set, for example to smtp+tls://user:password@mail.example.com:587
globals().update(parse_url("EMAIL_URL", environ.Env.email_url_config, default="consolemail://"))
EMAIL_TIMEOUT = 20  # seconds
# The beginning of links in e-mails and notices.
PUBLIC_URL = environment.public_url("PUBLIC_URL", default=f"http://{_own_host}:{PORT}", path_prefix=PATH_PREFIX)
# The pages that links in e-mails open: ours, or those of a front end, which finds the token behind the #.
PASSWORD_RESET_URL = environment.page_url("PASSWORD_RESET_URL", default=f"{PUBLIC_URL}/reset-password/")
EMAIL_CONFIRM_URL = environment.page_url("EMAIL_CONFIRM_URL", default=f"{PUBLIC_URL}/verify-email/")
DEFAULT_FROM_EMAIL = SERVER_EMAIL = environment.mail_sender("EMAIL_FROM", default="netflix@localhost")
EMAIL_DOMAIN = DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")

# --- API --------------------------------------------------------------------------------------------

# Counted in Redis: a user's writes, or those of an address without a login ("write"); writes of many films, by a limit
# of their own ("many"); an address's requests to PASSWORD_PATHS ("login"); links to an e-mail address, separately for
# each purpose ("email"). Counted in each process: an address's reads ("read").
THROTTLE_RATES = {
    "write": rate("THROTTLE_WRITES", "120/min"),
    "many": rate("THROTTLE_MANY", "12/min"),
    "login": rate("THROTTLE_LOGINS", "20/min"),
    "read": rate("THROTTLE_READS", "3000/min"),
    "email": rate("THROTTLE_EMAILS", "3/day"),
}
if not boolean("THROTTLES", default=True):
    THROTTLE_RATES = {}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "netflix.accounts.authentication.BearerTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAdminUser"],  # deny unless a view allows
    "DEFAULT_RENDERER_CLASSES": [
        "netflix.api.renderers.OrjsonRenderer",
        "netflix.api.browsable.BrowsableRenderer",
    ],
    "DEFAULT_PARSER_CLASSES": [
        "netflix.api.parsers.OrjsonParser",
        "rest_framework.parsers.FormParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_PAGINATION_CLASS": "netflix.api.pagination.KeysetPagination",
    "DEFAULT_SCHEMA_CLASS": "netflix.api.schema.ApiAutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["netflix.api.throttles.WriteThrottle"],
    "DEFAULT_METADATA_CLASS": "netflix.api.metadata.MetadataWithoutActions",
    "EXCEPTION_HANDLER": "netflix.api.errors.problem_response",
    "NUM_PROXIES": 0,  # the middleware ClientAddress sets REMOTE_ADDR
    "URL_FORMAT_OVERRIDE": None,  # only the Accept header selects the format
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = schema_settings(PUBLIC_URL, PATH_PREFIX)

# --- Language and time ------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
USE_I18N = False
TIME_ZONE = "UTC"
USE_TZ = True

# --- Logs -------------------------------------------------------------------------------------------

LOG_FORMAT = environment.choice("LOG_FORMAT", ("text", "json"), default="text")
LOG_LEVEL = environment.choice("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"), default="INFO")
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_TRUST_UPSTREAM_REQUEST_ID = True  # netflix/bridge.py has checked it, or made it
LOGGING = logging_configuration(LOG_FORMAT, LOG_LEVEL)
