// What is said of a step: its equation in colours, the same with numbers, and a sentence. And what is said of a part.
const HUES = { forward: "forward", gradient: "backward", local: "local" };

class Panel {
  constructor(data) {
    this.data = data;
    this.head = element("p", { class: "mg-head" });
    this.equation = element("p", { class: "mg-equation" });
    this.terms = element("div", { class: "mg-terms", role: "group" });
    this.sentence = element("p", { class: "mg-sentence", "aria-live": "polite" });
    this.root = element(
      "div", { class: "mg-panel", role: "region", "aria-label": data.words.panel, tabindex: "0" },
      this.head, this.equation, this.terms, this.sentence,
    );
  }

  show(step, number, last) {
    const { words, arrays } = this.data;
    const phase = element("span", { class: `mg-phase mg-${step.phase}` }, words[step.phase]);
    const where = filled(words.stepOf, number, last);
    this.head.replaceChildren(phase, ` ${where}${step.phase === "start" ? "" : ` · ${step.title}`}`);
    this.equation.replaceChildren(
      ...step.equation.map(([text, kind]) => element("span", { class: `mg-${HUES[kind] || "sign"}` }, spaced(text))),
    );
    this.terms.replaceChildren(...step.terms.map((term) => this.term(term, arrays)));
    this.terms.setAttribute("aria-label", step.title); // wide matrices are scrolled, by keyboard too
    this.terms.tabIndex = step.terms.length ? 0 : -1;
    this.sentence.textContent = step.says;
  }

  term(term, arrays) {
    if (term.sign !== undefined) return element("span", { class: "mg-sign" }, term.sign);
    const hue = HUES[term.kind];
    const array = arrays[term.array];
    const tables = arrayTables(array, hue, this.data.words, { rows: 5 });
    const label = `${term.name} ${shapeText(array.shape)}`.trim();
    return element(
      "figure", { class: "mg-term", "aria-label": label, title: [label, rangeText(array, this.data.words)].join(": ") },
      element("figcaption", { class: `mg-${hue}` }, term.name), tables,
    );
  }
}

// Signs have air around them, names have none.
function spaced(text) {
  return /^[=·⊙×+→]+=?$|^\+=$/.test(text) ? ` ${text} ` : text;
}

class Tip {
  constructor(data) {
    this.data = data;
    this.root = element("div", { class: "mg-tip", role: "tooltip", hidden: true });
    this.root.addEventListener("wheel", (event) => event.stopPropagation());
  }

  // All numbers of a part, beside it, inside the player.
  show(group, step) {
    const { words, arrays } = this.data;
    const { mgTold: part } = group;
    const shown = [];
    if (part.value !== undefined) shown.push([words.value, part.value, "forward", part.at]);
    if (part.gradient !== undefined) shown.push([part.gradientName, part.gradient, "backward", part.gradientAt]);
    if (part.local !== undefined) shown.push([part.symbol, part.local, "local", part.at]);
    if (!shown.length) {
      this.hide();
      return;
    }
    const missing = part.gradientName && part.gradient === undefined ? `${part.gradientName}: ${words.notComputed}` : "";
    const head = element("p", {}, element("b", {}, part.name), part.role ? ` ${part.role}` : "");
    const columns = shown.map(([name, number, hue, at]) => {
      const array = arrays[number];
      const caption = element("figcaption", { class: `mg-${hue}` }, `${name} `,
        element("small", {}, shapeText(array.shape)));
      if (at > step) {
        return element("figure", {}, caption, element("p", { class: "mg-note" }, filled(words.comesAt, at)));
      }
      const tables = arrayTables(array, hue, words, { rows: 60, columns: 40, slices: 8 });
      return element("figure", {}, caption, tables, element("p", { class: "mg-note" }, rangeText(array, words)));
    });
    this.root.replaceChildren(head, element("div", { class: "mg-columns" }, ...columns),
      ...(missing ? [element("p", { class: "mg-note" }, missing)] : []));
    this.root.hidden = false;
    this.group = group;
    this.place(group);
  }

  place(group) {
    const around = this.root.parentElement.getBoundingClientRect();
    const at = group.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.root;
    const room = [around.width - width - 8, around.height - height - 8];
    let x = at.right - around.left + 10;
    let y = at.top - around.top;
    if (x > room[0]) x = at.left - around.left - width - 10;
    if (x < 8) {
      x = Math.max(8, Math.min(at.left - around.left, room[0]));
      y = at.bottom - around.top + 10;
      if (y > room[1]) y = at.top - around.top - height - 10;
    }
    this.root.style.left = `${Math.max(8, Math.min(x, room[0]))}px`;
    this.root.style.top = `${Math.max(8, Math.min(y, room[1]))}px`;
  }

  hide() {
    this.root.hidden = true;
    this.group = undefined;
  }
}
