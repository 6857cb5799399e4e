// Numbers and arrays as the diagrams write them: a real minus, integers bare, one factor for a whole table.
const LEVELS = 8;
const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

function withMinus(text) {
  return /[1-9]/.test(text) ? text.replace("-", "−") : text.replace("-", "");
}

function powerOfTen(exponent) {
  const digits = [...String(Math.abs(exponent))].map((digit) => SUPERSCRIPTS[digit]).join("");
  return "10" + (exponent < 0 ? "⁻" : "") + digits;
}

function oneNumber(value, digits = 3) {
  if (typeof value !== "number") return value;
  if (Number.isInteger(value) && Math.abs(value) < 1e5) return withMinus(String(value));
  if (Math.abs(value) >= 1e-3 && Math.abs(value) < 1e5) {
    const lacking = Math.abs(value) < 0.1 ? Math.max(0, -Math.floor(Math.log10(Math.abs(value))) - 1) : 0;
    return withMinus(value.toFixed(digits + lacking));
  }
  const [mantissa, exponent] = value.toExponential(2).split("e");
  return withMinus(mantissa) + "·" + powerOfTen(Number(exponent));
}

function largestOf(values) {
  return values.reduce((most, v) => (typeof v === "number" ? Math.max(most, Math.abs(v)) : most), 0);
}

// The elements as texts of one style, and what all of them are multiplied by ("" for nothing).
function cellTexts(values, digits, largest) {
  const power = largest && !(largest >= 0.05 && largest < 1e4) ? Math.max(Math.floor(Math.log10(largest)), -300) : 0;
  const texts = values.map((v) => {
    if (typeof v !== "number") return v;
    const bare = v === 0 || (!power && Number.isInteger(v) && Math.abs(v) < 1e4);
    return withMinus(bare ? String(v) : (v / 10 ** power).toFixed(digits));
  });
  return [texts, power ? "×" + powerOfTen(power) : ""];
}

function level(value, largest) {
  if (typeof value !== "number" || !largest) return 0;
  return Math.round(Math.min(Math.abs(value) / largest, 1) ** 0.8 * LEVELS);
}

function shapeText(shape) {
  return shape.join("×");
}

// Arrays as a page has them: integers with a power of ten, or the transpose of another.
function unpacked(arrays) {
  const whole = arrays.map(({ data, e, ...rest }) =>
    data && { ...rest, data: e ? data.map((v) => (typeof v === "number" ? Number(`${v}e${e}`) : v)) : data });
  return arrays.map(({ turned }, n) => {
    if (turned === undefined) return whole[n];
    const { shape: [rows, columns], data, ...rest } = whole[turned];
    return { ...rest, shape: [columns, rows], data: data.map((_, i) => data[(i % rows) * columns + Math.floor(i / rows)]) };
  });
}

// Which of `count` rows or columns are shown, null standing for those left out; `there` of them are on the page.
function shownOf(count, most, there = count) {
  if (there < count) return [...Array(Math.min(there, most)).keys(), null];
  if (count <= most) return [...Array(count).keys()];
  return [...Array(most - 2).keys(), null, count - 1];
}

// A table of the last two axes of an array; of more axes one table for each place of the others.
// most: what the colours and the common factor are relative to, if not to the array's own largest number.
function arrayTables(array, hue, words, { digits = 3, rows = 6, columns = 8, slices = 1, most } = {}) {
  const { shape, data } = array;
  const box = element("div", { class: "mg-tables" });
  if (!shape.length) {
    box.append(element("span", { class: `mg-number mg-${hue}` }, oneNumber(data[0], digits)));
    return box;
  }
  if (!data.length) {
    box.append(element("span", { class: "mg-note" }, words.empty));
    return box;
  }
  const width = shape.at(-1);
  const height = shape.length > 1 ? shape.at(-2) : 1;
  const largest = most ?? largestOf(data);
  const [texts, factor] = cellTexts(data, digits, largest);
  if (factor) box.append(element("span", { class: "mg-note" }, factor));
  const places = Math.min(Math.ceil(data.length / (width * height)), slices);
  for (let place = 0; place < places; place++) {
    const start = place * width * height;
    const there = Math.min(Math.ceil((data.length - start) / width), height);
    const table = element("table", { class: `mg-array mg-${hue}` });
    if (shape.length > 2) {
      const index = shape.slice(0, -2).reduceRight(([left, found], n) => [
        Math.floor(left / n), [left % n, ...found]], [place, []])[1];
      table.append(element("caption", {}, filled(words.slice, index.join(", "), shapeText(shape))));
    }
    for (const row of shownOf(height, rows, there)) {
      const line = element("tr");
      for (const column of shownOf(width, columns)) {
        if (row === null || column === null) {
          line.append(element("td", { class: "mg-left-out" }, "⋯"));
          continue;
        }
        const n = start + row * width + column;
        if (n >= data.length) continue;
        const cell = element("td", { class: typeof data[n] === "number" ? false : "mg-odd" }, texts[n]);
        cell.style.background = `var(--${hue}-${level(data[n], largest)})`;
        line.append(cell);
      }
      table.append(line);
    }
    box.append(table);
  }
  return box;
}

function rangeText(array, words) {
  const parts = array.range ? [filled(words.range, ...array.range.map((v) => oneNumber(v)))] : [];
  if (array.odd) parts.push(filled(words.odd, array.odd));
  const count = array.shape.reduce((product, n) => product * n, 1);
  if (array.data.length < count) parts.push(filled(words.some, array.data.length, count));
  return parts.join(" · ");
}
