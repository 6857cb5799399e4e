"""The look: one closed set of colours. Hue is direction, intensity is magnitude, the sign is a glyph."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DARK", "LIGHT", "THEMES", "Palette", "shade"]

LEVELS = 9


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


LIGHT = Palette(
    background="#FFFFFF", ink="#1F2933", mute="#5B6672", rule="#B8C2CC", panel="#F6F8FA", pill="#EDF1F5",
    parameter="#FFF4CC",
    forward="#00695C", forward_heat=("#E6F4F1", "#6FC2B0"),
    backward="#B23A00", backward_heat=("#FDEEE4", "#F2A26B"),
    local="#5E35A1", local_heat=("#F1EBFA", "#B79CE3"),
    op="#FDFDFD", op_line="#3E4C59",
)  # fmt: skip


DARK = Palette(
    background="#12171D", ink="#E6EBF0", mute="#9AA7B4", rule="#3D4A57", panel="#1A2129", pill="#232C36",
    parameter="#4A4018",
    forward="#4FD1B5", forward_heat=("#14302B", "#1F6F60"),
    backward="#FF9C66", backward_heat=("#38210F", "#8A4516"),
    local="#C4A8FF", local_heat=("#2A2140", "#5B4490"),
    op="#1F2730", op_line="#98A5B3",
)  # fmt: skip

THEMES = {"light": LIGHT, "dark": DARK}


def shade(heat: tuple[str, str], magnitude: float) -> str:
    """A colour between the ends of `heat` for a magnitude in 0 … 1, in nine levels, small ones lifted to show."""
    level = round(min(max(magnitude, 0.0), 1.0) ** 0.8 * (LEVELS - 1)) / (LEVELS - 1)
    low, high = ([int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in heat)
    return "#" + "".join(f"{round(a + (b - a) * level):02X}" for a, b in zip(low, high))
