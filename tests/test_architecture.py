"""Who may import whom, and what is not done here, read from the source by ``ast``."""

from __future__ import annotations

import ast
import configparser
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = {"minigraph": ROOT / "minigraph", "minigraph.layers": ROOT / "layers"}
FOLDERS = ("minigraph", "layers", "tests", "tutorials", "examples", "benchmarks", "scripts", "docs")


def modules() -> dict[str, Path]:
    """Every module of the library by its import name."""
    found = {}
    for package, folder in PACKAGES.items():
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(folder).with_suffix("").parts
            found[".".join((package, *(part for part in parts if part != "__init__")))] = path
    return found


def nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Everything in `tree` that can run: inside functions too, but not what stands under ``if TYPE_CHECKING``."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            for other in child.orelse:
                yield other
                yield from nodes(other)
        else:
            yield child
            yield from nodes(child)


@cache
def imports(source: str, module: str = "", is_package: bool = False) -> set[str]:
    """The full names that a module imports: ``from a import b`` gives a and a.b, b being a module or not."""
    names: set[str] = set()
    for node in nodes(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = module.split(".")[: len(module.split(".")) - node.level + is_package] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            names |= {base} | {f"{base}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            names |= {arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)}
    return names


def imported_by(module: str, path: Path) -> set[str]:
    return imports(path.read_text("utf-8"), module, path.name == "__init__.py")


def edges() -> dict[str, set[str]]:
    """Which modules of the library each imports. ``from package import module`` is an edge to that module alone."""
    known = modules()
    found: dict[str, set[str]] = {}
    for module, path in known.items():
        names = imported_by(module, path) & set(known)
        packages = {name for name in names if known[name].name == "__init__.py"}
        through = {name for name in packages if only_for_a_module(path, name, set(known))}
        found[module] = names - through - {module}
    return found


def only_for_a_module(path: Path, package: str, known: set[str]) -> bool:
    """Whether `package` is named only to get at modules in it, not at what its __init__ makes."""
    for node in nodes(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import) and package in (alias.name for alias in node.names):
            return False
        if isinstance(node, ast.ImportFrom) and node.module == package:
            if not all(f"{package}.{alias.name}" in known for alias in node.names):
                return False
    return True


def cycle(graph: dict[str, set[str]]) -> list[str]:
    """Some path through `graph` that ends where it began, or []."""
    done: set[str] = set()

    def search(node: str, path: list[str]) -> list[str]:
        if node in path:
            return [*path[path.index(node) :], node]
        if node in done:
            return []
        for target in sorted(graph[node]):
            if found := search(target, [*path, node]):
                return found
        done.add(node)
        return []

    return next((found for node in sorted(graph) if (found := search(node, []))), [])


def sources(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def offenders(*folders: str, package: str) -> list[str]:
    """The files in `folders` that import `package`."""
    paths = sources(*folders)
    found = (path for path in paths if any(within(name, package) for name in imports(path.read_text("utf-8"))))
    return [str(path.relative_to(ROOT)) for path in found]


def test_the_reader_of_imports_sees_what_counts() -> None:
    source = """
import a.b, c as d
from e import f
from . import sibling
from ..up import g
if TYPE_CHECKING:
    import types_only
else:
    import really
def late():
    import inside
    importlib.import_module("dynamic")
class K:
    def m(self):
        from deep import h
"""
    assert imports(source, "pkg.sub.mod") == {
        "a.b", "c", "e", "e.f", "pkg.sub", "pkg.sub.sibling", "pkg.up", "pkg.up.g", "really", "inside", "dynamic",
        "deep", "deep.h",
    }  # fmt: skip
    assert imports("from . import x", "pkg.sub", is_package=True) == {"pkg.sub", "pkg.sub.x"}


def test_the_search_for_cycles_finds_one() -> None:
    assert cycle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert cycle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_the_modules_are_all_there() -> None:
    found = modules()
    assert {"minigraph", "minigraph.graph", "minigraph.ops.linear", "minigraph.layers.affine"} <= set(found)
    assert edges()["minigraph.layers.affine"] >= {"minigraph.graph", "minigraph.layers.initializers"}


def test_the_engine_knows_nothing_of_layers() -> None:
    engine = {module: path for module, path in modules().items() if not within(module, "minigraph.layers")}
    del engine["minigraph"]  # the front door
    above = tuple(f"minigraph.{name}" for name in ("compile", "demo", "diagram", "formats", "sklearn"))
    for module, path in engine.items():
        if not any(within(module, package) for package in above):
            assert not any(within(name, "minigraph.layers") for name in imported_by(module, path)), module


def test_nobody_but_the_front_door_and_the_film_imports_the_compiler() -> None:
    found = offenders("minigraph", "layers", package="minigraph.compile")
    others = [path for path in found if "minigraph/compile/" not in path]
    assert others == ["minigraph/__init__.py", "minigraph/film/recorder.py"]


def test_nobody_but_the_front_door_imports_the_film() -> None:
    found = offenders("minigraph", "layers", package="minigraph.film")
    assert [path for path in found if "minigraph/film/" not in path] == ["minigraph/__init__.py"]


EXTRAS = {
    "mpi4py": ["minigraph/distributed/failure.py"],
    "sklearn": ["minigraph/demo.py", "minigraph/sklearn.py"],
    "matplotlib": ["minigraph/plots.py"],
    "tqdm": ["minigraph/training/progress.py"],
}


@pytest.mark.parametrize("extra, files", EXTRAS.items(), ids=EXTRAS)
def test_an_extra_is_imported_in_one_place(extra: str, files: list[str]) -> None:
    assert offenders("minigraph", "layers", package=extra) == files


def test_nobody_imports_the_estimator_and_only_who_trains_the_training() -> None:
    assert offenders("minigraph", "layers", package="minigraph.sklearn") == []
    found = offenders("minigraph", "layers", package="minigraph.training")
    others = [path for path in found if "minigraph/training/" not in path]
    assert others == ["minigraph/__init__.py", "minigraph/distributed/parallel.py", "minigraph/sklearn.py"]


def test_nobody_but_the_front_door_imports_worksheets() -> None:
    found = offenders("minigraph", "layers", package="minigraph.worksheet")
    assert [path for path in found if "minigraph/worksheet/" not in path] == ["minigraph/__init__.py"]


def test_nobody_but_the_front_door_imports_the_formats() -> None:
    found = offenders("minigraph", "layers", package="minigraph.formats")
    assert [path for path in found if "minigraph/formats/" not in path] == ["minigraph/__init__.py"]


def test_only_the_formats_import_what_is_extra_and_only_when_it_is_needed() -> None:
    for package in ("onnx", "safetensors", "torch"):
        assert offenders("minigraph", "layers", package=package) == []


def test_only_the_diagram_imports_graphviz() -> None:
    others = [path for path in offenders("minigraph", "layers", package="graphviz") if "minigraph/diagram/" not in path]
    assert others == []


def test_nobody_imports_the_command_line_or_the_ranks() -> None:
    for module, path in modules().items():
        for name in imported_by(module, path):
            if name.split(".")[:2] in (["minigraph", "cli"], ["minigraph", "demo"], ["minigraph", "target"]):
                assert module in ("minigraph.__main__", "minigraph.cli"), module
            if within(name, "minigraph.distributed"):
                assert within(module, "minigraph.distributed"), module


def test_no_import_goes_round_in_a_circle() -> None:
    assert cycle(edges()) == []


def test_nobody_imports_layers_under_its_bare_name() -> None:
    assert offenders(*FOLDERS, package="layers") == []


def test_imports_inside_layers_are_absolute() -> None:
    for path in sources("layers"):
        tree = ast.parse(path.read_text("utf-8"))
        assert not [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level], path.name


def test_nobody_imports_the_benchmarks() -> None:
    assert offenders("minigraph", "layers", "tutorials", "examples", package="benchmarks") == []


def test_nobody_imports_pickle() -> None:
    for package in ("pickle", "cloudpickle", "dill", "marshal", "shelve"):
        assert offenders(*FOLDERS, package=package) == []


@pytest.mark.parametrize("folder", ["minigraph", "layers", "tests", "benchmarks"])
def test_no_file_is_longer_than_400_lines(folder: str) -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in sources(folder)}
    assert lengths
    assert {name: lines for name, lines in lengths.items() if lines > 400} == {}


def calls_with(tree: ast.AST, keyword: str) -> list[int]:
    """The lines on which something is called with `keyword` and anything but a plain False."""
    return [
        node.lineno
        for node in ast.walk(tree) if isinstance(node, ast.Call)
        for given in node.keywords
        if given.arg == keyword and not (isinstance(given.value, ast.Constant) and given.value.value is False)
    ]  # fmt: skip


def mentions(tree: ast.AST, name: str) -> list[int]:
    """The lines on which `name` is used, as an attribute, by itself, or imported."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if (isinstance(node, ast.Attribute) and node.attr == name)
        or (isinstance(node, ast.Name) and node.id == name)
        or (isinstance(node, ast.ImportFrom) and name in (alias.name for alias in node.names))
    ]


def test_the_search_for_calls_finds_them() -> None:
    tree = ast.parse("run(x, shell=True)\nrun(x, shell=False)\nrun(shell=flag)\nnp.seterr(all='ignore')\nseterr()")
    assert calls_with(tree, "shell") == [1, 3]
    assert mentions(tree, "seterr") == [4, 5]


@pytest.mark.parametrize("path", sources(*FOLDERS), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_shell_no_pickles_and_no_silenced_numpy(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    assert not calls_with(tree, "shell")
    assert not calls_with(tree, "allow_pickle")
    assert not mentions(tree, "seterr")
    assert not mentions(tree, "seterrcall")


def test_the_wheel_has_every_package() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    found = [path for top in ("minigraph", "layers") for path in (ROOT / top).rglob("__init__.py")]
    folders = {path.parent.relative_to(ROOT) for path in found}
    names = {"minigraph.layers" if folder == Path("layers") else ".".join(folder.parts) for folder in folders}
    assert set(config["options"]["packages"].split()) == names
