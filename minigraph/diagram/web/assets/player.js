// A diagram that is stepped through: buttons, slider, keys, swipe, links; what is open; and the camera's controls.
const PAUSE = 1800; // milliseconds between the steps of a film
const DRAG = 5; // pixels that make a press a drag
const SWIPE = 45;
const players = [];

class Player {
  constructor(section) {
    this.section = section;
    this.data = JSON.parse(section.querySelector(".mg-data").textContent);
    this.words = this.data.words;
    this.data.arrays = unpacked(this.data.arrays);
    this.stage = new Stage(this.data, filled(this.words.diagram, this.data.title));
    this.panel = new Panel(this.data);
    this.tip = new Tip(this.data);
    this.number = 0;
    this.timer = undefined;
    this.build();
    this.listen();
    this.setState(this.data.states[0], section.dataset.start === "end" ? Infinity : 0);
  }

  // ---- building ----

  build() {
    const { words } = this;
    const button = (name, label, act, text = label) => element(
      "button", { type: "button", class: `mg-button mg-do-${name}`, "aria-label": label, title: label, on: { click: act } }, text);
    const places = new Set(this.data.states.flatMap(({ open }) => open));
    this.buttons = {
      expand: button("expand", words.expandAll, () => this.toggleAll(), ""),
      follow: button("follow", words.follow, () => this.toggleFollow()),
      dark: button("dark", words.dark, () => theme.toggle()),
      first: button("first", words.first, () => this.go(0), "|◀"),
      back: button("back", words.back, () => this.go(this.number - 1), `◀ ${words.back}`),
      step: button("step", words.step, () => this.go(this.number + 1), `${words.step} ▶`),
      last: button("last", words.last, () => this.go(this.last), "▶|"),
      play: button("play", words.play, () => this.togglePlay()),
    };
    this.buttons.expand.hidden = !places.size;
    const camera = element(
      "span", { class: "mg-group" },
      button("out", words.zoomOut, () => this.stage.zoomBy(1 / 1.3, undefined, undefined, true), "−"),
      button("fit", words.fit, () => this.stage.fit()),
      button("in", words.zoomIn, () => this.stage.zoomBy(1.3, undefined, undefined, true), "+"),
    );
    const legend = element(
      "p", { class: "mg-legend" },
      element("span", { class: "mg-forward" }, "─▶ ", words.legendForward),
      element("span", { class: "mg-backward" }, "◀╌ ", words.legendBackward),
      element("span", { class: "mg-local" }, "■ ", words.legendLocal),
      element("span", {}, element("span", { class: "mg-backward" }, words.downstream), " = ",
        element("span", { class: "mg-backward" }, words.upstream), " × ",
        element("span", { class: "mg-local" }, words.times)),
    );
    const bar = element(
      "header", { class: "mg-bar" },
      element(players.length ? "h2" : "h1", { class: "mg-title" }, this.data.title),
      element("span", { class: "mg-group" }, this.buttons.expand, this.buttons.follow, this.buttons.dark), camera, legend,
    );
    this.slider = element("input", { type: "range", min: "0", step: "1", value: "0", class: "mg-slider" });
    const { first, back, step, last, play } = this.buttons;
    const controls = element(
      "div", { class: "mg-controls", role: "group", "aria-label": words.controls },
      element("div", { class: "mg-buttons" }, first, back, step, last, play), this.slider,
      element("p", { class: "mg-hint" }, `${words.hint} · ${words.hover}`),
    );
    this.window = element("div", { class: "mg-stage" }, this.stage.svg, this.tip.root);
    this.foot = element("footer", { class: "mg-foot" }, controls, this.panel.root);
    this.section.querySelector(".mg-still").hidden = true;
    this.section.append(bar, this.window, this.foot);
    this.section.classList.add("mg-alive");
  }

