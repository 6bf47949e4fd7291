"""All settings, from the environment only; README.md lists every variable.

Without DATABASE_URL and REDIS_URL the site runs embedded: SQLite under VAR_DIR and Celery tasks in the
web process. With them the same code runs on PostgreSQL, Redis and many processes.
"""

import contextlib
import os
import secrets
from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from kombu import Queue

from ciip_site import env, queues

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.text("VAR_DIR", str(BASE_DIR / "var")))
DATABASE_URL = env.text("DATABASE_URL")
# A copy for long reports (accounts.replica).
REPLICA_DATABASE_URL = env.text("REPLICA_DATABASE_URL")
REDIS_URL = env.text("REDIS_URL")
DEBUG = env.flag("DEBUG", default=False)
HTTPS = env.flag("HTTPS", default=False)


MAKE_A_KEY = 'Make one with: python3 -c "import secrets; print(secrets.token_urlsafe(50))"'


def _secret_key() -> str:
    """The key from the environment; embedded installations make their own once and keep it under VAR_DIR."""
    if key := env.text("SECRET_KEY"):
        if DATABASE_URL or HTTPS:
            env.refuse_weak_key(key, MAKE_A_KEY)
        return key
    if DATABASE_URL:
        raise ImproperlyConfigured(f"SECRET_KEY is not set. {MAKE_A_KEY}")
    path = VAR_DIR / "secret_key"
    if not path.exists():
        VAR_DIR.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(50), encoding="ascii")
        # link() fails where the file exists: of two processes that start together, both read the first one's key.
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_text(encoding="ascii")


SECRET_KEY = _secret_key()
# Former keys: what they signed and sealed stays readable while a new key is taking over.
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
# How people reach the site, for mails that no request leads to.
_HOST = ALLOWED_HOSTS[0] if ALLOWED_HOSTS else "localhost"
_PORT = "" if DATABASE_URL or HTTPS else f":{env.integer('PORT', 8000)}"
SITE_URL = env.text("SITE_URL", f"{'https' if HTTPS else 'http'}://{_HOST}{_PORT}").rstrip("/")

INSTALLED_APPS = [
    "accounts",
    "questions",
    "exams",
    "ciip_site",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
]

MIDDLEWARE = [
    "ciip_site.watching.middleware.WatchMiddleware",
    "accounts.middleware.SecretAddressMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.PersonalPageMiddleware",
    "accounts.middleware.TimeZoneMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.SecondFactorMiddleware",
    "ciip_site.door_limits.DoorLimitMiddleware",
]

ROOT_URLCONF = "ciip_site.urls"
WSGI_APPLICATION = "ciip_site.wsgi.application"
ASGI_APPLICATION = "ciip_site.asgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "exams.context_processors.open_mock",
            ],
        },
    },
]

# --- Database -------------------------------------------------------------------------------------------------
if DATABASE_URL:
    DATABASES: dict[str, Any] = {
        "default": dj_database_url.parse(DATABASE_URL, conn_max_age=env.integer("CONN_MAX_AGE", 60))
    }
    if REPLICA_DATABASE_URL:
        DATABASES["replica"] = dj_database_url.parse(REPLICA_DATABASE_URL, conn_max_age=env.integer("CONN_MAX_AGE", 60))
    for _database in DATABASES.values():
        # Transaction-pooling proxies such as PgBouncer cannot carry server-side cursors.
        _database["DISABLE_SERVER_SIDE_CURSORS"] = True
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": VAR_DIR / "ciip.sqlite3",
            "CONN_MAX_AGE": 60,
            "OPTIONS": {
                # A deferred transaction that reads and then writes can fail with "database is locked";
                # IMMEDIATE takes the write lock at BEGIN and so stands in for row locks.
                "transaction_mode": "IMMEDIATE",
                "timeout": 10,
                # FULL: an acknowledged answer survives a power cut.
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
            },
        }
    }
DATABASE_ROUTERS = ["accounts.replica.Router"]
# How long `migrate` waits for a table on PostgreSQL, while everybody who comes after it waits too.
MIGRATE_LOCK_SECONDS = env.integer("MIGRATE_LOCK_SECONDS", 5, least=1)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Seconds that a search for parallel forms may take, and as many again to find out why there are none.
FORM_BUILD_SECONDS = env.integer("FORM_BUILD_SECONDS", 60, least=1)

