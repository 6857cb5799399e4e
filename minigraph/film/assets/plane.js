// Which class the network gives to each point of the plane, and the data over it: a shape and a hue for each class.
const PLANE = 440;
const CLASS_FILLS = ["--forward-4", "--backward-3", "--local-3", "--parameter", "--rule", "--pill"];
const CLASS_LINES = ["--forward", "--backward", "--local", "--ink", "--op-line", "--mute"];
const CLASS_SHAPES = [
  (c, x, y, r) => c.arc(x, y, r, 0, 7),
  (c, x, y, r) => c.rect(x - r * 0.9, y - r * 0.9, r * 1.8, r * 1.8),
  (c, x, y, r) => [[0, -1.2], [1.1, 0.8], [-1.1, 0.8]].forEach(([a, b], n) => c[n ? "lineTo" : "moveTo"](x + a * r, y + b * r)),
  (c, x, y, r) => [[0, -1.3], [1.3, 0], [0, 1.3], [-1.3, 0]].forEach(([a, b], n) => c[n ? "lineTo" : "moveTo"](x + a * r, y + b * r)),
];
const CLASS_SIGNS = ["●", "■", "▲", "◆", "●", "■"];

class Plane {
  constructor(data, words) {
    Object.assign(this, { data, words, frame: 0 });
    this.canvas = element("canvas", { class: "mg-plane", role: "img", width: 2 * PLANE, height: 2 * PLANE });
    this.says = element("p", { class: "mg-note" });
    const [left, right, bottom, top] = data.box;
    const range = (low, high, n) => `${data.axes}[${n}]: ${oneNumber(low, 2)} … ${oneNumber(high, 2)}`;
    const classes = [...new Set(data.points.map(([, , k]) => k))].sort((a, b) => a - b);
    this.legend = element("p", { class: "mg-note" },
      ...classes.flatMap((k) => {
        const sign = element("span", {}, CLASS_SIGNS[k] || "●");
        sign.style.color = `var(${CLASS_LINES[k] || "--mute"})`;
        return [sign, ` ${filled(words.class, k)}  `];
      }),
      `· → ${range(left, right, 0)} · ↑ ${range(bottom, top, 1)}`);
    this.root = element("div", {}, this.canvas, this.says, this.legend);
    theme.listeners.push(() => this.show(this.frame));
  }

  // The class of each cell, row by row from the top left.
  cells(frame) {
    const runs = this.data.frames[frame];
    const found = [];
    for (let n = 0; n < runs.length; n += 2) for (let k = 0; k < runs[n + 1]; k++) found.push(runs[n]);
    return found;
  }

  show(frame) {
    this.frame = frame;
    const { side, box, points, right, of } = this.data;
    const paper = this.canvas.getContext("2d");
    const colours = getComputedStyle(document.documentElement);
    const colour = (name) => colours.getPropertyValue(name || "--background").trim();
    const [size, cells] = [this.canvas.width, this.cells(frame)];
    paper.clearRect(0, 0, size, size);
    for (let row = 0, n = 0; row < side; row++) {
      for (let column = 0; column < side; n++) {
        let end = column + 1;
        while (end < side && cells[n + 1] === cells[n]) [end, n] = [end + 1, n + 1];
        const [x, y] = [Math.floor((column * size) / side), Math.floor((row * size) / side)];
        paper.fillStyle = colour(CLASS_FILLS[cells[n]]);
        paper.fillRect(x, y, Math.ceil((end * size) / side) - x, Math.ceil(((row + 1) * size) / side) - y);
        column = end;
      }
    }
    paper.lineWidth = 2;
    for (const [x, y, k] of points) {
      paper.beginPath();
      const at = [((x - box[0]) / (box[1] - box[0])) * size, ((box[3] - y) / (box[3] - box[2])) * size];
      CLASS_SHAPES[k % CLASS_SHAPES.length](paper, ...at, points.length > 300 ? 6 : 9);
      paper.closePath();
      paper.fillStyle = colour(CLASS_LINES[k]);
      paper.strokeStyle = colour("--background");
      paper.fill();
      paper.stroke();
    }
    const says = filled(this.words.right, right[frame], of, ((100 * right[frame]) / of).toFixed(0));
    this.says.replaceChildren(says);
    this.canvas.setAttribute("aria-label", `${this.words.regions}: ${says}`);
  }
}