  listen() {
    const { window: frame, slider, tip } = this;
    slider.addEventListener("input", () => this.go(Number(slider.value)));
    this.section.addEventListener("pointerdown", () => (Player.active = this));
    this.section.addEventListener("focusin", () => (Player.active = this));
    theme.listeners.push((current) => this.buttons.dark.replaceChildren(current === "dark" ? this.words.light : this.words.dark));
    theme.apply();
    const partOf = (event) => event.target.closest?.(".mg-part");
    frame.addEventListener("pointerover", (event) => {
      if (event.pointerType === "mouse" && !this.drag && !tip.pinned) this.point(partOf(event), event);
    });
    frame.addEventListener("pointerleave", () => tip.pinned || tip.hide());
    frame.addEventListener("focusin", (event) => partOf(event) && this.point(partOf(event)));
    frame.addEventListener("focusout", () => tip.pinned || tip.hide());
    frame.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.listenToPointers(frame);
    let start;
    this.foot.addEventListener("touchstart", (event) => {
      start = event.target === slider || event.touches.length > 1 ? undefined : event.touches[0];
    }, { passive: true });
    this.foot.addEventListener("touchend", (event) => {
      if (!start) return;
      const [dx, dy] = [event.changedTouches[0].clientX - start.clientX, event.changedTouches[0].clientY - start.clientY];
      const scrolls = event.target.closest?.(".mg-terms");
      if (scrolls && scrolls.scrollWidth > scrolls.clientWidth) return;
      if (Math.abs(dx) > SWIPE && Math.abs(dx) > 2 * Math.abs(dy)) this.go(this.number + (dx < 0 ? 1 : -1));
    });
    new ResizeObserver(() => this.stage.state && this.refit()).observe(frame);
  }

