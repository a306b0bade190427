const WAIT_MS_MIN = 250;
const WAIT_MS_MAX = 5000;

/**
 * How long to wait before the next try: doubled each time, at most 5 s, of which a random half is
 * taken off so that many pages do not come back at once.
 *
 * @param {number} tries failed so far, from 1
 * @param {number} chance in [0, 1)
 * @returns {number} milliseconds
 */
function waitMs(tries, chance) {
  const most = Math.min(WAIT_MS_MAX, WAIT_MS_MIN * 2 ** tries);
  return most * (1 - chance / 2);
}

/** Resolve a path or URL against the page, as a WebSocket's address. */
function socketUrl(path) {
  const url = new URL(path, location.href);
  url.protocol = url.protocol.replace("http", "ws");
  return url;
}

/** Whether a server answers that it wants a token first; false if none answers. */
async function isRefused() {
  try {
    return (await fetch("/api/health", { cache: "no-store" })).status === 401;
  } catch {
    return false;
  }
}

/** A WebSocket that subscribes to topics, and comes back by itself when it is lost. */
export class Link {
  /**
   * @param {string} path address of the socket
   * @param {string[]} topics
   * @param {{message: (message: object) => void, state: (state: string) => void}} told
   *   `message` gets every parsed message; `state` gets "connecting", "open", "lost", or "refused"
   *   where a server is there that does not know us: it was started again, and wants its token
   */
  constructor(path, topics, told) {
    this.path = path;
    this.topics = topics;
    this.told = told;
    this.tries = 0;
    this.away = "lost";
    this.socket = null;
    this.timer = 0;
  }

  /** Connect, and stay connected until `close`. */
  open() {
    this.close();
    this.told.state(this.tries ? this.away : "connecting");
    const socket = new WebSocket(socketUrl(this.path));
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.#subscribe(socket);
    socket.onmessage = (event) => this.#take(event.data);
    socket.onclose = () => this.#retry();
    this.socket = socket;
  }

  /** Leave for good. */
  close() {
    clearTimeout(this.timer);
    if (!this.socket) return;
    this.socket.onclose = null;
    this.socket.onmessage = null;
    this.socket.close();
    this.socket = null;
  }

  #subscribe(socket) {
    this.tries = 0;
    this.away = "lost";
    socket.send(JSON.stringify({ type: "subscribe", topics: this.topics }));
    this.told.state("open");
  }

  #take(data) {
    const text = typeof data === "string" ? data : new TextDecoder().decode(data);
    this.told.message(JSON.parse(text));
  }

  #retry() {
    this.tries += 1;
    this.told.state(this.away);
    this.timer = setTimeout(() => this.open(), waitMs(this.tries, Math.random()));
    this.#askWhy();
  }

  /** A socket does not say why it was not opened: any other request does. */
  async #askWhy() {
    const refused = await isRefused();
    if (!this.socket || this.socket.readyState === WebSocket.OPEN) return;
    this.away = refused ? "refused" : "lost";
    this.told.state(this.away);
  }
}
