"""How ops on values are written in one line: with the brackets that a formula needs, and none where it needs none."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from minigraph.formulas import filled
from minigraph.graph import Node, Op
from minigraph.scene.symbols import Symbols
from minigraph.scene.text import clean, superscript

__all__ = ["Term", "atom", "written"]

SUM, SIGN, PRODUCT, POWER, WHOLE = range(5)
ENDLESS = 200  # characters that no picture has room for

# what an op says of itself: how it is written here, how tight that is, how tight its operands must be without brackets
PATTERNS = {
    "{0} + {1}": ("{0} + {1}", SUM, SUM, PRODUCT),
    "{0} − {1}": ("{0} − {1}", SUM, SUM, PRODUCT),
    "{0} × {1}": ("{0} × {1}", PRODUCT, PRODUCT, POWER),
    "{0} ÷ {1}": ("{0}/{1}", PRODUCT, POWER, POWER),
    "−{0}": ("−{0}", SIGN, PRODUCT, PRODUCT),
}


@dataclass(frozen=True)
class Term:
    """A piece of a formula, and how tightly it holds together."""

    text: str
    level: int = WHOLE

    def within(self, level: int) -> str:
        return self.text if self.level >= level else f"({self.text})"


def atom(text: str) -> Term:
    """A name or a number: −1.21 and 2.5·10⁷ need brackets in some places, and so does a name like a + b."""
    if re.search(r"[\s+−÷×/^-]", text[1:]):
        return Term(text, SUM)
    return Term(text, SIGN if text.startswith(("−", "-")) else PRODUCT if "·" in text else WHOLE)


def written(steps: Sequence[Node], known: Mapping[Node, Term], symbols: Symbols) -> Term | None:
    """The last of `steps`, of `known` terms and of what else has a name; None where that would be endless."""
    terms = dict(known)
    for node in steps:
        assert node.op is not None
        names = zip(node.inputs, symbols.inputs(node))
        term = terms[node] = _applied(node.op, [terms.get(source) or atom(name) for source, name in names])
        if len(term.text) > ENDLESS:
            return None
    return terms[steps[-1]]


def _applied(op: Op, terms: Sequence[Term]) -> Term:
    fits = f"{{{len(terms) - 1}}}" in op.formula and f"{{{len(terms)}}}" not in op.formula
    if fits and op.formula in PATTERNS:
        pattern, level, *levels = PATTERNS[op.formula]
        return Term(pattern.format(*(term.within(needed) for term, needed in zip(terms, levels))), level)
    if fits and op.formula == "{0}^{1}":
        return _power(*terms)
    inside = ", ".join(term.text for term in terms)
    if op.gate.isidentifier() or not op.formula:
        return Term(f"{clean(op.gate or op.name)}({inside})")
    return _of_its_own(op.formula, terms)


def _power(base: Term, exponent: Term) -> Term:
    digits = exponent.text.replace("−", "-")
    if re.fullmatch(r"-?\d{1,3}", digits):
        return Term(base.within(WHOLE) + superscript(int(digits)), POWER)
    return Term(f"{base.within(WHOLE)}^{exponent.within(WHOLE)}", POWER)


def _of_its_own(formula: str, terms: Sequence[Term]) -> Term:
    """By a formula that somebody wrote: nothing is known of it, but that softplus({0}) has its brackets already."""

    def fitting(i: int, term: Term) -> str:
        return term.text if re.search(rf"[(,]\s*\{{{i}\}}\s*[,)]", formula) else term.within(WHOLE)

    text = filled(formula, *(fitting(i, term) for i, term in enumerate(terms)))
    return Term(text, WHOLE if re.fullmatch(r"\w+\([^()]*\)", formula) else SUM)
