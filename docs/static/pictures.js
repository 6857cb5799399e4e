// Words in a picture that is shrunk to less than this cannot be read, so it stays wider than the page and scrolls.
const READABLE = 0.6;

function readable(picture) {
  const width = picture.naturalWidth * READABLE;
  if (width <= picture.parentElement.clientWidth) return;
  picture.classList.add("wide");
  picture.style.width = `${width}px`;
  picture.tabIndex = 0;
  picture.title = "Click or press Enter to see all of it, or to read it";
  const turn = () => {
    picture.style.width = picture.classList.toggle("whole") ? "" : `${width}px`;
  };
  picture.addEventListener("click", turn);
  picture.addEventListener("keydown", (event) => {
    if (event.key === "Enter") turn();
  });
}

for (const picture of document.querySelectorAll("article p > img")) {
  if (picture.complete) readable(picture);
  else picture.addEventListener("load", () => readable(picture));
}
