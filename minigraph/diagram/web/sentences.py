"""One sentence for each step: what happens there, and why the numbers come out as they do."""

from __future__ import annotations

import numpy as np

from minigraph.arrays import Array
from minigraph.diagram.labels.look import Look
from minigraph.graph import Node
from minigraph.scene.content import Edge
from minigraph.scene.folding import Fold
from minigraph.scene.symbols import sum_back
from minigraph.scene.text import size_text

__all__ = ["Sentences"]

ON_GATES = {
    "+": "{0} and {1} are added, element by element.",
    "−": "{1} is taken away from {0}, element by element.",
    "×": "{0} and {1} are multiplied, element by element.",
    "÷": "{0} is divided by {1}, element by element.",
    "exp": "Each element becomes e to the power of it: all positive, and large ones stand out.",
    "log": "Each element is replaced by its natural logarithm.",
    "ReLU": "What is negative becomes 0, the rest stays as it is.",
    "−1×": "The sign is turned.",
    "Σ": "All elements are added.",
    "Σₖ": "The elements of each row are added.",
    "σ": "Each element is squeezed between 0 and 1.",
    "tanh": "Each element is squeezed between −1 and 1.",
}
REARRANGING = ("reshape", "transpose", "flatten", "concat", "stack", "[ ]")


class Sentences:
    """Writes them in the language of a diagram."""

    def __init__(self, look: Look) -> None:
        self.look, self.scene, self.symbols, self.say = look, look.scene, look.symbols, look.symbols.say

    def start(self) -> str:
        if self.scene.root not in self.scene.gradients and self.scene.wants_gradient(self.scene.root):
            return self.say("Inputs and parameters are given. Backward has not run: call it before you draw.")
        return self.say("Inputs and parameters are given. Step forward to compute what follows from them.")

    def forward(self, node: Node) -> str:
        op, names = node.op, [self.symbols.name(source) for source in node.inputs]
        assert op is not None
        y, shape = self.symbols.name(node), size_text(node.shape)
        if self.scene.role(node) == "loss" and not op.gate:
            return self.say("{0} is one number: how wrong the network is. Smaller is better.", y)
        if op.gate == "·" and len(names) == 2 and all(source.value.ndim == 2 for source in node.inputs):
            a, b = (size_text(source.shape) for source in node.inputs)
            return self.say("Matrix product, so the inner sizes match: {0} = {1} · {2}.", shape, a, b)
        says = ON_GATES.get(op.gate, "")
        if not node.value.ndim:
            says = says.replace(", element by element", "")
        if op.gate == "mean" and not node.value.ndim:
            return self.say("The mean of all elements.")
        if says and says.count("{") <= len(names):
            small = [n for n, source in zip(names, node.inputs) if 0 < source.value.size < node.value.size]
            says = self.say(says, *names)
            if op.gate in "+−×÷" and small and node.value.ndim:
                return f"{says} {self.say('{0} is broadcast to {1} first.', ', '.join(dict.fromkeys(small)), shape)}"
            return says
        if not op.gate and node.value.ndim:
            first = node.inputs[0]
            return self.say("{0} turns {1} ({2}) into {3} ({4}).", self.scene.titles[node], names[0],
                            size_text(first.shape) or "1", y, shape)  # fmt: skip
        return self.say("{0} makes {1} from {2}.", op.gate or self.scene.titles[node], y, ", ".join(names))

    def folded(self, found: Fold) -> str:
        return self.say("The same block comes {0} more times; it was drawn once.", found.times - 1)

    def folded_back(self, found: Fold) -> str:
        return self.say("The way back runs through the {0} blocks that are not drawn.", found.times - 1)

    def seed(self) -> str:
        root = self.scene.root
        name, seed = self.symbols.name(root), self.scene.gradients[root]
        if not seed.ndim and float(seed) == 1:
            return self.say("The way back starts with {0} = 1: when {1} grows, {1} grows as much.",
                            self.symbols.gradient(root), name)  # fmt: skip
        return self.say("The way back starts with the gradient that backward was given.")

    def backward(self, edge: Edge, nth: int, of: int) -> str:
        """nth, of: which of the contributions to the same gradient it is."""
        says = self._rule(edge)
        if of == 1:
            return says
        gradient = self.symbols.gradient(edge.source)
        if nth < of:
            return f"{says} {self.say('It is path {0} of {1}: the others add to {2}.', nth, of, gradient)}"
        return f"{says} {self.say('It is the last of {0} paths; {1} is the sum of all.', of, gradient)}"

    def _rule(self, edge: Edge) -> str:
        local, numbers, source = edge.local, edge.numbers, self.symbols.name(edge.source)
        if local is None:
            return self.say("The upstream gradient times the Jacobian of this op.")
        factor, sizes = self.symbols.local(edge), self.symbols.note(edge)
        if local.rule == "sum rows" and local.symbol != "Σₙ":
            return self.say("{0} was added in every place, so its gradients are added over all of them.", source)
        if local.rule == "sum rows":
            return self.say("{0} was copied to each row, so its gradients are added over the rows.", source)
        if local.rule == "row by row":
            return self.say("Every output of a row depends on every input of it: each row has a Jacobian of its own.")
        if local.rule in ("from right", "from left"):
            side = "The local gradient {0} comes from the right" if local.rule == "from right" else (
                "The local gradient {0} comes from the left")  # fmt: skip
            if "=" not in sizes:
                return f"{self.say(side, factor)}."
            return f"{self.say(side, factor)}{self.say(', so shapes match: {0}.', sizes)}"
        return self._elementwise(edge, factor, None if numbers is None else np.asarray(numbers))

    def _elementwise(self, edge: Edge, factor: str, numbers: Array | None) -> str:
        node, source = edge.node, edge.source
        back = sum_back(edge) if 0 < source.value.size < node.value.size else ""
        is_one = numbers is not None and numbers.size > 0 and bool((numbers == 1).all())
        if is_one and node.op is not None and node.op.gate in REARRANGING:
            says = self.say("The op only moves numbers, so each gradient goes back to where its number came from.")
        elif is_one and source.value.size > node.value.size:
            says = self.say("The local gradient is 1: each element gets the gradient of the sum that it went into.")
        elif is_one:
            says = self.say("The local gradient is 1: the gradient passes unchanged.")
        elif numbers is not None and numbers.size and (numbers == -1).all():
            says = self.say("The local gradient is −1: the gradient passes with its sign turned.")
        elif numbers is not None and numbers.size > 1 and 0 < (zeros := int((numbers == 0).sum())) < numbers.size:
            says = self.say("Where the local gradient {0} is 0 nothing passes: {1} of {2} elements.", factor, zeros,
                            numbers.size)  # fmt: skip
        elif not node.value.ndim and source.value.ndim:
            y, x = self.symbols.name(node), self.symbols.name(source)
            says = self.say("How fast {0} changes with each element of {1}: {2}.", y, x, factor)
        elif node.value.ndim:
            says = self.say("Each element of the upstream gradient meets its own local gradient {0}.", factor)
        else:
            says = self.say("Upstream times the local gradient {0}.", factor)
        if back:
            summed = self.say(
                "{0} was broadcast, so its gradient is summed back: {1}.", self.symbols.name(source), back
            )
            return f"{says} {summed}"
        return says
