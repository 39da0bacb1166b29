"""Say whether a test service answers: ``.ci/answers.py postgres|mariadb|redis``, exit code 0 or 1.

It logs in as the suite will, so "answers" means that the suite can use it.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import dj_database_url

from tests.settings.databases import MARIADB_URL, POSTGRES_URL, REDIS_URL


def ask_postgres() -> None:
    """Log in at TEST_POSTGRES_URL."""
    import psycopg

    url = dj_database_url.parse(POSTGRES_URL)
    psycopg.connect(
        host=url["HOST"],
        port=url["PORT"] or 5432,
        user=url["USER"],
        password=url["PASSWORD"],
        dbname="postgres",
        connect_timeout=3,
    ).close()


def ask_mariadb() -> None:
    """Log in at TEST_MARIADB_URL."""
    import MySQLdb

    url = dj_database_url.parse(MARIADB_URL)
    MySQLdb.connect(
        host=url["HOST"],
        port=int(url["PORT"] or 3306),
        user=url["USER"],
        password=url["PASSWORD"],
        connect_timeout=3,
    ).close()


def ask_redis() -> None:
    """Ping TEST_REDIS_URL."""
    import redis

    redis.Redis.from_url(REDIS_URL, socket_connect_timeout=3).ping()


ASK = {"postgres": ask_postgres, "mariadb": ask_mariadb, "redis": ask_redis}


def main() -> int:
    """Ask the service that the command line names."""
    try:
        ASK[sys.argv[1]]()
    except Exception as error:  # noqa: BLE001 - whatever went wrong, the service cannot be used
        print(f"{sys.argv[1]}: {' '.join(str(error).split()) or type(error).__name__}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
