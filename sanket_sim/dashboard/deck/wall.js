import "./deck.js";

const THEMES = ["dark", "light", "auto"];
const deck = document.querySelector("sanket-deck");
const wishes = new URLSearchParams(location.search);

for (const name of ["view", "ws"]) {
  if (wishes.has(name)) deck.setAttribute(name, wishes.get(name));
}
if (THEMES.includes(wishes.get("theme"))) deck.setAttribute("theme", wishes.get("theme"));
if (wishes.has("truth")) deck.setAttribute("truth", "");
