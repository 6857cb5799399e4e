"""Links between files of the checkout lead to a file, and to a heading there; the check of the site finds its own."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from runpy import run_path

import pytest
from pictures import ROOT

FOLDERS = ("docs", "tutorials", "tutorials/ko", "examples", "benchmarks")
PAGES = sorted(
    {
        *ROOT.glob("*.md"),
        *(page for folder in FOLDERS for page in (ROOT / folder).glob("*.md")),
        *(ROOT / "docs" / "api").glob("*.md"),
        *(ROOT / "tutorials").glob("**/*.py"),
    }
)
LINK = re.compile(r"\]\(([^()\s]+)\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def slugs(text: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", re.sub("```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(page: Path) -> list[str]:
    found = LINK.findall(CODE.sub("", page.read_text(encoding="utf-8")))
    return [target for target in found if not re.match(r"\w+:", target)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in links(page):
        name, _, anchor = target.partition("#")
        other = page.parent / name if name else page
        if name.startswith("tutorials/"):  # the site has a copy of them
            other = ROOT / name
        assert other.exists(), f"{page.relative_to(ROOT)}: {target}"
        assert not anchor or anchor in slugs(other.read_text(encoding="utf-8")), f"{page.relative_to(ROOT)}: {target}"


def test_links_are_found() -> None:
    assert sum(len(links(page)) for page in PAGES) > 100


@pytest.mark.parametrize(
    "tag, complaint",
    [
        ('<a href="b.html#here">', None),
        ('<a href="https://example.org/">', None),
        ('<link rel="canonical" href="https://example.org/">', None),
        ('<a href="c.html">', "a.html: c.html leads nowhere"),
        ('<img src="c.svg">', "a.html: c.svg leads nowhere"),
        ('<a href="b.html#there">', "a.html: b.html#there has no such anchor"),
        ('<a href="#here">', "a.html: #here has no such anchor"),
        ('<script src="https://example.org/x.js">', "a.html: loads https://example.org/x.js"),
        ('<link rel="stylesheet" href="//example.org/x.css">', "a.html: loads //example.org/x.css"),
    ],
)
def test_a_broken_link_of_the_site_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tag: str, complaint: str | None
) -> None:
    (tmp_path / "a.html").write_text(f"<p>{tag}", encoding="utf-8")
    (tmp_path / "b.html").write_text("<p id=here>", encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["check_links.py", str(tmp_path)])
    with pytest.raises(SystemExit) as ended:
        run_path(str(ROOT / "scripts" / "check_links.py"), run_name="__main__")
    assert ended.value.code == complaint
