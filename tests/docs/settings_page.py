"""Writes docs/reference/settings.md from ``conf.SETTINGS``: ``python -m tests.docs.settings_page``."""

from __future__ import annotations

from pathlib import Path

from django_provisioning.conf import SETTINGS

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"
_HEAD = """# Settings

All settings are keys of one dict; the values below are the defaults.
An unknown key or a wrong type is a check error (`django_provisioning.E001`).
This page is written by `python -m tests.docs.settings_page`.

```python
DJANGO_PROVISIONING = {
    "SITE_URL": "https://app.example.com",
}
```

`DJANGO_PROVISIONING_GROUP_MODEL` is a setting of its own, default `"auth.Group"`.
Like `AUTH_USER_MODEL` it must be set before the first migration.

| Key | Default | Meaning |
|---|---|---|
"""


def page() -> str:
    """Give the text of the page."""
    rows = (
        f"| `{name}` | `{setting.default!r}` | {setting.meaning.replace('|', '&#124;')} |"
        for name, setting in SETTINGS.items()
    )
    return _HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page())
