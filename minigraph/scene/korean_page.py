"""The words of pages that are stepped through, in Korean."""

from __future__ import annotations

__all__ = ["PAGE"]

PAGE = {
    "start": "시작",
    "forward": "순전파",
    "backward": "역전파",
    "to the start": "처음으로",
    "back": "이전",
    "step": "다음",
    "to the end": "끝으로",
    "play": "재생",
    "pause": "일시 정지",
    "step of {0}": "단계 (모두 {0}개)",
    "expand all": "모두 펼치기",
    "collapse all": "모두 접기",
    "expand {0}": "{0} 펼치기",
    "collapse {0}": "{0} 접기",
    "follow": "따라가기",
    "fit": "맞추기",
    "zoom in": "확대",
    "zoom out": "축소",
    "dark": "어둡게",
    "light": "밝게",
    "← → step · Home End · Space play · E expand · F follow · D dark · 0 fit": (
        "← → 단계 · Home End · Space 재생 · E 펼치기 · F 따라가기 · D 어둡게 · 0 맞추기"
    ),
    "point at a card, or tap it, for all its numbers": "카드를 가리키거나 누르면 모든 수가 보입니다",
    "value": "값",
    "gradient": "기울기",
    "comes at step {0}": "{0}단계에서 계산됨",
    "min {0} · mean {1} · max {2}": "최소 {0} · 평균 {1} · 최대 {2}",
    "the first {0} of {1} numbers": "수 {1}개 중 처음 {0}개",
    "diagram: {0}": "계산 그래프: {0}",
    "steps": "단계 조작",
    "what happens at this step": "이 단계에서 하는 일",
    "through {0}": "{0} 게이트 통과",
    "gradient for {0}": "{0}의 기울기",
    "where it starts": "역전파의 출발점",
    "{0} more blocks": "블록 {0}개 더",
    "back through {0} blocks": "블록 {0}개를 거슬러",
    "row {0}": "{0}행",
    "path {0} of {1}": "경로 {0}/{1}",
    "A diagram of this size needs JavaScript.": "이 크기의 그림을 보려면 JavaScript가 필요합니다.",
    "folded blocks": "접어 둔 블록",
    "[{0}] of {1}": "{1} 중 [{0}]",
    "Inputs and parameters are given. Step forward to compute what follows from them.": (
        "입력과 매개변수가 주어져 있습니다. 다음 단계로 가면 거기서부터 값이 하나씩 계산됩니다."
    ),
    "Inputs and parameters are given. Backward has not run: call it before you draw.": (
        "입력과 매개변수가 주어져 있습니다. 역전파를 아직 하지 않았습니다. 그리기 전에 backward()를 호출하세요."
    ),
    "{0} is one number: how wrong the network is. Smaller is better.": (
        "{0}의 값은 신경망이 얼마나 틀렸는지를 나타내는 수 하나입니다. 작을수록 좋습니다."
    ),
    "Matrix product, so the inner sizes match: {0} = {1} · {2}.": "행렬 곱이므로 안쪽 크기가 서로 맞습니다: {0} = {1} · {2}.",
    "{0} turns {1} ({2}) into {3} ({4}).": "{0}의 입력은 {1} ({2})이고, 출력은 {3} ({4})입니다.",
    "{0} makes {1} from {2}.": "{0} 연산의 입력은 {2}이고, 출력은 {1}입니다.",
    "{0} is broadcast to {1} first.": "그 전에 {0}의 모양을 {1}에 맞춰 브로드캐스트합니다.",
    "{0} and {1} are added, element by element.": "원소별로 더합니다: {0} + {1}.",
    "{1} is taken away from {0}, element by element.": "원소별로 뺍니다: {0} − {1}.",
    "{0} and {1} are multiplied, element by element.": "원소별로 곱합니다: {0} ⊙ {1}.",
    "{0} and {1} are multiplied.": "두 수를 곱합니다: {0} × {1}.",
    "{0} and {1} are added.": "두 수를 더합니다: {0} + {1}.",
    "{1} is taken away from {0}.": "앞의 수에서 뒤의 수를 뺍니다: {0} − {1}.",
    "{0} is divided by {1}.": "앞의 수를 뒤의 수로 나눕니다: {0} ÷ {1}.",
    "{0} is divided by {1}, element by element.": "원소별로 나눕니다: {0} ÷ {1}.",
    "Each element becomes e to the power of it: all positive, and large ones stand out.": (
        "e를 각 원소만큼 거듭제곱합니다. 모두 양수가 되고, 큰 값이 두드러집니다."
    ),
    "Each element is replaced by its natural logarithm.": "각 원소를 자연로그로 바꿉니다.",
    "What is negative becomes 0, the rest stays as it is.": "음수는 0이 되고 나머지는 그대로입니다.",
    "The mean of all elements.": "모든 원소의 평균입니다.",
    "The sign is turned.": "부호를 바꿉니다.",
    "All elements are added.": "모든 원소를 더합니다.",
    "The elements of each row are added.": "행마다 원소를 더합니다.",
    "Each element is squeezed between 0 and 1.": "각 원소를 0과 1 사이로 눌러 넣습니다.",
    "Each element is squeezed between −1 and 1.": "각 원소를 −1과 1 사이로 눌러 넣습니다.",
    "The same block comes {0} more times; it was drawn once.": "같은 블록이 {0}번 더 나옵니다. 그림에는 한 번만 그렸습니다.",
    "The way back runs through the {0} blocks that are not drawn.": "그리지 않은 블록 {0}개를 거슬러 지나갑니다.",
    "The way back starts with {0} = 1: when {1} grows, {1} grows as much.": (
        "역전파는 {0} = 1에서 출발합니다. {1} 값이 늘면 {1} 값도 꼭 그만큼 늘기 때문입니다."
    ),
    "The way back starts with the gradient that backward was given.": "역전파는 backward에 주어진 기울기에서 출발합니다.",
    "It is path {0} of {1}: the others add to {2}.": "경로 {1}개 중 {0}번째입니다. {2}에는 나머지 경로의 몫도 더해집니다.",
    "It is the last of {0} paths; {1} is the sum of all.": "경로 {0}개 중 마지막입니다. {1}의 값은 모든 경로의 합입니다.",
    "The upstream gradient times the Jacobian of this op.": "상류 기울기에 이 연산의 야코비 행렬을 곱합니다.",
    "{0} was copied to each row, so its gradients are added over the rows.": (
        "순전파에서 {0}의 값이 모든 행에 복사되었으므로, 기울기는 모든 행에 걸쳐 더합니다."
    ),
    "{0} was added in every place, so its gradients are added over all of them.": (
        "순전파에서 {0}의 값이 모든 자리에 더해졌으므로, 기울기도 모든 자리에 걸쳐 더합니다."
    ),
    "Every output of a row depends on every input of it: each row has a Jacobian of its own.": (
        "한 행의 모든 출력이 그 행의 모든 입력에 따라 달라지므로, 야코비 행렬이 행마다 하나씩 있습니다."
    ),
    "The local gradient {0} comes from the right": "국소 미분({0})을 오른쪽에서 곱합니다",
    "The local gradient {0} comes from the left": "국소 미분({0})을 왼쪽에서 곱합니다",
    ", so shapes match: {0}.": ". 그래야 모양이 맞습니다: {0}.",
    "The local gradient is 1: the gradient passes unchanged.": "국소 미분이 1이므로 기울기가 그대로 지나갑니다.",
    "The op only moves numbers, so each gradient goes back to where its number came from.": (
        "수를 옮기기만 하는 연산이므로, 기울기도 저마다 그 수가 있던 자리로 돌아갑니다."
    ),
    "The local gradient is 1: each element gets the gradient of the sum that it went into.": (
        "국소 미분이 1이므로 각 원소는 자기가 더해진 합의 기울기를 그대로 받습니다."
    ),
    "The local gradient is −1: the gradient passes with its sign turned.": (
        "국소 미분이 −1이므로 기울기의 부호가 바뀌어 지나갑니다."
    ),
    "Where the local gradient {0} is 0 nothing passes: {1} of {2} elements.": (
        "국소 미분({0})이 0인 곳으로는 기울기가 지나가지 못합니다(원소 {2}개 중 {1}개)."
    ),
    "How fast {0} changes with each element of {1}: {2}.": "{1}의 각 원소에 대한 {0}의 변화율은 {2}입니다.",
    "Each element of the upstream gradient meets its own local gradient {0}.": (
        "상류 기울기의 각 원소에 같은 자리의 국소 미분({0})을 곱합니다."
    ),
    "Upstream times the local gradient {0}.": "상류 기울기에 국소 미분({0})을 곱합니다.",
    "{0} was broadcast, so its gradient is summed back: {1}.": (
        "순전파에서 {0}의 값이 브로드캐스트되었으므로, 기울기는 다시 더해서 줄입니다({1})."
    ),
    # in a notebook
    "Too large for a notebook: .save('page.html') writes the page to step through.": (
        "노트북에 넣기에는 너무 큽니다. .save('page.html')로 단계별 페이지를 저장하세요."
    ),
}
