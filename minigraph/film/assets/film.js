// A training that is scrubbed through: buttons, slider, keys; what is seen of each frame.
const PACE = { lively: 160, still: 1000 }; // milliseconds between two frames

class Film {
  constructor(section) {
    this.section = section;
    this.data = JSON.parse(section.querySelector(".mg-data").textContent);
    this.data.arrays = unpacked(this.data.arrays);
    this.words = this.data.words;
    this.frame = 0;
    this.last = this.data.steps.length - 1;
    this.build();
    theme.listeners.push((current) => this.buttons.dark.replaceChildren(current === "dark" ? this.words.light : this.words.dark));
    theme.apply();
    document.addEventListener("keydown", (event) => this.key(event));
    this.go(0);
  }

  build() {
    const { data, words } = this;
    const button = (name, label, act, text = label) => element(
      "button", { type: "button", class: `mg-button mg-do-${name}`, "aria-label": label, title: label, on: { click: act } }, text);
    this.buttons = {
      first: button("first", words.first, () => this.go(0), "|◀"),
      back: button("back", words.back, () => this.go(this.frame - 1), `◀ ${words.back}`),
      step: button("step", words.step, () => this.go(this.frame + 1), `${words.step} ▶`),
      last: button("last", words.last, () => this.go(this.last), "▶|"),
      play: button("play", words.play, () => this.togglePlay()),
      dark: button("dark", words.dark, () => theme.toggle()),
    };
    this.caption = element("p", { class: "mg-caption", "aria-live": "polite" });
    this.slider = element("input", { type: "range", min: "0", max: String(this.last), step: "1", class: "mg-slider" });
    this.slider.addEventListener("input", () => this.go(Number(this.slider.value)));
    this.curve = new Curve(data, (frame) => this.go(frame));
    this.network = data.network ? new Network(data.network, words.network) : undefined;
    this.plane = data.plane ? new Plane(data.plane, words) : undefined;
    this.tables = element("div", { class: "mg-parameters" });
    const part = (name, title, ...content) => element("section", { class: `mg-part-${name}`, "aria-label": title },
      element("h2", {}, title), ...content);
    const { first, back, step, last, play, dark } = this.buttons;
    const more = data.left ? element("p", { class: "mg-note" }, filled(words.more, data.left)) : "";
    this.section.append(
      element("header", { class: "mg-film-bar" }, element("h1", {}, data.title), this.caption, dark),
      element(
        "div", { class: "mg-film-body" },
        this.network ? part("network", words.network, element(
          "div", { class: "mg-wide", tabindex: "0", role: "group", "aria-label": words.network }, this.network.svg)) : "",
        element("div", { class: "mg-side" }, part("curve", words.losses, this.curve.svg),
          this.plane ? part("plane", words.regions, this.plane.root) : ""),
        part("parameters", words.parameters, element("p", { class: "mg-note" }, words.after), this.tables, more),
      ),
      element(
        "footer", { class: "mg-film-foot", role: "group", "aria-label": words.controls },
        element("div", { class: "mg-buttons" }, first, back, step, last, play), this.slider,
        element("p", { class: "mg-hint" }, words.hint),
      ),
    );
    this.section.classList.add("mg-alive");
  }

  table(name, number, hue, most) {
    const array = this.data.arrays[number];
    const figure = element("figure", { class: "mg-term" }, element("figcaption", { class: `mg-${hue}` }, name));
    if (array) {
      figure.append(arrayTables(array, hue, this.words, { rows: 10, columns: 10, most }));
      figure.title = rangeText(array, this.words);
    } else figure.append(element("span", { class: "mg-note" }, this.words.notComputed));
    return figure;
  }

  go(frame, playing = false) {
    if (!playing && this.timer) this.pause();
    this.frame = Math.min(Math.max(frame, 0), this.last);
    const caption = this.data.captions[this.frame];
    this.caption.replaceChildren(caption);
    this.slider.value = String(this.frame);
    this.slider.setAttribute("aria-label", filled(this.words.slider, this.last + 1));
    this.slider.setAttribute("aria-valuetext", caption);
    this.network?.show(this.frame);
    this.network?.svg.setAttribute("aria-label", `${this.words.network}, ${caption}`);
    this.curve.show(this.frame);
    this.plane?.show(this.frame);
    this.tables.replaceChildren(...this.data.parameters.map((each) => element(
      "div", { class: "mg-parameter" }, this.table(each.name, each.values[this.frame], "forward", each.widest[0]),
      each.gradients ? this.table(each.gradientName, each.gradients[this.frame], "backward", each.widest[1]) : "")));
    this.mark();
  }

  mark() {
    const { first, back, step, last, play } = this.buttons;
    first.disabled = back.disabled = this.frame === 0;
    step.disabled = last.disabled = this.frame === this.last;
    const label = this.timer ? this.words.pause : this.words.play;
    play.replaceChildren(label);
    for (const name of ["aria-label", "title"]) play.setAttribute(name, label);
    this.caption.setAttribute("aria-live", this.timer ? "off" : "polite"); // a film would never stop talking
  }

  togglePlay() {
    if (this.timer) {
      this.pause();
      return;
    }
    if (this.frame === this.last) this.go(0);
    const pace = wantsStillness.matches ? PACE.still : PACE.lively;
    this.timer = setInterval(() => (this.frame < this.last ? this.go(this.frame + 1, true) : this.pause()), pace);
    this.mark();
  }

  pause() {
    clearInterval(this.timer);
    this.timer = undefined;
    this.mark();
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isButton = event.target.tagName === "BUTTON";
    const acts = {
      ArrowRight: () => this.go(this.frame + 1),
      ArrowLeft: () => this.go(this.frame - 1),
      Home: () => this.go(0),
      End: () => this.go(this.last),
      " ": () => this.togglePlay(),
      d: () => theme.toggle(),
    };
    const act = acts[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act || (isButton && event.key === " ")) return;
    event.preventDefault();
    act();
  }
}

for (const section of document.querySelectorAll(".mg-film")) new Film(section);
