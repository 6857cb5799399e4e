"""Names, formulas and arrays in LaTeX: only what amsmath, MathJax and KaTeX all know."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from itertools import groupby

from minigraph.arrays import Array
from minigraph.scene.text import cells, clean

__all__ = ["broken", "extent", "formula", "matrix", "name"]

DEEPEST = 60  # what may stand inside one another; no formula that anybody reads has more
GREEK = dict(
    zip(
        "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩℓ",
        r"\alpha \beta \gamma \delta \epsilon \zeta \eta \theta \iota \kappa \lambda \mu \nu \xi \pi \rho \sigma \tau "
        r"\upsilon \phi \chi \psi \omega \Gamma \Delta \Theta \Lambda \Xi \Pi \Sigma \Upsilon \Phi \Psi \Omega "
        r"\ell".split(),
    )
)
ESCAPED = {
    "_": r"\_", "%": r"\%", "$": r"\$", "#": r"\#", "&": r"\&", "{": r"\{", "}": r"\}", "\\": r"\backslash ",
    "~": r"{\sim}", "^": r"{\wedge}", "<": "{<}", ">": "{>}", "|": "{|}", " ": r"\ ", "�": "?",
}  # fmt: skip
SIGNS = ESCAPED | {
    "∂": r"\partial", "Σ": r"\sum", "⊙": r"\odot", "⊕": r"\oplus", "×": r"\times", "·": r"\cdot", "−": "-", "≤": r"\le",
    "≥": r"\ge", "≠": r"\ne", "≈": r"\approx", "÷": r"\div", "→": r"\to", "∞": r"\infty", "√": r"\surd", "±": r"\pm",
    "…": r"\ldots", "⋯": r"\cdots", "<": "<", ">": ">", "|": "|", "'": r"\prime", "∈": r"\in",
    "‖": r"\Vert", "\\": r"\backslash", "∇": r"\nabla", "✗": r"\times",
}  # fmt: skip
SPLIT = {r"\cdot", r"\odot", r"\times", r"\to", "+", "="}
ACCENTS = {"\u0302": r"\hat", "\u0303": r"\tilde", "\u0304": r"\bar", "\u0307": r"\dot", "\u0308": r"\ddot"}
OPERATORS = ("arg", "cos", "cosh", "det", "dim", "exp", "ln", "log", "max", "min", "sin", "sinh", "tan", "tanh")


def name(given: str) -> str:
    """A name: x italic, W1 with an index, loss upright; anything else as the text it is, escaped."""
    given = unicodedata.normalize("NFC", clean(given))
    numbered = re.fullmatch(r"([^\W\d_]{1,2})(\d{1,3})", given)
    if numbered:
        return f"{name(numbered[1])}_{{{numbered[2]}}}"
    if given in GREEK or re.fullmatch("[A-Za-z]", given):
        return GREEK.get(given, given)
    parts = unicodedata.normalize("NFD", given)
    if len(parts) == 2 and parts[1] in ACCENTS and re.fullmatch("[A-Za-z]", parts[0]):
        return f"{ACCENTS[parts[1]]}{{{parts[0]}}}"
    return "".join(_upright("".join(run), kind) for kind, run in groupby(given, _alphabet)) or "?"


def _alphabet(character: str) -> str:
    if character in ESCAPED or (character.isascii() and character.isalnum()):
        return "ascii"
    return "sign" if character in GREEK or character in SIGNS and character != "'" else "other"


def _upright(run: str, alphabet: str) -> str:
    if alphabet == "ascii":  # not \text: MathJax takes \_ in it for two characters
        return f"\\mathrm{{{''.join(ESCAPED.get(c, c) for c in run)}}}"
    if alphabet == "sign":
        return "".join(f"{{{GREEK.get(c) or SIGNS[c]}}}" for c in run)
    return _text(run)


def _text(run: str) -> str:
    """Characters as they are; an accent with nothing under it would be an error in KaTeX."""
    while run and unicodedata.combining(run[0]):
        run = run[1:]
    return f"\\text{{{run}}}" if run else ""


def formula(text: str, names: Mapping[str, str] | None = None) -> str:
    """A formula written in Unicode, as ops write theirs: (P − T)/N, Xᵀ, 1[Z > 0], −a/b².

    names: what single characters of it stand for, in LaTeX already.
    """
    if sum(text.count(c) for c in "([∂^") > DEEPEST:
        return name(text)
    return _Reader(text, names or {}).row("")


def matrix(array: Array) -> str:
    """At most two axes, as a pmatrix."""
    rows = array.reshape(1, -1) if array.ndim < 2 else array
    texts, factor = cells(rows)
    width = rows.shape[1]
    lines = [" & ".join(formula(text) for text in texts[i : i + width]) for i in range(0, len(texts), width)]
    body = r" \\ ".join(lines)
    return rf"\begin{{pmatrix}} {body} \end{{pmatrix}}" + (f" {formula(factor)}" if factor else "")


def extent(tex: str) -> int:
    """About how many characters wide a formula is: the wider half of a fraction, the widest row of a matrix."""
    tex = re.sub(r"\\begin\{pmatrix\}(.*?)\\end\{pmatrix\}", lambda m: max(m[1].split(r"\\"), key=len), tex)
    tex = re.sub(r"\\[{}]", "x", tex)
    before = ""
    while before != tex:
        before = tex
        tex = re.sub(r"\\(text|mathrm|mathbf|operatorname)\{([^{}]*)\}|(?<!frac)(?<!\})\{([^{}]*)\}", r"\2\3", tex)
        tex = re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", lambda m: max(m[1], m[2], key=_visible), tex)
    return _visible(tex)


def _visible(tex: str) -> int:
    tex = re.sub(r"\\(left|right|big[lr])(?![a-z])|[_^]", "", tex)
    return len(re.sub(r"\\([A-Za-z]+|.) ?", "x", tex))


def broken(tex: str, room: int) -> list[str]:
    """A formula in lines of about `room` characters: broken before signs that stand in no fraction and no script."""
    if extent(tex) <= room:
        return [tex]
    tex = tex.replace(r"\left(", r"\bigl(").replace(r"\right)", r"\bigr)")  # these may stand on different lines
    lines, line = [], ""
    for part in _parts(tex):
        if line and extent(line + part) > room:
            lines.append(line)
            line = ""
        line += part
    return [found.strip() for found in (*lines, line)]


def _parts(tex: str) -> list[str]:
    """What may stand on lines of their own, each with the sign in front of it."""
    found, depth = [""], 0
    for token in re.split(r"(\\(?:[A-Za-z]+|.)|[{} ])", tex):
        depth += (token in ("{", r"\begin")) - (token in ("}", r"\end"))
        if depth == 0 and found[-1].endswith(" ") and token in SPLIT:
            found.append("")
        found[-1] += token
    return _with_powers(found)


def _with_powers(parts: list[str]) -> list[str]:
    """2.46 · 10⁻⁵ is one number."""
    found = parts[:1]
    for part in parts[1:]:
        if re.match(r"\\(cdot|times) 10\^", part):
            found[-1] += part
        else:
            found.append(part)
    return found


def _script(character: str) -> tuple[str, str] | None:
    """("^", "2") of ², ("_", "n") of ₙ."""
    kind, _, plain = unicodedata.decomposition(character[0]).partition(" ")
    where = {"<super>": "^", "<sub>": "_"}.get(kind)
    if where is None:
        return None
    return where, r"\top" if character == "ᵀ" else "".join(chr(int(code, 16)) for code in plain.split())


def _kind(character: str) -> str:
    if _script(character) or character in GREEK:
        return "single"
    if character.isspace():
        return "space"
    if character.isascii() and (character.isdigit() or character == "."):
        return "number"
    return "word" if character.isalpha() and character not in SIGNS else "single"


def _tokens(text: str) -> list[str]:
    found: list[str] = []
    for kind, run in groupby(text, _kind):
        found += run if kind == "single" else ["".join(run)]
    return found


class _Reader:
    """Reads a formula from left to right: operands with their scripts, fractions of them, and signs in between."""

    def __init__(self, text: str, names: Mapping[str, str]) -> None:
        self.tokens, self.names, self.at = _tokens(text), names, 0

    @property
    def next(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1]

    def row(self, closing: str) -> str:
        """Everything up to `closing`, which is left to the caller."""
        out: list[str] = []
        operand = False  # whether the last thing in `out` can be a numerator
        while self.next and self.next != closing:
            if self.next == "/" and operand and self.at + 1 < len(self.tokens) and self.is_operand(self.at + 1):
                self.take()
                out.append(f"\\frac{{{_bare(out.pop())}}}{{{_bare(self.operand())}}}")
            elif self.next.isspace():
                out.append(self.space(operand))
                operand = operand and out[-1] == ""
            elif self.is_operand(self.at):
                out.append(self.operand())
                operand = True
            else:
                out.append(self.sign())
                operand = False
        out = list(filter(None, out))
        if out[:1] == ["-"]:
            out[:2] = ["".join(out[:2])]
        return " ".join(out)

    def is_operand(self, at: int) -> bool:
        token = self.tokens[at]
        return (
            token in self.names
            or token in GREEK
            and token != "Σ"
            or _kind(token[0]) in ("word", "number")
            or (token in "∂(")
        )

    def operand(self) -> str:
        token = self.take()
        if token == "∂" and self.next and self.is_operand(self.at):
            return f"\\partial {self.operand()}"
        if token == "(":
            base = self.group(")")
        elif token == "1" and self.next == "[":
            base = r"\mathbf{1}"
        else:
            base = self.names.get(token) or self.word(token)
            while self.next in ACCENTS:
                base = f"{ACCENTS[self.take()]}{{{base}}}"
        if self.next in ("(", "[") and token != "(" and not (token[0].isdigit() and self.next == "("):
            base += self.group({"(": ")", "[": "]"}[self.take()])
        return self.scripted(base)

    def group(self, closing: str) -> str:
        """What stands in brackets, with them; the opening one is taken already."""
        opening = "(" if closing == ")" else "["
        inside = self.row(closing)
        if not self.next:
            return f"{opening} {inside}".strip()
        self.take()
        return rf"\left{opening}{inside}\right{closing}" if r"\frac" in inside else f"{opening}{inside}{closing}"

    def scripted(self, base: str) -> str:
        """`base` with the sub- and superscripts that follow it."""
        scripts: dict[str, list[str]] = {"_": [], "^": []}
        while self.next and ((script := _script(self.next)) or self.next == "^"):
            self.take()
            if script:
                scripts[script[0]].append(SIGNS.get(script[1], script[1]))
            else:
                scripts["^"].append(self.exponent())
        if not any(scripts.values()):
            return base
        taken = ("_" in base.replace(r"\_", "") and scripts["_"]) or "^" in base
        found = "".join(f"{where}{{{_run(parts)}}}" for where, parts in scripts.items() if parts)
        return (f"{{{base}}}" if taken or not base else base) + found

    def exponent(self) -> str:
        sign = self.sign() if self.next in ("−", "-", "+") else ""
        return sign + _bare(self.operand()) if self.next and self.is_operand(self.at) else sign or r"\wedge"

    def sign(self) -> str:
        token = self.take()
        if script := _script(token):
            return f"{{}}{script[0]}{{{SIGNS.get(script[1], script[1])}}}"
        known = SIGNS.get(token) or (token if token.isascii() and token not in '"`' else _text(token))
        return self.scripted(known)

    def word(self, token: str) -> str:
        if token in OPERATORS:
            return f"\\{token}"
        if len(token) == 1 or not token.isalpha():
            return GREEK.get(token) or SIGNS.get(token) or (token if token.isascii() else _text(token))
        return f"\\operatorname{{{token}}}" if self.next == "(" and token.isascii() else _text(token)

    def space(self, after_operand: bool) -> str:
        """Between words a real space, between factors a thin one, and around signs what LaTeX puts there itself."""
        before = self.tokens[self.at - 1] if self.at else ""
        self.take()
        if not self.next:
            return ""
        words = [_is_word(token) for token in (before, self.next)]
        called = self.tokens[self.at + 1 : self.at + 2] == ["("]
        if before == "," or words[0] or (words[1] and not called and after_operand):
            return r"\ "
        return r"\," if after_operand and self.is_operand(self.at) and before not in OPERATORS else ""


def _is_word(token: str) -> bool:
    return len(token) > 1 and token.isalpha() and token not in OPERATORS


def _run(parts: list[str]) -> str:
    """Characters of a script: a command must not run into the next letter."""
    return "".join(f"{part} " if part.startswith("\\") else part for part in parts).strip()


def _bare(latex: str) -> str:
    """Without the brackets around the whole, which a fraction's bar or an exponent's height make unnecessary."""
    for opening, closing in (("(", ")"), (r"\left(", r"\right)")):
        if latex.startswith(opening) and latex.endswith(closing):
            inside = latex[len(opening) : -len(closing)]
            depths = [inside[:i].count("(") - inside[:i].count(")") for i in range(len(inside) + 1)]
            if min(depths) >= 0:
                return inside
    return latex
