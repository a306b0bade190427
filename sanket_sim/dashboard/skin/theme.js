// Runs before anything is drawn, so that no page flashes in the wrong theme.
"use strict";
(() => {
  const key = "sanket-theme";
  const known = ["dark", "light", "auto"];
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const root = document.documentElement;

  /** What the address asks for counts first, then what was chosen last. */
  const chosen = () => {
    const wishes = [new URL(location).searchParams.get("theme"), localStorage.getItem(key)];
    return wishes.find((wish) => known.includes(wish)) ?? "auto";
  };

  /** Keep a choice, and take back the address's, so that the choice outlives a reload. */
  const keep = (theme) => {
    localStorage.setItem(key, theme);
    const address = new URL(location);
    address.searchParams.delete("theme");
    history.replaceState(history.state, "", address);
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
    keep(event.detail);
    apply();
  });
  dark.addEventListener("change", apply);
  apply();
})();
