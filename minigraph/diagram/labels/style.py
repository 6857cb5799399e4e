"""The look: one closed set of colours. Hue is direction, intensity is magnitude, the sign is a glyph."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DARK", "LEVELS", "LIGHT", "PRINT", "SCOPE", "THEMES", "Palette", "dark_css", "dark_rules", "shade"]

LEVELS = 9
SCOPE = "%figure%"  # in CSS: to be replaced by a selector of the one picture that the rules are for
FINE = 100  # steps that meet every level of a shade


@dataclass(frozen=True)
class Palette:
    background: str
    ink: str
    mute: str
    rule: str
    panel: str
    pill: str
    parameter: str
    forward: str
    forward_heat: tuple[str, str]
    backward: str
    backward_heat: tuple[str, str]
    local: str
    local_heat: tuple[str, str]
    op: str
    op_line: str
    highlight: str
    on_highlight: str


LIGHT = Palette(
    background="#FFFFFF", ink="#1F2933", mute="#5B6672", rule="#B8C2CC", panel="#F6F8FA", pill="#EDF1F5",
    parameter="#FFF4CC",
    forward="#00695C", forward_heat=("#E6F4F1", "#6FC2B0"),
    backward="#B23A00", backward_heat=("#FDEEE4", "#F2A26B"),
    local="#5E35A1", local_heat=("#F1EBFA", "#B79CE3"),
    op="#FDFDFD", op_line="#3E4C59", highlight="#F7C948", on_highlight="#1F2932",
)  # fmt: skip


DARK = Palette(
    background="#12171D", ink="#E6EBF0", mute="#9AA7B4", rule="#3D4A57", panel="#1A2129", pill="#232C36",
    parameter="#4A4018",
    forward="#4FD1B5", forward_heat=("#14302B", "#1F6F60"),
    backward="#FF9C66", backward_heat=("#38210F", "#8A4516"),
    local="#C4A8FF", local_heat=("#2A2140", "#5B4490"),
    op="#1F2730", op_line="#98A5B3", highlight="#F0B429", on_highlight="#12171C",
)  # fmt: skip

PRINT = Palette(
    background="#FFFFFF", ink="#000000", mute="#404040", rule="#808080", panel="#F7F7F7", pill="#FFFFFF",
    parameter="#E8E8E8",
    forward="#000000", forward_heat=("#F2F2F2", "#B0B0B0"),
    backward="#000000", backward_heat=("#F2F2F2", "#B0B0B0"),
    local="#000000", local_heat=("#F2F2F2", "#B0B0B0"),
    op="#FFFFFF", op_line="#000000", highlight="#D0D0D0", on_highlight="#000000",
)  # fmt: skip

THEMES = {"light": LIGHT, "dark": DARK, "print": PRINT}


def shade(heat: tuple[str, str], magnitude: float) -> str:
    """A colour between the ends of `heat` for a magnitude in 0 … 1, in nine levels, small ones lifted to show."""
    level = round(min(max(magnitude, 0.0), 1.0) ** 0.8 * (LEVELS - 1)) / (LEVELS - 1)
    low, high = ([int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in heat)
    return "#" + "".join(f"{round(a + (b - a) * level):02X}" for a, b in zip(low, high))


def dark_css() -> str:
    """Rules that turn a picture in `LIGHT` dark for readers whose system is."""
    return f"@media (prefers-color-scheme:dark){{{dark_rules(SCOPE)}}}"


def dark_rules(scope: str) -> str:
    """Each colour of `LIGHT` into its counterpart, wherever the selector `scope` begins."""
    pairs: dict[str, str] = {}
    for name, light in vars(LIGHT).items():
        dark = getattr(DARK, name)
        if isinstance(light, str):
            pairs[light] = dark
        else:
            pairs |= {shade(light, n / FINE): shade(dark, n / FINE) for n in range(FINE + 1)}
    return "".join(
        f'{scope}[{kind}="{a.lower()}" i]{{{kind}:{b.lower()}}}'
        for a, b in pairs.items()
        for kind in ("fill", "stroke")
    )
