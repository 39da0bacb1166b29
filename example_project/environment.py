"""Reads what the environment says about a deployment of the example project."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


def text(name: str, default: str = "") -> str:
    """Give the variable without surrounding space; an empty one counts as not set."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, *, default: bool) -> bool:
    """Give the variable as a boolean.

    Raises:
        ImproperlyConfigured: it is neither a yes nor a no.
    """
    value = os.environ.get(name)
    if value is None:
        return default
    word = value.strip().lower()
    if word not in _TRUE | _FALSE:
        raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")
    return word in _TRUE


def words(name: str) -> list[str]:
    """Give the comma-separated entries of the variable."""
    return [entry.strip() for entry in os.environ.get(name, "").split(",") if entry.strip()]


def required(name: str, reason: str) -> str:
    """Give a variable that the site cannot do without.

    Raises:
        ImproperlyConfigured: it is not set; the message ends with the reason.
    """
    value = text(name)
    if not value:
        raise ImproperlyConfigured(f"{name} must be set: {reason}.")
    return value


def files(name: str) -> list[str]:
    """Give the comma-separated files of the variable as absolute paths.

    Raises:
        ImproperlyConfigured: one of them is not there.
    """
    paths = [Path(entry).resolve() for entry in words(name)]
    missing = [str(path) for path in paths if not path.is_file()]
    if missing:
        raise ImproperlyConfigured(f"{name} names what is no file: {', '.join(missing)}.")
    return [str(path) for path in paths]


def secret_key(*, debug: bool) -> str:
    """Give SECRET_KEY; only a debugging site may do without.

    Raises:
        ImproperlyConfigured: DEBUG is off and there is none.
    """
    key = text("SECRET_KEY")
    if not key and not debug:
        raise ImproperlyConfigured("SECRET_KEY must be set when DEBUG=0.")
    return key or "django-insecure-example-project-for-development-only"


def site_url() -> str | None:
    """Give SITE_URL without a trailing slash, e.g. ``https://app.example.com``; None if not set.

    Raises:
        ImproperlyConfigured: it is not scheme and host alone.
    """
    url = text("SITE_URL").rstrip("/")
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query:
        raise ImproperlyConfigured(f"SITE_URL must be like https://app.example.com, not {url!r}.")
    return url


def allowed_hosts(site: str | None) -> list[str]:
    """Give ALLOWED_HOSTS; without it this machine and the host of SITE_URL."""
    hosts = words("ALLOWED_HOSTS")
    if hosts:
        return hosts
    named = urlsplit(site).hostname if site else None
    return ["localhost", "127.0.0.1", "[::1]", *([named] if named else [])]


def database(default_file: Path) -> dict[str, Any]:
    """Give the entry for ``DATABASES["default"]`` from DATABASE_URL (sqlite, postgres or mysql)."""
    url = text("DATABASE_URL", f"sqlite:///{default_file}")
    parsed: dict[str, Any] = dict(dj_database_url.parse(url))
    options: dict[str, Any] = dict(parsed.get("OPTIONS", {}))
    if parsed["ENGINE"].endswith("sqlite3"):
        # A write lock at BEGIN and readers beside the writer: several server processes share the file.
        options.setdefault("timeout", 20)
        options.setdefault("transaction_mode", "IMMEDIATE")
        options.setdefault("init_command", "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL")
    else:
        parsed["CONN_MAX_AGE"] = int(text("CONN_MAX_AGE", "60"))
        parsed["CONN_HEALTH_CHECKS"] = True
    if parsed["ENGINE"].endswith("mysql"):
        options.setdefault("charset", "utf8mb4")
    return {**parsed, "OPTIONS": options}


def cache(default: str = "locmem://") -> dict[str, Any]:
    """Give the entry for ``CACHES["default"]`` from CACHE_URL: locmem://, redis://… or file:///path.

    Raises:
        ImproperlyConfigured: the scheme is none of these.
    """
    url = text("CACHE_URL", default)
    scheme, _, rest = url.partition("://")
    if scheme == "locmem":
        return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": rest}
    if scheme in {"redis", "rediss"}:
        return {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": url}
    if scheme == "file":
        return {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": rest}
    raise ImproperlyConfigured(f"CACHE_URL must start with locmem://, redis:// or file://, not {scheme}://.")


def shared_cache_url(folder: Path) -> str:
    """Give a cache that all processes of this deployment share and no other deployment of the checkout.

    A SAML assertion may be used once, whichever process it reaches.
    """
    deployment = hashlib.sha256(text("DATABASE_URL").encode()).hexdigest()[:12]
    return f"file://{folder / deployment}"


def session_engine() -> str:
    """Give SESSION_ENGINE: a short name (``db``, ``cache``, ``cached_db``, ``file``) or a dotted path."""
    engine = text("SESSION_ENGINE", "db")
    return engine if "." in engine else f"django.contrib.sessions.backends.{engine}"
