// Runs inside the page that browser.py makes: what the browser drew, as numbers in the points of each figure's graph.
const short = value => Math.round(value * 100) / 100;
const around = shape => {
  const box = shape.getBBox();
  return [box.x, box.y, box.x + box.width, box.y + box.height].map(short);
};
const pen = document.createElement("canvas").getContext("2d");

// Where there is ink: getBBox is as high as the font's tallest letters, whatever the text.
function ink(text) {
  const style = getComputedStyle(text);
  pen.font = `${style.fontStyle} ${style.fontWeight} 100px ${style.fontFamily}`;
  const sizes = pen.measureText(text.textContent), scale = parseFloat(style.fontSize) / 100;
  const [left, , right] = around(text), y = parseFloat(text.getAttribute("y"));
  const start = (left + right - sizes.width * scale) / 2;
  return [
    start - sizes.actualBoundingBoxLeft * scale, y - sizes.actualBoundingBoxAscent * scale,
    start + sizes.actualBoundingBoxRight * scale, y + sizes.actualBoundingBoxDescent * scale,
  ].map(short);
}

function points(path) {
  const length = path.getTotalLength(), steps = Math.max(2, Math.ceil(length));
  return [...Array(steps + 1).keys()].map(n => {
    const point = path.getPointAtLength(length * n / steps);
    return [short(point.x), short(point.y)];
  });
}

function part(shape) {
  const owner = shape.parentNode.closest(".node, .edge, .cluster, .graph"), style = getComputedStyle(shape);
  const found = {
    tag: shape.tagName, owner: owner.id, kind: owner.getAttribute("class"), box: around(shape),
    fill: style.fill, stroke: style.stroke, dash: style.strokeDasharray,
    width: style.stroke === "none" ? 0 : parseFloat(style.strokeWidth),
  };
  if (shape.tagName === "text") Object.assign(found, {text: shape.textContent, ink: ink(shape)});
  if (shape.tagName === "path" && owner.matches(".edge")) found.points = points(shape);
  if (shape.tagName === "path" && owner.matches(".node, .cluster")) {
    found.round = short(shape.getPointAtLength(0).x - found.box[0]); // a frame begins where its first corner ends
  }
  if (shape.tagName === "polygon") found.corners = shape.points.numberOfItems - 1;
  return found;
}

function measure() {
  return Object.fromEntries([...document.querySelectorAll("section")].map(section => {
    const svg = section.querySelector("svg"), graph = svg.querySelector(".graph"), view = svg.viewBox.baseVal;
    const {e, f} = graph.transform.baseVal.consolidate().matrix;
    const parts = [...graph.querySelectorAll("path, polygon, polyline, ellipse, text")].map(part);
    return [section.id, {view: [view.x - e, view.y - f, view.x + view.width - e, view.y + view.height - f], parts}];
  }));
}

const found = {};
for (const fonts of ["own", "wide"]) {
  document.body.className = fonts;
  found[fonts] = measure();
}
const screen = document.createElement("pre");
screen.id = "measured";
screen.textContent = JSON.stringify(found);
document.body.replaceChildren(screen);
