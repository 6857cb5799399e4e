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
    "−pᵢpⱼ else": "아니면 −pᵢpⱼ",
    "with {0}": "여기서 {0}",
    "row by row": "행마다",
    "{0} more": "{0}개 더",
    "Σ over {0} paths": "Σ (경로 {0}개)",
    "… and {0} more path, together": "… 그 밖의 경로 {0}개, 합계",
    "… and {0} more paths, together": "… 그 밖의 경로 {0}개, 합계",
    "backward began with {0}": "역전파의 시작: {0}",
    "→₁, →₂ … say as which input": "→₁, →₂ …: 몇 번째 입력인지",
    "{0} changed after this forward": "{0}: 이 순전파 뒤에 바뀜",
}


def translated(phrase: str, language: Language) -> str:
    """`phrase`, which may have {0}, {1} … to be filled in; what has no translation stays English."""
    return KOREAN.get(phrase, phrase) if language == "ko" else phrase
