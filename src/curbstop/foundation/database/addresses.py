"""Which database the program talks to, and as whom: the embedded server or DATABASE_URL, one way for both.

The web logs in as app_staff, workers and commands as app_batch. On a server of one's own the roles'
passwords are derived from the installation's secret, so that none is stored (docs/adr/0003).
"""

import hashlib
import hmac
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from psycopg.conninfo import make_conninfo

from curbstop.foundation.database.server import SUPERUSER, Cluster, cluster_folder

DATABASE = "curbstop"


@dataclass(frozen=True, slots=True)
class Address:
    """A database and the login that may change its roles; the application's roles log in beside it."""

    name: str
    host: str
    port: str
    admin: str
    admin_password: str
    options: tuple[tuple[str, str], ...]
    secret: str
    cluster: Cluster | None
    """The embedded server, or None when DATABASE_URL names another."""

    def password_of(self, role: str) -> str:
        """Return the derived password of a role; the embedded server needs none."""
        if self.cluster is not None:
            return ""
        return hmac.new(self.secret.encode(), f"database role {role}".encode(), hashlib.sha256).hexdigest()

    def login(self, role: str) -> dict[str, Any]:
        """Return Django's settings for a connection as one of the application's roles."""
        return self._connection(role, self.password_of(role))

    def admin_login(self) -> dict[str, Any]:
        """Return Django's settings for the login that makes roles and the database."""
        return self._connection(self.admin, self.admin_password)

    def conninfo(self, *, database: str | None = None) -> str:
        """Return libpq's address of the admin's connection, for psycopg."""
        parameters = {"dbname": database or self.name, "user": self.admin, "host": self.host, "port": self.port}
        if self.admin_password:
            parameters["password"] = self.admin_password
        return make_conninfo(**{**parameters, **dict(self.options)})

    def _connection(self, user: str, password: str) -> dict[str, Any]:
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": self.name,
            "USER": user,
            "PASSWORD": password,
            "HOST": self.host,
            "PORT": self.port,
            "OPTIONS": dict(self.options),
        }


def address(*, data: Path, secret: str, is_test: bool = False) -> Address:
    """Return the database of this installation: DATABASE_URL if given, else the embedded server's.

    Tests never touch a server that somebody else may use: theirs is always the embedded one.
    """
    url = os.environ.get("DATABASE_URL", "")
    if url and not is_test:
        return from_url(url, secret=secret)
    cluster = Cluster(cluster_folder(data), is_throw_away=is_test)
    host, port = str(cluster.socket_folder), str(cluster.socket_port)
    return Address(DATABASE, host, port, SUPERUSER, "", (), secret, cluster)


def from_url(url: str, *, secret: str) -> Address:
    """Return the database that a `postgresql://user:password@host:port/name?sslmode=…` names.

    :raises SystemExit: if it is not such an address
    """
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    host, port = options.pop("host", parts.hostname or ""), options.pop("port", str(parts.port or 5432))
    name = unquote(parts.path.lstrip("/"))
    if parts.scheme not in {"postgresql", "postgres"} or not name or not parts.username:
        raise SystemExit("DATABASE_URL must look like postgresql://USER:PASSWORD@HOST:5432/DATABASE")
    login = unquote(parts.username), unquote(parts.password or "")
    return Address(name, host, port, *login, tuple(options.items()), secret, None)
