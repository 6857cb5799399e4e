"""The words on a picture, in English and Korean; names, formulas and numbers are the same in both."""

from __future__ import annotations

from typing import Literal

__all__ = ["LANGUAGES", "Language", "translated"]

Language = Literal["en", "ko"]
LANGUAGES = ("en", "ko")

KOREAN = {
    "input": "입력",
    "parameter": "매개변수",
    "target": "정답 레이블",
    "loss": "손실",
    "the loss": "손실",
    "forward value": "순전파 값",
    "gradient of {0} (backward)": "역전파 기울기 ({0})",
    "local gradient": "국소 미분",
    "downstream": "하류 기울기",
    "upstream": "상류 기울기",
    "local": "국소 미분",
    "not computed": "계산되지 않음",
    "stale: forward again": "이전 값으로 계산됨: 다시 순전파 필요",
    "⊕ {0} paths": "⊕ 경로 {0}개",
    "via {0}": "{0} 경유",
    "row {0} of {1}": "{1}행 중 {0}행",
    "first {0}": "처음 나온 {0}",
    "error {0}": "오차 {0}",
    "– not compared": "– 비교 불가",
    "size, and − if negative": "크기, 음수는 −",
    "Forward": "순전파",
    "Backward": "역전파",
    "Backward has not run.": "역전파를 아직 하지 않았습니다.",
    "No gradient flows back.": "되돌아오는 기울기가 없습니다.",
    "nothing is computed": "계산 없음",
    "{0} more like the one before": "앞과 같은 것 {0}개 더",
    "{0} parameters, {1} numbers": "매개변수 {0}개, 수 {1}개",
    "⋯ {0} ops before": "⋯ 이전 연산 {0}개",
    "equal: difference {0}": "같음: 차이 {0}",
    "DIFFERENT by {0}": "다름: 차이 {0}",
    "One step of {0}, learning rate {1}": "{0}의 한 걸음, 학습률 {1}",
    "step": "갱신량",
    "new {0}": "새 {0}",
    "empty": "비어 있음",
    "{0} = Σ over the batch of {1}": "{0} = 배치 방향의 합 ({1})",
    "a batch of one row": "한 행짜리 배치",
    "Jacobian {0}": "야코비 {0}",
    "then {0}": "그다음 {0}",
    "broadcast": "브로드캐스트",
    "mask": "마스크",
    "one-hot": "원-핫",
    "reshape": "모양 변경",
    "shared at a tie": "동점이면 나눔",
    "N = {N}": "N = {N} (배치 크기)",
    "pᵢ(1−pᵢ) if i = j": "i = j이면 pᵢ(1−pᵢ)",
    "{0} input": "입력 {0}개",
    "{0} inputs": "입력 {0}개",
    "{0} unit": "뉴런 {0}개",
    "{0} units": "뉴런 {0}개",
    "{0} weight": "가중치 {0}개",
    "{0} weights": "가중치 {0}개",
    "{0} shown": "{0}개 표시",
    "{0} more": "{0}개 더",
    "widest: {0}": "가장 굵은 선: {0}",
    "over the batch of {0}": "배치 {0}개 전체",
    "positive weight": "양의 가중치",
    "negative weight": "음의 가중치",
    "positive gradient": "양의 기울기",
    "negative gradient": "음의 기울기",
    "width: size, relative to the layer's widest": "굵기: 크기 (층에서 가장 굵은 선 기준)",
    "fill: size, relative to the column's largest": "채움: 크기 (열의 최댓값 기준)",
    "units: sample {0} (of 0 … {1})": "뉴런: 샘플 {0} (0 … {1} 중)",
    "units: the only sample": "뉴런: 하나뿐인 샘플",
    "units: ∂{0}/∂unit of sample {1} (of 0 … {2})": "뉴런: 샘플 {1}의 ∂{0}/∂뉴런 (0 … {2} 중)",
    "{0}: over the batch of {1}": "{0}: 배치 {1}개 전체",
    "below: {0}": "아래: {0}",
    "−pᵢpⱼ else": "아니면 −pᵢpⱼ",
    "with {0}": "여기서 {0}",
    "row by row": "행마다",
    "{0} more": "{0}개 더",
    "Σ over {0} paths": "Σ (경로 {0}개)",
    "… and {0} more path, together": "… 그 밖의 경로 {0}개, 합계",
    "… and {0} more paths, together": "… 그 밖의 경로 {0}개, 합계",
    "backward began with {0}": "역전파의 시작: {0}",
    "{0}, given by backward(seed)": "{0}: backward(seed)로 주어짐",
    "→₁ leads to the first input of its op, →₂ to the second": "→₁: 연산의 첫째 입력, →₂: 둘째 입력",
    "input {0}": "입력 {0}",
    "({0} equal paths)": "(같은 경로 {0}개)",
    "{0} puts an axis back, as in NumPy": "{0}: NumPy처럼 축을 되살림",
    "{0} keeps the axis it sums over, with length 1": "{0}: 더한 축을 크기 1로 유지",
    "{0}, but backward gives {1}": "{0}, 그러나 backward의 결과는 {1}",
    "✗ {0}, {1}: backward gives {2}, but {3} gives {4}": "✗ {0}, {1}: backward의 결과는 {2}, 그러나 {3}의 결과는 {4}",
    "✗ {0}, {1}: backward gives {2}, but {3} gives {4}, up to {5} apart": (
        "✗ {0}, {1}: backward의 결과는 {2}, 그러나 {3}의 결과는 {4}, 차이는 최대 {5}"
    ),
    "{0} changed after this forward": "{0}: 이 순전파 뒤에 바뀜",
}


def translated(phrase: str, language: Language) -> str:
    """`phrase`, which may have {0}, {1} … to be filled in; what has no translation stays English."""
    return KOREAN.get(phrase, phrase) if language == "ko" else phrase
