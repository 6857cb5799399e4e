"""Follows every link of a built site, without a network: python scripts/check_links.py SITE

A link has to lead to a file of the site, and its #anchor to an element there. What a page loads by itself, such as a
script, may not come from anywhere else.
"""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

LOADED = {("img", "src"), ("script", "src"), ("iframe", "src"), ("source", "src"), ("link", "href")}
POINTERS = {"canonical", "index", "search", "next", "prev", "author", "copyright", "top", "up"}  # a link, not a load


class Page(HTMLParser):
    """The anchors of a page, and what it points to: (address, whether it is loaded with the page)."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.anchors, self.links = set[str](), set[tuple[str, bool]]()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.anchors |= {given.get(name) or "" for name in ("id", "name")}
        for name in ("href", "src"):
            if given.get(name):
                loaded = (tag, name) in LOADED and given.get("rel") not in POINTERS
                self.links.add((given[name] or "", loaded))


def broken(site: Path) -> list[str]:
    pages = {path: Page(path) for path in sorted(site.rglob("*.html"))}
    wrong = []
    for path, page in pages.items():
        for address, loaded in sorted(page.links):
            url, anchor = urldefrag(address)
            parts = urlsplit(url)
            if parts.scheme or parts.netloc:
                if loaded and parts.scheme != "data":
                    wrong.append(f"{path.relative_to(site)}: loads {address}")
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            if not target.exists():
                wrong.append(f"{path.relative_to(site)}: {address} leads nowhere")
            elif anchor and target in pages and unquote(anchor) not in pages[target].anchors:
                wrong.append(f"{path.relative_to(site)}: {address} has no such anchor")
    if not pages:
        wrong.append(f"{site}: no pages")
    return wrong


if __name__ == "__main__":
    sys.exit("\n".join(broken(Path(sys.argv[1]).resolve())) or None)
