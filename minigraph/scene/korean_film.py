"""What is said of a training that was filmed, in Korean."""

from __future__ import annotations

__all__ = ["FILM"]

FILM = {
    "step {0}": "{0}단계",
    "step {0}: loss {1}": "{0}단계: 손실 {1}",
    "after step {0} · its loss: {1}": "{0}단계 후 · 그 단계의 손실: {1}",
    "width: size, relative to the layer's widest in the film": "굵기: 크기 (학습 전체에서 층의 가장 굵은 선 기준)",
    "training: {0}": "학습 과정: {0}",
    "steps of training": "학습 단계",
    "frame of {0}": "장면 (모두 {0}개)",
    "← → frame · Home End · Space play · D dark": "← → 장면 · Home End · Space 재생 · D 어둡게",
    "loss over the steps": "단계별 손실",
    "parameters and gradients": "매개변수와 기울기",
    "parameters after the step; loss and gradients that the step was made with": (
        "매개변수는 그 단계를 마친 뒤의 값, 손실과 기울기는 그 단계에 쓰인 값"
    ),
    "network": "신경망",
    "decision regions": "결정 영역",
    "{0} of {1} points right ({2} %)": "점 {1}개 중 {0}개 맞음 ({2}%)",
    "class {0}": "클래스 {0}",
    "{0} more parameters are not shown": "매개변수 {0}개는 표시하지 않음",
    "next": "다음",
}
