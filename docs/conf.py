"""The site: python -m sphinx -W -b html docs out/site"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from shutil import copytree
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from docutils import nodes  # noqa: E402
from sphinx.util.inspect import TypeAliasForwardRef  # noqa: E402

import minigraph  # noqa: E402

os.environ.setdefault("OMP_NUM_THREADS", "1")

project = "minigraph"
author = "the minigraph authors"
copyright = author
version = release = minigraph.__version__
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.viewcode"]
exclude_patterns = ["*.py"]
source_suffix = {".md": "myst-nb", ".py": "myst-nb"}
html_theme = "furo"
html_title = "minigraph"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_js_files = [("pictures.js", {"defer": "defer"})]
myst_enable_extensions = ["html_image"]
myst_heading_anchors = 3
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 120
nb_execution_in_temp = True
nb_merge_streams = True
nb_output_stderr = "remove"  # progress bars
nb_custom_formats = {".py": ["jupytext.reads", {"fmt": "py:percent"}]}
autodoc_typehints = "signature"
autodoc_type_aliases = {name: name for name in ("Array", "ArrayLike", "DTypeLike", "Operand", "Axis", "Which")}
TypeAliasForwardRef.__repr__ = lambda alias: alias.name  # what autodoc writes of an alias that is part of a type
autodoc_mock_imports = ["mpi4py"]
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True}
suppress_warnings = ["myst.header"]
default_role = "code"


def escaped(app: object, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    """Docstrings are plain text, up to their example: |x|, 2* and names_ in them are no markup."""
    begin = next((i for i, line in enumerate(lines) if line.startswith(">>> ")), len(lines))
    example = lines[begin:]
    table: list[list[str]] = []
    result: list[str] = []
    for line in [*lines[:begin], ""]:
        if line.startswith(("| ", "|-")):
            table.append([cell.strip() for cell in line.strip("|").split("|")])
            continue
        if table:  # as Markdown writes them
            result += ["", ".. list-table::", "   :header-rows: 1", ""]
            for row in (table[0], *table[2:]):
                result += [f"   {' ' if i else '*'} - {plain(cell)}" for i, cell in enumerate(row)]
            result.append("")
            table = []
        result.append(plain(line))
    lines[:] = [*result, *example]


def plain(text: str) -> str:
    words = re.split("(``.*?``)", text)
    words[::2] = [re.sub(r"(?<!\\)([*|]|(?<=\w)_(?=\W|$))", r"\\\1", part) for part in words[::2]]
    return "".join(words)


def with_tutorials(app: Any) -> None:
    """The tutorials stand beside the docs, and Sphinx reads nothing outside of its own folder."""
    copytree(ROOT / "tutorials", Path(app.srcdir) / "tutorials", dirs_exist_ok=True)


def internal(app: object, what: str, name: str, obj: object, skip: bool, options: object) -> bool | None:
    """Of a layer's methods, those that only the engine, diagrams and other layers call."""
    function = obj.fget if isinstance(obj, property) else obj
    of_layer = what == "class" and getattr(function, "__module__", "").startswith("minigraph.layers")
    return True if of_layer and name != "update" else None


def as_written(
    app: object, what: str, name: str, obj: object, options: object, signature: str | None, returns: str | None
) -> tuple[str | None, str | None]:
    """ArrayLike inside another type comes spelt out."""
    spelt_out = re.compile(r"[~\w.]*_Buffer \| [~\w.]*_SupportsArray.*?_NestedSequence\[complex \| bytes \| str\]")
    return signature and spelt_out.sub("ArrayLike", signature), returns


def without_temporary_folder(app: object, doctree: nodes.document) -> None:
    """Tutorials run in one, and say where they wrote their pictures."""
    for block in doctree.findall(nodes.literal_block):
        if (text := re.sub(r"In \S*/(?=out/\w+:\n)", "In ", block.astext())) != block.astext():
            block.children = [nodes.Text(text)]
            block.rawsource = text


def in_korean(app: object, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """A browser chooses fonts and voices by the language of a page."""
    if page.startswith("tutorials/ko/"):
        context["language"] = "ko"


def setup(app: Any) -> None:
    app.connect("html-page-context", in_korean)
    app.connect("config-inited", lambda app, config: with_tutorials(app))
    app.connect("autodoc-process-docstring", escaped)
    app.connect("autodoc-process-signature", as_written)
    app.connect("autodoc-skip-member", internal)
    app.connect("doctree-read", without_temporary_folder)
