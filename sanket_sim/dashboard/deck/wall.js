import "./deck.js";

const deck = document.querySelector("sanket-deck");
const wishes = new URLSearchParams(location.search);

for (const name of ["theme", "view", "ws"]) {
  if (wishes.has(name)) deck.setAttribute(name, wishes.get(name));
}
if (wishes.has("truth")) deck.setAttribute("truth", "");
