// What a page of steps shows: everything that a reader could read off it, for each figure, state and step.
// most: of how many states, spread from the first, where all is closed, to the one with the most open.
(most) => {
const textOf = (node) => node.textContent;

function tables(root) {
  return [...root.querySelectorAll("table.mg-array")].map((table) =>
    [...table.rows].map((row) => [...row.cells].map(textOf)));
}

function term(node) {
  if (node.classList.contains("mg-sign")) return { sign: textOf(node) };
  const number = node.querySelector(".mg-number");
  return { name: textOf(node.querySelector("figcaption")), tables: tables(node),
    number: number && textOf(number), factor: textOf(node.querySelector(".mg-note") || document.createElement("i")),
    label: node.getAttribute("aria-label") };
}

const whenOf = (node) => ["future", "now", "past"].find((when) => node.classList.contains(`mg-${when}`)) || "";

function shown(player) {
  const parts = {};
  for (const group of player.stage.nodes) {
    const { key } = group.mgTold;
    parts[key] = whenOf(group);
    for (const [row, node] of Object.entries(group.mgRow)) if (node) parts[`${key} ${row}`] = whenOf(node);
  }
  const $ = (query) => player.section.querySelector(query);
  return { parts, head: textOf($(".mg-head")), equation: textOf($(".mg-equation")), says: textOf($(".mg-sentence")),
    phase: textOf($(".mg-phase")),
    terms: [...$(".mg-terms").children].map(term), slider: [$(".mg-slider").value, $(".mg-slider").max],
    said: $(".mg-slider").getAttribute("aria-valuetext"),
    wires: player.stage.wires.map(whenOf), disabled: [...player.section.querySelectorAll("button:disabled")].length };
}

function told(player) {
  return [...player.stage.nodes, ...player.stage.clusters].map((group) => {
    player.point(group);
    const { root } = player.tip;
    if (root.hidden) return { key: group.mgTold.key, figures: [] };
    const figures = [...root.querySelectorAll("figure")].map((figure) => ({
      name: textOf(figure.querySelector("figcaption")), tables: tables(figure), notes: [...figure.querySelectorAll(".mg-note")].map(textOf),
      number: textOf(figure.querySelector(".mg-number") || document.createElement("i")) }));
    return { key: group.mgTold.key, head: textOf(root.querySelector("p")), figures };
  });
}

function some(states) {
  const byOpen = [...states].sort((a, b) => a.open.length - b.open.length);
  if (!most || states.length <= most) return byOpen;
  return [...Array(most).keys()].map((n) => byOpen[Math.round((n * (states.length - 1)) / (most - 1))]);
}

return players.map((player) => some(player.data.states).map((state) => {
  player.setState(state, 0);
  const steps = state.steps.map((number, n) => {
    player.go(n);
    return { key: player.data.steps[number].key, ...shown(player) };
  });
  return { open: state.open, steps, told: told(player) };
}));
}