# --- Cache, sessions, tasks -------------------------------------------------------------------------------------
if REDIS_URL:
    CACHES: dict[str, Any] = {
        "default": {
            "BACKEND": "django_redis.cache.RedisCache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": "ciip",
            # Redis may be absent or flushed during an exam: a failed read is a miss, a failed write is dropped.
            "OPTIONS": {"IGNORE_EXCEPTIONS": True, "SOCKET_CONNECT_TIMEOUT": 0.25, "SOCKET_TIMEOUT": 0.5},
        }
    }
    DJANGO_REDIS_LOG_IGNORED_EXCEPTIONS = True
    SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
else:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": "cache",
            # Counting renews this; no count may end before its window does, nor be crowded out by other people's.
            "TIMEOUT": 3600,
            "OPTIONS": {"MAX_ENTRIES": 20_000},
        },
    }
    SESSION_ENGINE = "django.contrib.sessions.backends.db"
# The exam room renews the session, so that nobody is signed out in the middle of an exam.
SESSION_COOKIE_AGE = 14 * 24 * 3600

CELERY_BROKER_URL = REDIS_URL or "memory://"
CELERY_TASK_ALWAYS_EAGER = not REDIS_URL
CELERY_TASK_EAGER_PROPAGATES = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_DEFAULT_QUEUE = queues.DEFAULT
CELERY_TASK_QUEUES = [Queue(name) for name in queues.IN_ORDER]
CELERY_TASK_ROUTES = {task: {"queue": name} for task, name in queues.OF_TASKS.items()}
# No task takes longer; one that does is told to end, and half a minute later ended.
LONGEST_TASK_SECONDS = max(600, 3 * FORM_BUILD_SECONDS)
CELERY_TASK_SOFT_TIME_LIMIT = LONGEST_TASK_SECONDS
CELERY_TASK_TIME_LIMIT = LONGEST_TASK_SECONDS + 30
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Queueing never keeps a candidate waiting: half a second, no retries; what is not queued is swept up.
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
    # Queues are emptied in their order.
    "queue_order_strategy": "priority",
    # What is not done by then is handed to another worker: longer than the longest task.
    "visibility_timeout": LONGEST_TASK_SECONDS + 60,
    "socket_connect_timeout": 0.5,
    "socket_timeout": 5,
    "max_retries": 0,
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = {
    # At a common deadline pages ask, too; one that comes late would only do again what the next one does.
    "sweep-attempts": {"task": "exams.tasks.sweep_attempts", "schedule": 5.0, "options": {"expires": 5}},
    "sweep-all": {"task": "exams.tasks.sweep_attempts", "schedule": 3600.0, "kwargs": {"everything": True}},
    # Each hour it is morning somewhere.
    "remind-people": {"task": "exams.tasks.remind_people", "schedule": 3600.0},
    "retain": {"task": "exams.tasks.retain", "schedule": 3600.0},
}

# --- Accounts ---------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
# A class signs in within a minute: the first is as strong as OWASP asks and takes a tenth of the second's time.
PASSWORD_HASHERS = [
    "accounts.hashers.Argon2idHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("name", "email")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "accounts.password_words.SiteWordsValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "accounts.forms.SignupForm"
ACCOUNT_EMAIL_VERIFICATION = env.text("EMAIL_VERIFICATION", "optional")
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_SESSION_REMEMBER = True
# Whoever finds a browser signed in must not move the account to an address of their own.
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "CIIP Practice: "
# Tries are counted in the shared cache. What can be guessed is limited for each account: five failures in five minutes
# lock. Limits by address are loose, because a whole class may sit behind one.
ACCOUNT_RATE_LIMITS = {
    "login": "300/m/ip",
    "login_failed": "60/m/ip,5/5m/key",
    "signup": "120/m/ip",
    "reset_password": "60/m/ip,5/5m/key",
    "reset_password_from_key": "120/m/ip",
    "change_password": "5/m/user",
    "manage_email": "10/m/user",
    "confirm_email": "1/3m/key",
    "reauthenticate": "10/m/user",
}
ALLAUTH_TRUSTED_PROXY_COUNT = env.integer("TRUSTED_PROXIES", 0)
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"

# The codes of a second factor are limited as sign-in failures are; a passkey holds nothing that could be guessed.
MFA_RATE_LIMITS = {"webauthn_login": "120/m/ip"}
MFA_ADAPTER = "accounts.mfa_adapter.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "CIIP Practice"
MFA_FORMS = {"add_webauthn": "accounts.passkey_forms.PasskeyForm"}
# Otherwise allauth would refuse a new address to whoever has a second factor; whether addresses must be confirmed is
# for EMAIL_VERIFICATION to say.
MFA_ALLOW_UNVERIFIED_EMAIL = True
# Whether instructors must have a second factor, and the pages they reach without one: those where they set it up, and
# whatever an exam that is running needs.
REQUIRE_INSTRUCTOR_MFA = env.flag("REQUIRE_INSTRUCTOR_MFA", default=False)
OPEN_WITHOUT_SECOND_FACTOR = (
    "/account/",
    "/attempts/",
    "/appointments/",
    "/exhibits/",
    "/static/",
    "/healthz",
    "/readyz",
    "/metrics",
)

# --- E-mail -----------------------------------------------------------------------------------------------------
EMAIL_HOST = env.text("EMAIL_HOST")
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'console'}.EmailBackend"
EMAIL_PORT = env.integer("EMAIL_PORT", 587)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", default=True)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "CIIP Practice <noreply@localhost>")

