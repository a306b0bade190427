// The flight deck: one framework-free custom element, fed by a WebSocket.
class SanketDeck extends HTMLElement {
  connectedCallback() {
    const root = this.attachShadow({ mode: "open" });
    const text = document.createElement("pre");
    text.dataset.testid = "deck";
    root.append(text);
    const url = new URL(this.getAttribute("ws") ?? "/ws", location.href);
    url.protocol = url.protocol.replace("http", "ws");
    this.socket = new WebSocket(url);
    this.socket.onopen = () => this.socket.send(JSON.stringify({ type: "subscribe", topics: ["metrics"] }));
    this.socket.onmessage = (event) => {
      const { topic, body } = JSON.parse(event.data);
      if (topic === "metrics") text.textContent = JSON.stringify(body.run, null, 2);
    };
  }
  disconnectedCallback() {
    this.socket.close();
  }
}
customElements.define("sanket-deck", SanketDeck);
