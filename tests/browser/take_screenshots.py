"""Takes the pictures of docs/images: ``python -m tests.browser.take_screenshots``.

It starts the example project as a process with a database of its own, writes a made-up month into it, sends a few real
requests, opens each page in Chromium at 1280 pixels and keeps what is seen. Run it again after a page has changed, and
look at the pictures before you commit them. Nothing but ``docs/images`` is left behind.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from playwright.sync_api import Browser, Page, sync_playwright

from tests.live_server import ROOT, LiveServer, started

IMAGES = ROOT / "docs" / "images"
MOST_BYTES = 300_000
WIDTH, HEIGHT = 1280, 1000
ADMIN, PASSWORD = "operator", "only-for-pictures"
_FILL = """
import sys
import django
django.setup()
from tests.browser.example_life import fill
print(fill(sys.argv[1]))
"""


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: ``links`` are followed from the page in order; it begins at the heading ``start`` where given."""

    name: str
    path: str
    links: tuple[str, ...] = ()
    start: str = ""
    scheme: str = "light"
    height: int = HEIGHT


PICTURES = (
    Picture("overview", "dashboard/", height=1500),
    Picture("overview-dark", "dashboard/", scheme="dark", height=1500),
    Picture("accounts", "account/"),
    Picture(
        "account", "account/?q=bo.lindgren@acme.example.com", ("bo.lindgren@acme.example.com",), height=1400
    ),
    Picture("connection", "connection/", ("Acme",), start="Health", height=1400),
    Picture("set-up", "connection/", ("Acme", "Set-up")),
    Picture("events", "event/"),
    Picture("leavers", "leave/"),
)


def main() -> int:
    """Take every picture, and give 1 if one of them is too large for the repository."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, started(Path(folder)) as server:
        token = server.run(_FILL, PASSWORD).split()[-1]
        _send_requests(server, token)
        with _chromium() as browser:
            for picture in PICTURES:
                _take(browser, server, picture)
    too_large = [path.name for path in sorted(IMAGES.glob("*.png")) if path.stat().st_size >= MOST_BYTES]
    sys.stdout.write(
        f"{len(PICTURES)} pictures in {IMAGES.relative_to(ROOT)}; too large: {too_large or 'none'}\n"
    )
    return 1 if too_large else 0


def _take(browser: Browser, server: LiveServer, picture: Picture) -> None:
    scheme: Any = picture.scheme
    page = browser.new_page(color_scheme=scheme, viewport={"width": WIDTH, "height": picture.height})
    _log_in(page, server)
    page.goto(f"{server.url}/admin/django_provisioning/{picture.path}")
    for name in picture.links:
        page.locator("#content").get_by_role("link", name=name).first.click()
        page.wait_for_load_state()
    page.get_by_role("heading", level=1).first.wait_for()
    if picture.start:
        heading = page.get_by_role("heading", name=picture.start, exact=True)
        heading.evaluate("heading => heading.scrollIntoView()")
    page.screenshot(path=IMAGES / f"{picture.name}.png")
    page.close()


def _log_in(page: Page, server: LiveServer) -> None:
    page.goto(f"{server.url}/admin/login/")
    page.get_by_label("Username").fill(ADMIN)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    # The sidebar takes a third of the width, and the documentation is about the pages beside it.
    page.evaluate("localStorage.setItem('django.admin.navSidebarIsOpen', 'false')")


def _send_requests(server: LiveServer, token: str) -> None:
    """Let the directory of the first connection call, once in vain."""
    for path in ("/ServiceProviderConfig", "/Users?count=2", '/Users?filter=shoeSize%20eq%20"38"', "/Groups"):
        call = Request(f"{server.scim_url}{path}", headers={"Authorization": f"Bearer {token}"})  # noqa: S310
        try:
            with urlopen(call) as answer:  # noqa: S310 - the URL is ours
                json.load(answer)
        except HTTPError as error:
            error.close()


@contextmanager
def _chromium() -> Iterator[Browser]:
    """A browser without a screen, until the block ends."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


if __name__ == "__main__":
    raise SystemExit(main())
