// An exercise: what is typed into the blanks of a picture is read, held against the answers, and hinted at.
const TRIES = 2; // wrong ones before the answer may be seen

// −0.12, 0,12, .5, 1/3, (−4), 1.2·10⁻⁴ or 1e-4 as a number; NaN for anything else.
function numberIn(typed) {
  const plain = typed
    .normalize("NFKC")
    .replace(/[−–—]/g, "-")
    .replace(/⁄/g, "/")
    .replace(/\s/g, "")
    .replace(/,/g, ".")
    .replace(/^\((.*)\)$/, "$1")
    .replace(/[·*×x]10\^?(?=-?\d)/i, "e");
  const parts = plain.split("/");
  if (parts.length > 2 || !parts.every((part) => /^[+-]?(\d+\.?\d*|\.\d+)(e-?\d+)?$/i.test(part))) return NaN;
  const value = parts.length === 2 ? Number(parts[0]) / Number(parts[1]) : Number(parts[0]);
  return Number.isFinite(value) ? value : NaN;
}

function isRight(cell, value) {
  return cell.right.some((each) => Math.abs(value - each) <= cell.near * (1 + 1e-9) + 1e-12);
}

// Whether it is the right number, but with one digit only.
function isRoundedTooFar(cell, value) {
  return cell.right.some((each) => {
    const short = [Number(each.toFixed(1)), Number(each.toPrecision(1)), Number(each.toFixed(0))];
    return short.some((rounded) => rounded !== 0 && Math.abs(value - rounded) < 1e-12);
  });
}

function mistakesBehind(cell, value, digits) {
  const kinds = new Set();
  const half = 0.5 * 10 ** -digits;
  for (const [wrong, names] of cell.wrong) {
    const near = Math.abs(wrong) > 2 * half ? Math.max(half, Math.abs(wrong) / 100) : cell.near;
    if (Math.abs(value - wrong) <= near * (1 + 1e-9)) names.forEach((name) => kinds.add(name));
  }
  return [...kinds];
}

class Exercise {
  constructor(root) {
    this.root = root;
    const data = JSON.parse(root.querySelector(".mg-data").textContent);
    Object.assign(this, data);
    this.fields = this.cells.map((cell) => this.field(cell));
    root.querySelector(".mg-inputs").append(...this.fields.map((field) => field.box));
    this.marks = root.querySelector(".mg-marks");
    this.score = element("p", { class: "mg-score", role: "status" });
    const check = element("button", { type: "button", class: "mg-button mg-check", on: { click: () => this.check() } },
      this.words.check);
    const tools = root.querySelector(".mg-tools");
    tools.append(check, this.score);
    if (!document.documentElement.dataset.fixedTheme) {
      const dark = element("button", { type: "button", class: "mg-button", on: { click: () => theme.toggle() } });
      const say = (current) => { dark.textContent = current === "dark" ? this.words.light : this.words.dark; };
      theme.listeners.push(say);
      say(theme.current);
      tools.append(dark);
    }
    this.begin();
  }

  // A picture wider than the window is scrolled to the first blank, with what it follows from to its right.
  begin() {
    const scrolled = this.root.querySelector(".mg-scroll");
    scrolled.scrollLeft = this.fields[0].box.offsetLeft - scrolled.clientWidth / 2;
  }

  field(cell) {
    const [left, top, width, height] = cell.place;
    const style = this.root.querySelector(".mg-picture").style;
    const [across, down] = ["--width", "--height"].map((name) => Number(style.getPropertyValue(name)));
    const input = element("input", {
      type: "text", inputmode: "text", autocomplete: "off", autocapitalize: "off", spellcheck: "false", maxlength: 24,
      "aria-label": filled(this.words.blank, cell.name, cell.says), "data-cell": cell.name,
      on: {
        keydown: (event) => { if (event.key === "Enter" && !event.isComposing) this.check(); },
        input: () => { if (!field.shown) this.mark(field, ""); },
      },
    });
    const sign = element("span", { class: "mg-mark", "aria-hidden": "true" });
    const box = element("div", { class: "mg-blank" }, input, sign);
    box.style.cssText = `left:${100 * left / across}%;top:${100 * top / down}%;`
      + `width:${100 * width / across}%;height:${100 * height / down}%`;
    const field = { cell, input, sign, box, tries: 0, last: "", shown: false, state: "" };
    return field;
  }

  mark(field, state, hint = "") {
    field.state = state;
    field.box.className = state ? `mg-blank mg-${state}` : "mg-blank";
    field.sign.textContent = { right: "✓", wrong: "✗", shown: "→" }[state] ?? "";
    const says = filled(this.words.blank, field.cell.name, field.cell.says);
    field.input.setAttribute("aria-label", [says, this.words[state], hint].filter(Boolean).join(". "));
    if (state === "wrong") field.input.setAttribute("aria-invalid", "true");
    else field.input.removeAttribute("aria-invalid");
    field.input.title = hint;
  }

  hint(cell, value) {
    if (Number.isNaN(value)) return this.words.noNumber;
    const kinds = mistakesBehind(cell, value, this.digits);
    if (kinds.length) return kinds.map((kind) => this.hints[kind]).reduce((a, b) => filled(this.words.or, a, b));
    return isRoundedTooFar(cell, value) ? this.words.rounded : this.words.notYet;
  }

  check() {
    const wrong = [];
    for (const field of this.fields) {
      const typed = field.input.value.trim();
      if (field.shown) continue;
      if (!typed) {
        this.mark(field, "");
        continue;
      }
      const value = numberIn(typed);
      if (isRight(field.cell, value)) {
        this.mark(field, "right");
        continue;
      }
      if (typed !== field.last) field.tries += 1;
      field.last = typed;
      const hint = this.hint(field.cell, value);
      this.mark(field, "wrong", hint);
      wrong.push([field, hint]);
    }
    this.marks.replaceChildren(...wrong.map(([field, hint]) => this.line(field, hint)));
    this.tell();
  }

  tell() {
    const count = (state) => this.fields.filter((field) => field.state === state).length;
    const [right, open, shown] = [count("right"), count(""), count("shown")];
    const parts = [filled(this.words.score, right, this.fields.length)];
    if (open) parts.push(filled(this.words.open, open));
    if (shown) parts.push(filled(this.words.lookedUp, shown));
    if (right === this.fields.length) parts.push(this.words.all);
    this.score.textContent = parts.join(" · ");
  }

  line(field, hint) {
    const name = element("button", { type: "button", class: "mg-button mg-goto", on: { click: () => this.go(field) } },
      `✗ ${field.cell.name}`);
    const item = element("li", {}, name, element("span", { class: "mg-what" }, field.cell.says),
      element("span", { class: "mg-hint" }, hint));
    item.dataset.cell = field.cell.name;
    if (field.tries >= TRIES) {
      item.append(element("button", { type: "button", class: "mg-button mg-show",
        on: { click: () => this.show(field, item) } }, this.words.show));
    }
    return item;
  }

  go(field) {
    field.input.scrollIntoView({ block: "nearest", inline: "center", behavior: wantsStillness.matches ? "auto" : "smooth" });
    field.input.focus({ preventScroll: true });
  }

  show(field, item) {
    field.shown = true;
    field.input.value = field.cell.shown;
    field.input.readOnly = true;
    this.mark(field, "shown");
    item.remove();
    this.tell();
    this.go(field);
  }
}

document.querySelectorAll(".mg-sheet").forEach((root) => {
  if (root.querySelector(".mg-data")) new Exercise(root);
});
