import { icon, make, setText } from "./dom.js";

const PLAY = "M4.5 2.8v10.4a.6.6 0 0 0 .92.5l8-5.2a.6.6 0 0 0 0-1l-8-5.2a.6.6 0 0 0-.92.5z";

/** What is said when there is nothing to see yet, or when something is the matter. */
export class Notices {
  /** @param {SanketDeck} deck */
  constructor(deck) {
    this.deck = deck;
    this.pill = make("div", "pill");
    this.pill.setAttribute("role", "status");
    this.pill.dataset.testid = "connection";
    this.strip = make("div", "strip");
    this.strip.setAttribute("role", "status");
    this.strip.dataset.testid = "notice";
    this.invitation = this.#invite();
    this.show();
  }

  /** Show what fits the present state, and hide what does not. */
  show() {
    const { deck } = this;
    const run = deck.run;
    this.#say(this.pill, connectionText(deck.connection, run));
    this.#tellRun(run);
    const state = run?.state ?? (deck.connection === "open" ? "empty" : "");
    this.invitation.hidden = !(state in WAITING);
    if (!this.invitation.hidden) this.#describe(state, run);
    deck.frame.classList.toggle("stale", deck.away);
  }

  #say(place, text) {
    place.hidden = !text;
    setText(place, text);
  }

  #tellRun(run) {
    const key = run ? `${run.state} ${run.message}` : "";
    if (key === this.told) return;
    this.told = key;
    const notice = NOTICES[run?.state]?.(run, this.deck);
    this.strip.hidden = !notice;
    this.strip.dataset.state = run?.state ?? "";
    this.strip.replaceChildren(...(notice ?? []));
  }

  #invite() {
    this.kicker = make("p", "invitation-kicker");
    this.heading = make("h2", "invitation-title");
    this.question = make("p", "invitation-text");
    this.button = make("button", "invitation-play", icon(PLAY, 20), "Play");
    this.button.type = "button";
    this.button.dataset.testid = "invitation-play";
    this.button.addEventListener("click", () => this.deck.play());
    const card = make("section", "card invitation");
    card.setAttribute("aria-label", "Ready");
    card.append(this.kicker, this.heading, this.question, this.button);
    return card;
  }

  #describe(state, run) {
    const { kicker, heading, text } = WAITING[state];
    setText(this.kicker, kicker);
    setText(this.heading, heading ?? (run.title || run.experiment));
    setText(this.question, text ?? sentence(run.question));
    this.button.hidden = state !== "ready" || !this.deck.hostControls.length;
  }
}

/** States in which there is nothing to see yet; what is not said here, the experiment says. */
const WAITING = {
  empty: {
    kicker: "No flight yet",
    heading: "Choose an experiment",
    text: "Nothing is being simulated at the moment.",
  },
  starting: { kicker: "Building the bank and its people" },
  ready: { kicker: "Ready: press play to begin" },
};

/** An experiment's question as a sentence: its marks for code are of no use here. */
export function sentence(question) {
  const said = question.replaceAll("`", "").trim();
  return said.charAt(0).toUpperCase() + said.slice(1);
}

function connectionText(connection, run) {
  if (connection === "open") return "";
  if (connection === "lost") return "Connection lost · trying again";
  if (connection === "refused") return "This session has ended · reload the page to give the token";
  return run ? "" : "Connecting";
}

const NOTICES = {
  measuring: () => [
    make("span", "spinner"),
    make("strong", "", "The flight is over."),
    " Its findings and its report are being written.",
  ],
  ended: (run, deck) => [
    make("strong", "", "The run has ended."),
    run.message ? ` ${run.message} ` : " ",
    reportLink(deck),
  ],
  failed: (run) => [
    make("strong", "", "The run has failed."),
    ` ${run.message || "No reason was given."}`,
  ],
};

function reportLink(deck) {
  const link = make("a", "strip-link", "Open the report");
  link.href = deck.getAttribute("report") ?? "/api/report";
  link.target = "_blank";
  link.rel = "noopener";
  link.dataset.testid = "report-link";
  return link;
}
