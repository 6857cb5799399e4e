// The picture: builds a state's parts, dims what is to come, lights up what happens, and moves the camera.
const SVG = "http://www.w3.org/2000/svg";
const SMALLEST = 0.05;
const LARGEST = 8;
const CROWD = 150; // parts from which on those out of sight are not drawn
const MARGIN = 120; // pixels around the window that count as in sight
const READABLE = 0.8; // the scale below which a whole graph is too small to read, so that the camera follows

function drawn(tag, attributes = {}) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

// Marks an element as to come, as happening or as past; what it is already costs nothing.
function mark(node, when) {
  if (!node || node.mgWhen === when) return;
  if (node.mgWhen) node.classList.remove(`mg-${node.mgWhen}`);
  node.mgWhen = when;
  node.classList.add(`mg-${when}`);
}

class Stage {
  constructor(data, label) {
    this.data = data;
    this.svg = drawn("svg", { class: "mg-svg", role: "group", "aria-label": label });
    this.layers = ["clusters", "wires", "nodes"].map((name) => drawn("g", { class: `mg-${name}` }));
    this.svg.append(...this.layers);
    this.byKey = new Map();
    this.view = { x: 0, y: 0, scale: 1 };
    this.follows = true;
    this.zoom = 1; // by which the reader differs from the camera's own scale
  }

  // Builds a state; parts that were there already move to where they are now.
  show(state) {
    const { pieces } = this.data;
    const before = this.byKey;
    this.state = state;
    this.svg.setAttribute("width", state.size[0]);
    this.svg.setAttribute("height", state.size[1]);
    this.svg.setAttribute("viewBox", `0 0 ${state.size.join(" ")}`); // which print scales to the paper
    this.byKey = new Map();
    const place = (layer, placed) => {
      const part = { ...this.data.told[placed.told], ...placed };
      let group = before.get(part.key);
      before.delete(part.key);
      if (!group) {
        group = drawn("g", { class: `mg-part ${part.kinds} mg-new` });
        layer.append(group);
        requestAnimationFrame(() => group.classList.remove("mg-new"));
      } else {
        group.setAttribute("class", `mg-part ${part.kinds}`);
        layer.append(group);
      }
      group.mgWhen = undefined;
      group.mgHidden = undefined;
      group.style.display = "";
      if (group.mgPiece !== part.piece) {
        group.innerHTML = pieces[part.piece];
        group.mgPiece = part.piece;
      }
      group.style.transform = `translate(${part.box[0]}px, ${part.box[1]}px)`;
      group.mgTold = part;
      group.mgRow = Object.fromEntries(["v", "g"].map((row) => [row, group.querySelector(`[data-row="${row}"]`)]));
      for (const row of Object.values(group.mgRow)) {
        if (!row) continue;
        row.setAttribute("class", "mg-row");
        row.mgWhen = undefined;
      }
      this.byKey.set(part.key, group);
      return group;
    };
    this.clusters = state.clusters.map((part) => place(this.layers[0], part));
    this.nodes = state.nodes.map((part) => place(this.layers[2], part));
    this.layers[1].replaceChildren();
    this.wires = state.wires.map((part) => {
      const group = drawn("g", { class: `mg-wire ${part.kinds}`, "aria-hidden": "true" });
      group.innerHTML = pieces[part.piece];
      group.setAttribute("transform", `translate(${part.box.join(" ")})`);
      group.mgTold = part;
      this.layers[1].append(group);
      return group;
    });
    for (const gone of before.values()) gone.remove();
    this.all = [...this.nodes, ...this.wires];
    this.boxes = undefined;
  }

  // What a reader can do with each part, and what it is called.
  describe(words, arrays) {
    for (const group of [...this.nodes, ...this.clusters]) {
      const { mgTold: part } = group;
      group.setAttribute("tabindex", "0");
      let label = part.name || "";
      if (part.value !== undefined) {
        const array = arrays[part.value];
        label = [part.name, shapeText(array.shape), part.role].filter(Boolean).join(", ");
      }
      if (part.place !== undefined) {
        const isOpen = this.clusters.includes(group);
        group.classList.add("mg-opens");
        group.setAttribute("role", "button");
        group.setAttribute("aria-expanded", String(isOpen));
        label = filled(isOpen ? words.collapse : words.expand, part.name);
      } else {
        group.setAttribute("role", "img");
      }
      group.setAttribute("aria-label", label);
    }
  }

  at(step) {
    const when = (n) => (n > step ? "future" : n === step && step > 0 ? "now" : "past");
    for (const group of this.nodes) {
      const { mgTold: part } = group;
      const state = when(part.at);
      const isCard = group.mgRow.v !== null;
      mark(group, isCard && state === "now" ? "past" : state);
      if (!isCard) continue;
      mark(group.mgRow.v, state);
      if (group.mgRow.g) mark(group.mgRow.g, part.gradientAt === undefined ? when(part.at) : when(part.gradientAt));
    }
    for (const group of this.clusters) mark(group, group.mgTold.at > step ? "future" : "past");
    for (const group of this.wires) {
      const { at } = group.mgTold;
      mark(group, at[0] > step ? "future" : step > 0 && at.includes(step) ? "now" : "past");
    }
  }