# --- The exam room ----------------------------------------------------------------------------------------------
# How long after the deadline a save still counts, for answers that were on their way.
SAVE_GRACE_SECONDS = env.integer("SAVE_GRACE_SECONDS", 15)
# Whether the real exam has one on screen is not known.
CALCULATOR = env.flag("CALCULATOR", default=False)
HEARTBEAT_SECONDS = env.integer("HEARTBEAT_SECONDS", 30, least=5)
TUTORIAL_MINUTES = env.integer("TUTORIAL_MINUTES", 10, least=1)
AGREEMENT_MINUTES = env.integer("AGREEMENT_MINUTES", 2, least=1)
SURVEY_MINUTES = env.integer("SURVEY_MINUTES", 8, least=1)

# --- How long things are kept -----------------------------------------------------------------------------------
# 0 keeps the ledger of an exam, and accounts that nobody uses, until somebody deletes them.
RETAIN_LEDGER_DAYS = env.integer("RETAIN_LEDGER_DAYS", 0)
RETAIN_INACTIVE_MONTHS = env.integer("RETAIN_INACTIVE_MONTHS", 0)
RETAIN_EXPORT_DAYS = env.integer("RETAIN_EXPORT_DAYS", 7, least=1)
if RETAIN_INACTIVE_MONTHS and not EMAIL_HOST:
    raise ImproperlyConfigured("RETAIN_INACTIVE_MONTHS needs EMAIL_HOST: people are warned by mail before they go.")

# --- Security ---------------------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
# Addresses that are locks of their own; ciip_site.log_filters and Caddyfile keep them out of logs.
SECRET_ADDRESSES = ("/p/", "/calendar/", "/account/mail/off/")
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
# By these names browsers take cookies over TLS and from this very host alone; static/js/room/save_queue.js knows both.
_COOKIE_PREFIX = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{_COOKIE_PREFIX}sessionid"
CSRF_COOKIE_NAME = f"{_COOKIE_PREFIX}csrftoken"
SECURE_SSL_REDIRECT = HTTPS
# Health checks and Prometheus come from the containers' own network, without TLS.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = env.integer("HSTS_SECONDS", 31536000 if HTTPS else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
if env.integer("TRUSTED_PROXIES", 0):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CSRF_FAILURE_VIEW = "ciip_site.views.csrf_failure"

# --- Language, time, files --------------------------------------------------------------------------------------
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or env.flag("TESTING", default=False)
        else "ciip_site.storage.StaticStorage"
    },
}
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# --- Watching ---------------------------------------------------------------------------------------------------
# Without a token /metrics does not exist.
METRICS_TOKEN = env.text("METRICS_TOKEN")
# Its time of change is when the last backup was complete.
BACKUP_MARKER = Path(env.text("BACKUP_MARKER", str(VAR_DIR / "last-backup")))
SLOW_REQUEST_MS = env.integer("SLOW_REQUEST_MS", 1000, least=1)
LOG_FORMAT = env.choice("LOG_FORMAT", "line", of=("line", "json"))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "ciip_site.watching.log_lines.Lines"},
        "json": {"()": "ciip_site.watching.log_lines.JsonLines"},
    },
    "filters": {"without_tokens": {"()": "ciip_site.log_filters.WithoutTokens"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT, "filters": ["without_tokens"]},
    },
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        # Names the path of each answer that is an error; so clean also for handlers that an installation adds.
        "django.request": {"filters": ["without_tokens"]},
        # What `manage.py runserver` says of each request would go past the console above.
        "django.server": {"propagate": True},
    },
}
