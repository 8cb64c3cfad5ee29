"""Django's settings for all three environments: a demo on one's own machine, production, and tests.

Only what differs between places is read from the environment: CURBSTOP_ENV, CURBSTOP_DATA,
CURBSTOP_HOSTS, CURBSTOP_SECRET_KEY, DATABASE_URL and CURBSTOP_DB_ROLE.
"""

import os
from typing import Any

from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

from curbstop.config.logs import logging_of
from curbstop.foundation.database import places
from curbstop.foundation.database.addresses import address

ENVIRONMENT = places.environment()
DATA = places.data_folder()
SECRET_KEY = places.secret_key(DATA)
DEBUG = False
IS_PRODUCTION = ENVIRONMENT == "production"
IS_TEST = ENVIRONMENT == "test"

LOOPBACK = ["127.0.0.1", "localhost", "[::1]"]
ALLOWED_HOSTS = os.environ.get("CURBSTOP_HOSTS", "").split() or LOOPBACK

ROOMS = [
    "curbstop.foundation",
    "curbstop.ledger",
    "curbstop.ordinances",
    "curbstop.customers",
    "curbstop.metering",
    "curbstop.rates",
    "curbstop.billing",
    "curbstop.collections",
    "curbstop.cashiering",
    "curbstop.treasury",
    "curbstop.reports",
    "curbstop.journeys",
    "curbstop.staff",
]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "csp",
    "django_cotton.apps.SimpleAppConfig",
    "django_filters",
    "django_htmx",
    "django_structlog",
    "django_tables2",
    "procrastinate.contrib.django",
    *ROOMS,
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "curbstop.foundation.access.acting.ActingMiddleware",
]
if "curbstop.staff" in ROOMS:
    MIDDLEWARE.append("curbstop.staff.views.frame.city_time")

ROOT_URLCONF = "curbstop.config.urls"
WSGI_APPLICATION = "curbstop.config.wsgi.application"

# The look that all rooms share lives in the foundation; what its frame shows, the staff face knows.
WEB = places.PACKAGE / "foundation/web"
OFFICE = ["curbstop.staff.views.frame.office"] if "curbstop.staff" in ROOMS else []

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [WEB / "templates"],
        "OPTIONS": {
            "builtins": ["django_cotton.templatetags.cotton", "curbstop.foundation.web.tags"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                *OFFICE,
            ],
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django_cotton.cotton_loader.Loader",
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                ),
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
COTTON_DIR = "cotton"
DJANGO_TABLES2_TEMPLATE = "foundation/table.html"

# The database. A web process lends its few connections from a pool; a command keeps one of its own.
DATABASE_ADDRESS = address(data=DATA, secret=SECRET_KEY, is_test=IS_TEST)
DATABASE_ROLE = os.environ.get("CURBSTOP_DB_ROLE", "app_batch" if IS_TEST else "app_staff")
DATABASES: dict[str, dict[str, Any]] = {"default": DATABASE_ADDRESS.login(DATABASE_ROLE)}
if os.environ.get("CURBSTOP_DB_POOL") == "1":
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": 4, "timeout": 10}
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "foundation_cache"}}
if IS_TEST:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# Sign-in: no sign-up, no password mail in this release; people are made by an administrator.
AUTH_USER_MODEL = "foundation.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
ACCOUNT_ADAPTER = "curbstop.foundation.access.signing_in.SigningIn"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key"}
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
if IS_TEST:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# Cookies and headers. A demo answers on loopback without TLS; production never does.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_PRODUCTION
SESSION_COOKIE_NAME = "__Host-session" if IS_PRODUCTION else "curbstop-session"
CSRF_COOKIE_NAME = "__Host-csrf" if IS_PRODUCTION else "curbstop-csrf"
CSRF_FAILURE_VIEW = "curbstop.foundation.web.errors.csrf_failure"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 8 * 60 * 60  # one shift at the counter
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SECURE_SSL_REDIRECT = IS_PRODUCTION
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_PRODUCTION else None
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if IS_PRODUCTION else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000

# Words, days and places.
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("es", _("Spanish"))]
LOCALE_PATHS = [places.PACKAGE / "locale"]
USE_I18N = True
# Staff read English; what a customer reads is put in the customer's language where it is printed.
LOCALE_PATHS = [WEB.parents[1] / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"  # the city's own zone is in its pack

STATIC_URL = "/static/"
STATIC_ROOT = DATA / "static"
STATICFILES_DIRS = [WEB / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if IS_TEST
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

DJANGO_STRUCTLOG_CELERY_ENABLED = False
LOGGING = logging_of(ENVIRONMENT)
PROCRASTINATE_IMPORT_PATHS: list[str] = []
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"  # each room keeps its jobs in jobs.py
SILENCED_SYSTEM_CHECKS: list[str] = []