  // ---- camera ----

  // Asked for when the window changes and then remembered: to measure at each step would lay the page out again.
  get size() {
    this.measured ||= this.svg.parentElement.getBoundingClientRect();
    return [this.measured.width || 800, this.measured.height || 400];
  }

  get wholeScale() {
    const [width, height] = this.size;
    return Math.min((width - 24) / this.state.size[0], (height - 16) / this.state.size[1], 1.4);
  }

  get isWide() {
    return this.wholeScale < READABLE;
  }

  fit(smooth = true) {
    this.zoom = 1;
    this._look(this.state.size[0] / 2, this.state.size[1] / 2, this.wholeScale, smooth);
  }

  // Shows where something happens at this step; a graph that fits stays as it is.
  follow(step, smooth = true) {
    if (!this.follows) return;
    const [, height] = this.size;
    if (!this.isWide && this.zoom === 1) {
      this.fit(smooth);
      return;
    }
    const own = this.isWide ? Math.max(Math.min(1, (height - 16) / this.state.size[1]), READABLE) : this.wholeScale;
    const boxes = this.nodes
      .filter(({ mgTold: part }) => part.at === step || part.gradientAt === step)
      .map(({ mgTold: part }) => part.box);
    const all = boxes.length ? boxes : this.nodes.map(({ mgTold: part }) => part.box);
    const left = Math.min(...all.map((box) => box[0]));
    const right = Math.max(...all.map((box) => box[0] + box[2]));
    const top = Math.min(...all.map((box) => box[1]));
    const bottom = Math.max(...all.map((box) => box[1] + box[3]));
    const middle = step > 0 ? [(left + right) / 2, (top + bottom) / 2] : [0, this.state.size[1] / 2];
    this._look(...middle, own * this.zoom, smooth, true);
  }

  // Shows the composite of a place, open or closed, where the graph is wider than the window.
  lookAt(place) {
    const part = [...this.clusters, ...this.nodes].find((group) => group.mgTold.place === place)?.mgTold;
    if (!part || !this.isWide) return;
    const [x, y, width, height] = part.box;
    this._look(x + width / 2, y + height / 2, this.view.scale, true, true);
  }

  // Puts a point of the graph in the middle, or as near as it gets without empty margins.
  _look(x, y, scale, smooth, inside = false) {
    const [width, height] = this.size;
    const within = (at, room, extent) => {
      if (!inside || extent * scale <= room) return inside ? (room - extent * scale) / 2 : room / 2 - at * scale;
      return Math.min(8, Math.max(room - extent * scale - 8, room / 2 - at * scale));
    };
    this.view = { x: within(x, width, this.state.size[0]), y: within(y, height, this.state.size[1]), scale };
    this._apply(smooth);
  }

  _apply(smooth) {
    const { x, y, scale } = this.view;
    if (this.all.length > CROWD) this._hideWhatIsOutOfSight();
    this.svg.classList.toggle("mg-smooth", smooth && !wantsStillness.matches);
    this.svg.style.transform = `translate(${x}px, ${y}px) scale(${scale})`;
  }

  // Of a large graph only what is in the window, or was there before the camera moved, costs time to paint.
  _hideWhatIsOutOfSight() {
    const { x, y, scale } = this.view;
    const [width, height] = this.size;
    const sight = [-x - MARGIN, -y - MARGIN, width - x + MARGIN, height - y + MARGIN].map((edge) => edge / scale);
    const before = this.sight || sight;
    this.sight = sight;
    this.boxes ||= this.all.map((group) => {
      const { box: [left, top, wide, high] } = group.mgTold;
      if (wide !== undefined) return [left, top, left + wide, top + high];
      const own = group.getBBox();
      return [left + own.x, top + own.y, left + own.x + own.width, top + own.y + own.height];
    });
    const meets = (box, [left, top, right, bottom]) => box[0] < right && box[2] > left && box[1] < bottom && box[3] > top;
    this.all.forEach((group, n) => {
      const isHidden = !meets(this.boxes[n], sight) && !meets(this.boxes[n], before);
      if (group.mgHidden === isHidden) return;
      group.mgHidden = isHidden;
      group.style.display = isHidden ? "none" : "";
    });
  }

  pan(dx, dy) {
    this.view.x += dx;
    this.view.y += dy;
    this._apply(false);
  }

  // By a factor, around a point of the window.
  zoomBy(factor, clientX, clientY, smooth = false) {
    const box = this.svg.parentElement.getBoundingClientRect();
    const x = (clientX ?? box.left + box.width / 2) - box.left;
    const y = (clientY ?? box.top + box.height / 2) - box.top;
    const scale = Math.min(Math.max(this.view.scale * factor, SMALLEST), LARGEST);
    const by = scale / this.view.scale;
    this.zoom *= by;
    this.view = { x: x - (x - this.view.x) * by, y: y - (y - this.view.y) * by, scale };
    this._apply(smooth);
  }
}
