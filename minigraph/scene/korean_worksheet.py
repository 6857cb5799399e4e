"""The Korean words of worksheets."""

from __future__ import annotations

__all__ = ["WORKSHEET"]

WORKSHEET = {
    "to be found": "구할 값",
    "Find the missing numbers": "빈칸에 알맞은 수 구하기",
    "Answer key": "정답",
    "Name": "이름",
    "Date": "날짜",
    "row {0}, column {1}": "{0}행 {1}열",
    "element {0}": "{0}번째 원소",
    "check": "채점",
    "show answer": "정답 보기",
    "{0} of {1} right": "{1}개 중 {0}개 정답",
    "{0} still empty": "빈칸 {0}개",
    "{0} looked up": "정답을 본 칸 {0}개",
    "all right!": "모두 맞았습니다!",
    "right": "맞음",
    "wrong": "틀림",
    "answer shown": "정답을 봄",
    "blank {0}: {1}": "빈칸 {0}: {1}",
    "worksheet": "연습지",
    "results": "채점 결과",
    "picture: scroll sideways": "그림: 옆으로 밀어서 보기",
    "Fill in the boxes, then press check, or Enter. {0} digits after the point will do, or a fraction: −1/3.": (
        "빈칸을 채우고 채점 단추나 Enter를 누르세요. 소수점 아래 {0}자리까지, 또는 −1/3 같은 분수로 쓰면 됩니다."
    ),
    "not right yet": "아직 맞지 않습니다",
    "this is not a number: write −0.12 or 1/3": "수로 읽을 수 없습니다: −0.12나 1/3처럼 쓰세요",
    "{0}, or {1}": "{0}, 또는 {1}",
    "rounded too far: give one more digit": "너무 많이 반올림했습니다: 한 자리 더 쓰세요",
    "the sign is wrong": "부호가 틀렸습니다",
    "the upstream gradient is missing: this is the local gradient alone": (
        "상류 기울기가 빠졌습니다: 국소 미분만 쓴 값입니다"
    ),
    "the local gradient is missing: this is the upstream gradient alone": (
        "국소 미분이 빠졌습니다: 상류 기울기만 쓴 값입니다"
    ),
    "rows and columns are swapped: look at the transpose": "행과 열이 바뀌었습니다: 전치를 확인하세요",
    "the 1/N of the mean is missing": "평균의 1/N이 빠졌습니다",
    "the sum over the batch is missing: this is one sample's share": (
        "배치 방향의 합이 빠졌습니다: 샘플 하나의 몫입니다"
    ),
    "a path is missing: the gradients of all paths are added": "경로가 하나 빠졌습니다: 모든 경로의 기울기를 더해야 합니다",
    "the derivative of the function on the way (of ReLU: its mask) is missing": (
        "지나온 함수의 미분(ReLU라면 마스크)이 빠졌습니다"
    ),
    "this is what goes into the op, not what comes out": "연산의 출력값이 아니라 입력값입니다",
}
