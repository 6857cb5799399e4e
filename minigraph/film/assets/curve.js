// The loss over the steps: a line with a mark where the film is; pointing at it tells the numbers, a press goes there.
const CURVE = { width: 520, height: 220, left: 56, right: 14, top: 14, bottom: 30 };

function drawnAs(tag, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

class Curve {
  constructor({ steps, losses, captions, words }, go) {
    Object.assign(this, { steps, losses, captions, go });
    const known = losses.filter((loss) => typeof loss === "number");
    this.low = Math.min(0, ...known);
    this.high = Math.max(...known, this.low);
    if (this.high === this.low) this.high = this.low + 1; // an axis needs two ends
    this.mark = drawnAs("circle", { class: "mg-mark", r: 6 });
    this.rule = drawnAs("line", { class: "mg-rule", y1: CURVE.top, y2: CURVE.height - CURVE.bottom });
    this.told = drawnAs("text", { class: "mg-told", y: CURVE.top + 10 });
    this.hint = drawnAs("g", { class: "mg-hovered" }, drawnAs("line", { y1: CURVE.top, y2: CURVE.height - CURVE.bottom }),
      drawnAs("circle", { r: 4 }));
    this.hint.style.display = "none";
    this.svg = drawnAs("svg", { viewBox: `0 0 ${CURVE.width} ${CURVE.height}`, class: "mg-curve", role: "img",
      "aria-label": `${words.losses}: ${captions[0]} … ${captions.at(-1)}` });
    this.svg.append(...this.axes(), ...this.lines(), this.rule, this.hint, this.mark, this.told);
    this.svg.addEventListener("pointermove", (event) => this.point(this.nearest(event)));
    this.svg.addEventListener("pointerleave", () => this.point(undefined));
    this.svg.addEventListener("click", (event) => go(this.nearest(event)));
  }

  x(frame) {
    const last = this.steps.at(-1) || 1;
    return CURVE.left + ((CURVE.width - CURVE.left - CURVE.right) * this.steps[frame]) / last;
  }

  y(loss) {
    return CURVE.height - CURVE.bottom - ((loss - this.low) / (this.high - this.low)) * (CURVE.height - CURVE.top - CURVE.bottom);
  }

  axes() {
    const { low, high } = this;
    const bottom = CURVE.height - CURVE.bottom;
    const numbers = [low, (low + high) / 2, high].flatMap((loss) => [
      drawnAs("line", { class: "mg-axis", x1: CURVE.left, x2: CURVE.width - CURVE.right, y1: this.y(loss), y2: this.y(loss) }),
      drawnAs("text", { x: CURVE.left - 7, y: this.y(loss) + 4, "text-anchor": "end" }, oneNumber(loss, 2)),
    ]);
    const last = this.steps.length - 1;
    const steps = [...new Set([0, last])].map((frame) => drawnAs(
      "text", { x: this.x(frame), y: bottom + 18, "text-anchor": frame ? "end" : "start" }, String(this.steps[frame])));
    return [...numbers, ...steps];
  }

  // One line for each stretch of numbers; a dot for one that stands alone.
  lines() {
    const stretches = [[]];
    this.losses.forEach((loss, frame) => {
      if (typeof loss === "number") stretches.at(-1).push(`${this.x(frame).toFixed(1)},${this.y(loss).toFixed(1)}`);
      else if (stretches.at(-1).length) stretches.push([]);
    });
    return stretches.filter((points) => points.length).map((points) => (points.length > 1
      ? drawnAs("polyline", { class: "mg-loss", points: points.join(" ") })
      : drawnAs("circle", { class: "mg-loss-alone", r: 2.5, cx: points[0].split(",")[0], cy: points[0].split(",")[1] })));
  }

  nearest(event) {
    const { left, width } = this.svg.getBoundingClientRect();
    const x = ((event.clientX - left) / width) * CURVE.width;
    const away = this.steps.map((_, frame) => Math.abs(this.x(frame) - x));
    return away.indexOf(Math.min(...away));
  }

  point(frame) {
    this.hint.style.display = frame === undefined ? "none" : "";
    this.told.textContent = "";
    if (frame === undefined) return;
    const [line, circle] = this.hint.children;
    const x = this.x(frame);
    line.setAttribute("x1", x);
    line.setAttribute("x2", x);
    this.put(circle, frame);
    const isRight = x > CURVE.width * 0.6;
    this.told.setAttribute("x", x + (isRight ? -9 : 9));
    this.told.setAttribute("text-anchor", isRight ? "end" : "start");
    this.told.textContent = this.captions[frame];
  }

  put(circle, frame) {
    const loss = this.losses[frame];
    circle.setAttribute("cx", this.x(frame));
    circle.setAttribute("cy", typeof loss === "number" ? this.y(loss) : CURVE.height - CURVE.bottom);
    circle.classList.toggle("mg-unknown", typeof loss !== "number");
  }

  show(frame) {
    this.put(this.mark, frame);
    this.rule.setAttribute("x1", this.x(frame));
    this.rule.setAttribute("x2", this.x(frame));
  }
}
