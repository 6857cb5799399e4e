// The units and arrows of a network at several times: parts that are filled with what they show now.
const SVG_SPACE = "http://www.w3.org/2000/svg";

class Network {
  constructor({ box, parts }, label) {
    this.parts = parts;
    this.svg = document.createElementNS(SVG_SPACE, "svg");
    this.svg.setAttribute("viewBox", box.join(" "));
    this.svg.setAttribute("role", "img");
    this.svg.setAttribute("aria-label", label);
    this.svg.setAttribute("class", "mg-network");
    this.svg.style.setProperty("--natural", `${Math.round(box[2] * 1.15)}px`);
    this.shown = parts.map(() => undefined);
    this.groups = parts.map(() => {
      const group = document.createElementNS(SVG_SPACE, "g");
      this.svg.append(group);
      return group;
    });
  }

  show(frame) {
    this.parts.forEach(({ patterns, frames }, n) => {
      let at = frame;
      while (frames[at] === 0) at--;
      if (this.shown[n] === at) return;
      this.shown[n] = at;
      const [pattern, ...values] = frames[at];
      this.groups[n].innerHTML = pattern === undefined ? "" : patterns[pattern].reduce(
        (text, piece, k) => text + (k ? values[k - 1] : "") + piece, "");
    });
  }
}
