"""A film holds what the network was at each step, and its pictures show that."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from films import HOSTILE, broken, classifier, moons, trained, unusual
from helpers import Array
from pictures import texts

import minigraph as mg
from minigraph.film.pieces import alike
from minigraph.film.regions import plane, runs
from minigraph.film.words import WORDS
from minigraph.layers import Affine, BatchNorm, BinaryCrossEntropy, ReLU, SigmoidWithLoss, SoftmaxWithLoss
from minigraph.scene.phrases import KOREAN


def steps(film: mg.Film) -> list[int]:
    return [frame.step for frame in film]


# ---- recording ----


@pytest.mark.parametrize("count, expected", [(0, [0]), (3, [0, 3]), (10, [0, 5, 10]), (12, [0, 5, 10, 12])])
@pytest.mark.parametrize("compiled", [False, True])
def test_there_is_a_frame_every_so_many_steps_and_at_both_ends(count: int, expected: list[int], compiled: bool) -> None:
    film = trained(classifier(), count, compiled=compiled, every=5)
    assert steps(film) == expected and len(film) == len(expected) and film.step == count


def test_a_frame_holds_the_step_that_was_taken() -> None:
    graph = classifier()
    film, optimizer = mg.record(graph, every=1), mg.SGD(graph.parameters, 0.5)
    loss = float(graph.forward())
    graph.backward()
    before = {p: (p.value.copy(), np.array(p.grad)) for p in graph.parameters}
    optimizer.step()
    film()
    graph.forward()  # later runs change nothing in it
    first, frame = film
    assert first.step == 0 and not first.gradients and first.loss == pytest.approx(loss)
    assert frame.loss == loss
    for p, (value, gradient) in before.items():
        assert np.array_equal(first.parameters[p], value)
        assert np.array_equal(frame.gradients[p], gradient)
        assert np.allclose(frame.parameters[p], value - 0.5 * gradient)
        assert frame.parameters[p] is not p.value


def test_compiled_and_eager_trainings_make_the_same_film() -> None:
    eager, compiled = (list(trained(classifier(), 23, every=4, compiled=compiled)) for compiled in (False, True))
    assert [frame.step for frame in eager] == [frame.step for frame in compiled]
    for a, b in zip(eager, compiled):
        assert a.loss == pytest.approx(b.loss)
        for mine, other in ((a.parameters, b.parameters), (a.gradients, b.gradients)):
            assert len(mine) == len(other)
            assert all(np.allclose(x, y) for x, y in zip(mine.values(), other.values()))


@pytest.mark.parametrize("most", [2, 3, 8])
def test_the_number_of_frames_is_bounded(most: int) -> None:
    film = trained(classifier(), 100, every=1, most=most)
    found = steps(film)
    assert len(found) <= most and found[0] == 0 and found[-1] == 100
    assert all(step % film.every == 0 for step in found[:-1])


def test_the_loss_may_be_given() -> None:
    graph = classifier()
    film = mg.record(graph, every=1)
    film(0.25)
    film(mg.Node(0.125))
    film()
    assert [frame.loss for frame in film][1:] == [0.25, 0.125, graph.output.item()]


def test_its_with_ends_it() -> None:
    graph = classifier()
    with mg.record(graph, every=10) as film:
        for _ in range(3):
            film()
    weight = graph.parameters[0]
    weight.value = weight.value + 1
    assert steps(film) == [0, 3]
    assert np.allclose(list(film)[-1].parameters[weight], weight.value - 1)
    with pytest.raises(ValueError, match="ended"):
        film()


def test_recording_changes_nothing() -> None:
    one, other = classifier(), classifier()
    trained(one, 20, every=3, compiled=True)
    program = other.compile(mg.SGD(other.parameters, 0.3))
    for _ in range(20):
        program()
    assert all(np.array_equal(a.value, b.value) for a, b in zip(one.parameters, other.parameters))


def test_a_program_has_the_value_of_its_last_run() -> None:
    program = classifier().compile()
    with pytest.raises(ValueError, match="first run"):
        program.value
    assert program() == program.value


def test_bad_arguments() -> None:
    graph = classifier()
    for what, how, error, says in [
        (graph.output, {}, TypeError, "record: needs a Graph or a Program, got Node"),
        (graph, {"every": 0}, ValueError, "record: every is 0"),
        (graph, {"every": True}, ValueError, "record: every is True"),
        (graph, {"most": 1}, ValueError, "record: most is 1"),
        (graph, {"batch": {"nobody": 1.0}}, ValueError, "no leaf named 'nobody'"),
        (graph, {"batch": {"t": [0, 1]}}, ValueError, "SoftmaxWithLoss"),
        (mg.Graph(mg.Node(1.0) * 2), {}, ValueError, "no parameters"),
    ]:
        with pytest.raises(error, match=re.escape(says)):
            mg.record(what, **how)  # type: ignore[arg-type]
    film = mg.record(graph)
    for loss in ([1.0, 2.0], "much"):
        with pytest.raises(TypeError, match="film: the loss must be one number"):
            film(loss)  # type: ignore[arg-type]


def test_a_graph_that_a_program_runs_is_not_filmed_with_old_numbers() -> None:
    graph = classifier()
    film, program = mg.record(graph, every=1), graph.compile(mg.SGD(graph.parameters, 0.1))
    program()
    with pytest.raises(ValueError, match=r"mg\.record\(program\)"):
        film()


def test_a_loss_for_each_sample_must_be_told() -> None:
    w = mg.Parameter([1.0, 2.0], "w")
    film = mg.record(mg.Graph(w * 2.0), every=1)
    assert [frame.loss for frame in film] == [None]
    with pytest.raises(ValueError, match=r"film: .* not a scalar; give the loss: film\(loss\)"):
        film()


@pytest.mark.parametrize(
    "how, says",
    [
        ({"path": "film.mp4"}, "must be one of .html, .gif, .pdf"),
        ({"sample": 99}, "sample is 99"),
        ({"seconds": 0}, "seconds is 0"),
        ({"theme": "pink"}, "Film.save: theme is 'pink'"),
        ({"language": "xx"}, "Film.save: language is 'xx'"),
    ],
)
def test_bad_ways_to_save(tmp_path: Path, how: dict[str, Any], says: str) -> None:
    film = mg.record(classifier())
    with pytest.raises(ValueError, match=re.escape(says)):
        film.save(tmp_path / how.pop("path", "film.html"), **how)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("format, module", [("gif", "PIL.Image"), ("pdf", "pypdf")])
def test_what_is_lacking_is_named(tmp_path: Path, format: str, module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=re.escape('pip install "minigraph[film]"')):
        mg.record(classifier()).save(tmp_path / f"film.{format}")


# ---- pictures ----


def shown(svg: str) -> str:
    return " ".join(texts(svg))


@pytest.mark.parametrize("make", [classifier, unusual])
def test_the_frames_are_pictures_of_one_size(tmp_path: Path, make: Any) -> None:
    film = trained(make(), 6, every=2)
    paths = film.frames(tmp_path / "frames", title="A <title>")
    assert [path.name for path in paths] == ["0001.svg", "0002.svg", "0003.svg", "0004.svg"]
    pictures = [path.read_text("utf-8") for path in paths]
    assert len({ElementTree.fromstring(svg).get("viewBox") for svg in pictures}) == 1
    for frame, svg in zip(film, pictures):
        caption = f"after step {frame.step} · its loss: " if frame.step else "step 0: loss "
        assert caption in shown(svg) and "A <title>" in shown(svg)


def test_arrows_are_as_wide_as_the_widest_of_the_film_makes_them(tmp_path: Path) -> None:
    film = trained(classifier(), 30, every=10)
    graph = film.graph
    for n, weight in enumerate(node for node in graph.parameters if node.value.ndim == 2):
        most = max(np.abs(frame.parameters[weight]).max() for frame in film)
        for frame, path in zip(film, film.frames(tmp_path)):
            id = path.stem.lstrip("0")
            root = ElementTree.fromstring(path.read_text("utf-8"))
            for i, o in np.ndindex(weight.shape):
                arrow = next(g for g in root.iter() if g.get("id") == f"frame{id}-w{n}_{i}_{o}")
                width = float(next(e.get("stroke-width", "1") for e in arrow.iter() if e.tag.endswith("path")))
                assert width == pytest.approx(0.7 + 3.5 * abs(frame.parameters[weight][i, o]) / most, abs=0.01)


def test_tables_show_the_parameters_where_units_cannot(tmp_path: Path) -> None:
    film = trained(unusual(), 4, every=2)
    for frame, path in zip(film, film.frames(tmp_path, language="ko")):
        says = shown(path.read_text("utf-8"))
        caption = f"{frame.step}단계 후 · 그 단계의 손실: " if frame.step else "0단계: 손실"
        assert caption in says and ("계산되지 않음" in says) == (frame.step == 0)
        assert all(f"{v:.2f}".replace("-", "−") in says for array in frame.parameters.values() for v in array.flat)


def test_a_matrix_that_is_not_trained_is_drawn_too(tmp_path: Path) -> None:
    x, fixed = mg.Node([[1.0, 2.0]], "x", requires_grad=False), mg.Node([[1.0, -2.0], [3.0, 0.5]], "F")
    weight = mg.Parameter([[1.0], [2.0]], "w")
    film = trained(mg.Graph(((x @ fixed) @ weight).sum()), 2, every=1, rate=0.1)
    assert len([1 for path in film.frames(tmp_path) if "F[1, 2] = −2" in path.read_text("utf-8")]) == 3


@pytest.mark.dot
def test_an_animation_has_all_frames(tmp_path: Path, dot: str) -> None:
    from PIL import Image

    film = trained(classifier(3), 5, every=1)
    for theme in ("light", "dark"):
        with Image.open(film.save(tmp_path / "film.gif", theme=theme, seconds=0.3)) as gif:  # type: ignore[arg-type]
            assert gif.n_frames == len(film) == 6 and gif.size[0] == 1000
            assert gif.info["duration"] == 300
            assert gif.convert("RGB").getpixel((2, 2)) == ((255,) * 3 if theme == "light" else (0x12, 0x17, 0x1D))


@pytest.mark.dot
def test_a_pdf_has_a_page_for_each_frame(tmp_path: Path, dot: str) -> None:
    from pypdf import PdfReader

    film = trained(unusual(), 3, every=1)
    pages = PdfReader(film.save(tmp_path / "film.pdf")).pages
    assert len(pages) == len(film) and len({tuple(page.mediabox) for page in pages}) == 1
    assert [f"step {n}" in page.extract_text() for n, page in enumerate(pages)] == [True] * 4


def test_a_broken_network_is_filmed_as_it_is(tmp_path: Path) -> None:
    last = broken().frames(tmp_path)[-1].read_text("utf-8")
    assert "NaN" in shown(last) and "∞" in shown(last) and "loss: NaN" in shown(last)
    assert "<script>" not in last and HOSTILE[:16] in shown(last)


def test_pictures_that_are_alike_come_back_from_their_pieces() -> None:
    def picture(width: float, text: str, more: str = "") -> str:
        head = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><g class="graph" transform="translate(4 5)">'
        path = f'<g id="a" class="edge"><path stroke-width="{width}" d="M0,0C1,1 2,2 3,3"/></g>'
        return f'{head}{path}<g id="b" class="node"><text x="1" y="2">{text}</text>{more}</g></g></svg>'

    found = alike([picture(1, "x"), picture(1, "y"), picture(2, "y", '<ellipse cx="1" cy="1" rx="2" ry="2"/>')])
    assert found["box"] == [0, 0, 9, 9]
    wire, label = found["parts"]
    assert wire["frames"] == [[0, "1"], 0, [0, "2"]] and "M4,5L7,8" in "".join(wire["patterns"][0])
    assert label["frames"][:2] == [[0, "x"], [0, "y"]] and label["frames"][2][0] == 1
    assert 'cx="5" cy="6"' in label["patterns"][1][0]


# ---- decision regions ----


def scored(film: mg.Film, frame: mg.Frame, points: Array) -> Array:
    """What the 2-4-2 network says of points, by hand."""
    w1, b1, w2, b2 = frame.parameters.values()
    return np.maximum(points @ w1 + b1, 0) @ w2 + b2


def test_regions_are_what_the_network_says() -> None:
    film = trained(classifier(), 40, every=20)
    found = plane(film._story())
    assert found is not None
    grid, told = found.grid(), found.as_json()
    for frame, flat, right in zip(film, told["frames"], told["right"]):
        classes = np.repeat(flat[::2], flat[1::2])
        assert np.array_equal(classes, scored(film, frame, grid).argmax(axis=1))
        points = film.graph["x"].value
        assert right == (scored(film, frame, points).argmax(axis=1) == film.graph["t"].value).sum()
    left, right, bottom, top = found.box
    assert (grid.min(axis=0) > [left, bottom]).all() and (grid.max(axis=0) < [right, top]).all()
    assert grid[0, 0] == grid[:, 0].min() and grid[0, 1] == grid[:, 1].max()


@pytest.mark.parametrize("kind", ["logits", "chances", "signs", "squares"])
def test_one_output_splits_the_plane_in_two(kind: str) -> None:
    rng = np.random.default_rng(3)
    points = rng.normal(size=(30, 2))
    yes = (points[:, :1] > 0).astype(float)
    x, w, b = mg.Node(points, "x", requires_grad=False), mg.Parameter([[3.0], [1.0]], "w"), mg.Parameter([0.2], "b")
    z = x @ w + b
    t = mg.Node(2 * yes - 1 if kind == "signs" else yes, "t", requires_grad=False)
    losses = {
        "logits": lambda: SigmoidWithLoss()(z, t),
        "chances": lambda: BinaryCrossEntropy()(mg.sigmoid(z), t),
        "signs": lambda: ((z - t) ** 2).mean(),
        "squares": lambda: ((z - t) ** 2).mean(),
    }
    film = mg.record(mg.Graph(losses[kind]()))
    found = plane(film._story())
    assert found is not None and found.data is x
    limit = 0.5 if kind == "squares" else 0.0
    expected = (points @ [[3.0], [1.0]] + 0.2).ravel() > limit
    assert np.array_equal(found.classes(list(film)[0], points), expected)
    assert np.array_equal(found.answers, yes.ravel())


def test_batches_may_change_while_one_stays_to_be_looked_at() -> None:
    graph = classifier()
    points, labels = graph["x"].value, graph["t"].value
    program = graph.compile(mg.SGD(graph.parameters, 0.3))
    film = mg.record(program, every=10, batch={"x": points[:30], "t": labels[:30]})
    for start in range(20):
        program(x=points[start : start + 4], t=labels[start : start + 4])
        film()
    found = plane(film._story())
    assert found is not None and np.array_equal(found.answers, labels[:30])
    assert len(film._story().values(list(film)[-1])[graph["x"]]) == 30


def test_a_network_that_cannot_say_anything_before_its_first_step(tmp_path: Path) -> None:
    points, labels = moons()
    norm = BatchNorm(4)
    net = mg.Sequential(Affine(2, 4, seed=0), norm, ReLU(), Affine(4, 2, seed=1))
    graph = mg.Graph(SoftmaxWithLoss()(net(mg.Node(points, "x", requires_grad=False)), mg.Node(labels, "t")))
    optimizer = mg.SGD(graph.parameters, 0.1)
    film = mg.record(graph, every=1, batch={"x": points})
    for _ in range(3):
        graph.forward()
        graph.backward()
        optimizer.step()
        norm.update(graph)
        film()
    found = plane(film._story())
    assert found is not None
    first, *_, last = (found.classes(frame, points) for frame in film)
    assert set(first) == {-1} and set(last) == {0, 1}
    assert len(film.frames(tmp_path)) == 4 and film.save(tmp_path / "film.html").exists()


def test_there_are_no_regions_of_what_has_no_classes_or_no_plane() -> None:
    rng = np.random.default_rng(4)
    x, w = mg.Node(rng.normal(size=(9, 2)), "x", requires_grad=False), mg.Parameter(rng.normal(size=(2, 1)), "w")
    regression = mg.Graph(((x @ w - mg.Node(rng.normal(size=(9, 1)), "t")) ** 2).mean())
    for graph in (regression, unusual()):
        assert plane(mg.record(graph)._story()) is None


def test_runs_are_classes_and_how_often_they_come() -> None:
    assert runs(np.array([1, 1, 0, 0, 0, -1])) == [1, 2, 0, 3, -1, 1]
    assert runs(np.array([-1])) == [-1, 1]


# ---- words and sizes ----


def test_all_words_of_the_page_are_known_in_korean() -> None:
    assert {text for text in WORDS.values() if re.search("[a-z]{2}", text)} <= KOREAN.keys()


def test_a_film_of_a_hundred_frames_is_less_than_a_megabyte(tmp_path: Path) -> None:
    film = trained(classifier(4, 3), 99, every=1)
    page = film.save(tmp_path / "film.html")
    assert len(film) == 100 and page.stat().st_size < 1e6