  // One pointer pans, two zoom; one that did not move is a click or a tap.
  listenToPointers(frame) {
    const down = new Map();
    const spread = () => {
      const [a, b] = [...down.values()];
      return [Math.hypot(a.x - b.x, a.y - b.y), (a.x + b.x) / 2, (a.y + b.y) / 2];
    };
    frame.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || this.tip.root.contains(event.target)) return;
      down.set(event.pointerId, { x: event.clientX, y: event.clientY });
      this.drag = { moved: 0, target: event.target, pinched: down.size > 1 };
    });
    window.addEventListener("pointermove", (event) => {
      const before = down.get(event.pointerId);
      if (!before || !this.drag) return;
      const from = down.size > 1 ? spread() : undefined;
      down.set(event.pointerId, { x: event.clientX, y: event.clientY });
      if (from) {
        const to = spread();
        this.stage.pan(to[1] - from[1], to[2] - from[2]);
        if (from[0] > 0) this.stage.zoomBy(to[0] / from[0], to[1], to[2]);
      } else {
        this.drag.moved += Math.hypot(event.clientX - before.x, event.clientY - before.y);
        if (this.drag.moved > DRAG) {
          this.tip.hide();
          frame.classList.add("mg-dragged");
          this.stage.pan(event.clientX - before.x, event.clientY - before.y);
        }
      }
    });
    const up = (event) => {
      if (!down.delete(event.pointerId) || down.size) return;
      const { moved, target, pinched } = this.drag;
      this.drag = undefined;
      frame.classList.remove("mg-dragged");
      if (event.type === "pointerup" && moved <= DRAG && !pinched) this.press(target.closest?.(".mg-part"));
    };
    window.addEventListener("pointerup", up);
    window.addEventListener("pointercancel", up);
  }

  // ---- what a reader does ----

  point(group) {
    if (group) this.tip.show(group, this.number);
    else this.tip.hide();
  }

  press(group) {
    this.tip.pinned = false;
    if (group?.mgTold.place !== undefined) this.toggle(group.mgTold.place);
    else if (group) {
      this.tip.pinned = true;
      this.point(group);
    } else this.tip.hide();
  }

  wheel(event) {
    const alone = this.section.parentElement.classList.contains("mg-single");
    if (!alone && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    this.stage.zoomBy(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), event.clientX, event.clientY);
  }

  key(event) {
    const focused = document.activeElement?.closest?.(".mg-part");
    const isButton = document.activeElement?.tagName === "BUTTON";
    const acts = {
      ArrowRight: () => this.go(this.number + 1),
      ArrowLeft: () => this.go(this.number - 1),
      Home: () => this.go(0),
      End: () => this.go(this.last),
      " ": () => this.togglePlay(),
      e: () => (focused?.mgTold.place !== undefined ? this.toggle(focused.mgTold.place) : this.toggleAll()),
      f: () => this.toggleFollow(),
      d: () => theme.toggle(),
      0: () => this.stage.fit(),
      "+": () => this.stage.zoomBy(1.3, undefined, undefined, true),
      "-": () => this.stage.zoomBy(1 / 1.3, undefined, undefined, true),
      Enter: focused ? () => this.press(focused) : undefined,
      Escape: () => {
        this.tip.pinned = false;
        this.tip.hide();
      },
    };
    const act = acts[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act || (isButton && event.key === " ")) return;
    event.preventDefault();
    act();
  }

  toggleFollow() {
    this.stage.follows = !this.stage.follows;
    this.mark();
    this.stage.follow(this.number);
  }

  togglePlay() {
    if (this.timer) this.pause();
    else {
      if (this.number === this.last) this.go(0);
      this.timer = setInterval(() => (this.number < this.last ? this.go(this.number + 1, true) : this.pause()), PAUSE);
      this.mark();
    }
  }

  pause() {
    clearInterval(this.timer);
    this.timer = undefined;
    this.mark();
  }

  // ---- what is open ----

  toggle(place) {
    const { open } = this.stage.state;
    const isOpen = open.includes(place);
    const inside = (other) => other === place || other.startsWith(`${place}.`);
    const wanted = isOpen ? open.filter((other) => !inside(other)) : [...open, place];
    const around = place.split(".").map((_, n, parts) => parts.slice(0, n + 1).join("."));
    const alone = isOpen ? around.slice(0, -1) : around;
    const others = this.data.states.filter((state) => state.open.includes(place) !== isOpen);
    const least = others.reduce((a, b) => (b.open.length < a.open.length ? b : a), others[0]);
    this.setState(this.stateOf(wanted) || this.stateOf(alone) || least, this.number, place);
  }

  toggleAll() {
    const most = this.data.states.reduce((a, b) => (b.open.length > a.open.length ? b : a));
    const none = this.stateOf([]) || this.data.states[0];
    this.setState(this.stage.state.open.length ? none : most, this.number);
  }

  stateOf(places) {
    const wanted = [...places].sort().join(" ");
    return this.data.states.find(({ open }) => [...open].sort().join(" ") === wanted);
  }

  // Another combination of open composites, at the same moment; the camera looks at `place`, which changed.
  setState(state, number, place) {
    const before = this.stage.state;
    const active = document.activeElement;
    const focused = this.section.contains(active) && active.closest(".mg-part")?.mgTold;
    const next = before ? this.sameMoment(before, state, number) : number;
    this.stage.show(state);
    this.stage.describe(this.words, this.data.arrays);
    this.slider.max = String(this.last);
    this.buttons.expand.replaceChildren(state.open.length ? `⊟ ${this.words.collapseAll}` : `⊞ ${this.words.expandAll}`);
    this.buttons.expand.setAttribute("aria-label", state.open.length ? this.words.collapseAll : this.words.expandAll);
    this.tip.pinned = false;
    this.tip.hide();
    this.go(Math.min(next, this.last), true, before !== undefined);
    if (before && place !== undefined) this.stage.lookAt(place);
    if (focused && before) this.refocus(focused);
  }

  refocus({ key, place }) {
    const parts = [...this.stage.clusters, ...this.stage.nodes];
    const same = parts.find(({ mgTold: part }) => place !== undefined && part.place === place)
      || parts.find(({ mgTold: part }) => part.key === key);
    same?.focus({ preventScroll: true });
  }

  // The step of another state that is the same one, or the last one before it that both have.
  sameMoment(before, after, number) {
    const keys = after.steps.map((n) => this.data.steps[n].key);
    for (let n = number; n >= 0; n--) {
      const same = keys.indexOf(this.data.steps[before.steps[n]].key);
      if (same >= 0) return same;
    }
    return 0;
  }

  // ---- steps ----

  get last() {
    return this.stage.state.steps.length - 1;
  }

  go(number, playing = false, smooth = true) {
    if (!playing && this.timer) this.pause();
    this.number = Math.min(Math.max(number, 0), this.last);
    const step = this.data.steps[this.stage.state.steps[this.number]];
    this.stage.at(this.number);
    this.stage.follow(this.number, smooth);
    this.panel.show(step, this.number, this.last);
    this.slider.value = String(this.number);
    this.slider.setAttribute("aria-label", filled(this.words.slider, this.last));
    this.slider.setAttribute("aria-valuetext", `${filled(this.words.stepOf, this.number, this.last)}: ${step.title}`);
    this.slider.style.setProperty("--done", `${this.last ? (100 * this.number) / this.last : 0}%`);
    if (this.tip.group && !this.tip.root.hidden) this.tip.show(this.tip.group, this.number);
    this.mark();
    this.remember();
  }

  mark() {
    const { first, back, step, last, follow, play } = this.buttons;
    first.disabled = back.disabled = this.number === 0;
    step.disabled = last.disabled = this.number === this.last;
    follow.setAttribute("aria-pressed", String(this.stage.follows));
    play.replaceChildren(this.timer ? this.words.pause : this.words.play);
    for (const name of ["aria-label", "title"]) play.setAttribute(name, this.timer ? this.words.pause : this.words.play);
    this.panel.sentence.setAttribute("aria-live", this.timer ? "off" : "polite"); // a film would never stop talking
  }

  refit() {
    this.stage.measured = undefined;
    this.stage.zoom = 1;
    if (this.stage.follows) this.stage.follow(this.number, false);
    else this.stage.fit(false);
  }

  // ---- links: #step=7&open=3,3.1, and &in=… where there are several figures ----

  remember() {
    if (!this.started) return;
    const { open } = this.stage.state;
    const parts = [`step=${this.number}`, ...(open.length ? [`open=${open.join(",")}`] : []),
      ...(players.length > 1 ? [`in=${this.data.id}`] : [])];
    try {
      history.replaceState(null, "", `#${parts.join("&")}`);
    } catch {
      // a page inside another one has no address of its own
    }
  }

  recall() {
    const asked = new URLSearchParams(location.hash.slice(1));
    const mine = asked.get("in") === null ? players[0] === this : asked.get("in") === this.data.id;
    if (!mine || !asked.has("step")) return;
    const state = this.stateOf((asked.get("open") || "").split(",").filter(Boolean));
    if (state && state !== this.stage.state) this.setState(state, 0);
    const number = Number(asked.get("step"));
    if (Number.isInteger(number) && number !== this.number) this.go(number);
    if (players.length > 1) this.section.scrollIntoView();
  }
}

for (const section of document.querySelectorAll(".mg-player:not(.mg-alive)")) {
  try {
    players.push(new Player(section));
  } catch (error) {
    section.querySelector(".mg-still").hidden = false; // the still picture is better than nothing
    console.error(error);
  }
}
for (const player of players) player.recall();
for (const player of players) player.started = true;
window.addEventListener("hashchange", () => players.forEach((player) => player.recall()));
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (typing && !(typing.type === "range" && !event.key.startsWith("Arrow") && !["Home", "End"].includes(event.key))) return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  (Player.active || players[0])?.key(event);
});
