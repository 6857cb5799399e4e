// Light or dark: as the reader's system is, until somebody presses the button.
const systemIsDark = window.matchMedia("(prefers-color-scheme: dark)");

const theme = {
  listeners: [],
  chosen: document.documentElement.dataset.fixedTheme || "",
  get current() {
    return this.chosen || (systemIsDark.matches ? "dark" : "light");
  },
  apply() {
    document.documentElement.dataset.theme = this.current;
    for (const listener of this.listeners) listener(this.current);
  },
  toggle() {
    this.chosen = this.current === "dark" ? "light" : "dark";
    this.apply();
  },
};
systemIsDark.addEventListener("change", () => theme.apply());
theme.apply();

const wantsStillness = window.matchMedia("(prefers-reduced-motion: reduce)");

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") for (const [event, listener] of Object.entries(value)) made.addEventListener(event, listener);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== undefined && child !== ""));
  return made;
}

function filled(pattern, ...values) {
  return pattern.replace(/\{(\d)\}/g, (_, n) => values[n]);
}
