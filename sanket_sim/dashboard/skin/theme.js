// Runs before anything is drawn, so that no page flashes in the wrong theme.
"use strict";
(() => {
  const key = "sanket-theme";
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const root = document.documentElement;

  const chosen = () => {
    const kept = localStorage.getItem(key);
    return ["dark", "light", "auto"].includes(kept) ? kept : "auto";
  };

  /** Lay the chosen theme over the page; "auto" follows the desktop. */
  const apply = () => {
    const theme = chosen();
    root.dataset.skChoice = theme;
    root.dataset.skTheme = theme === "auto" ? (dark.matches ? "dark" : "light") : theme;
    root.dispatchEvent(new CustomEvent("sk-theme", { detail: theme }));
  };

  root.lang = "en";
  root.addEventListener("sk-choose-theme", (event) => {
    localStorage.setItem(key, event.detail);
    apply();
  });
  dark.addEventListener("change", apply);
  apply();
})();
