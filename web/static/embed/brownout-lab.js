// <brownout-lab>: the lab as an element of your own page. Version 1 of the protocol in docs/embed.md.
//
//   <script src="https://example.org/brownout/embed/brownout-lab.js" defer></script>
//   <brownout-lab link="#v1.…" ui="controls" style="height: 460px"></brownout-lab>
//
// A classic script, so that any file host can serve it to pages of other origins.

(() => {
  "use strict";

  const PROTOCOL = 1;
  const PAGE = new URL("../", document.currentScript.src);
  const PARAMETERS = ["ui", "run", "speed", "edit", "theme", "lang", "title", "fit", "view", "panel", "lock", "links",
    "wheel", "seed", "at", "signal", "events"];
  const ANSWER_MS = 30_000;

  class BrownoutLab extends HTMLElement {
    static observedAttributes = ["link", "page", ...PARAMETERS];

    #frame = null;
    #open = new Map();
    #last = 0;
    #ready = null;
    #isReady = null;
    #page = PAGE;
    #hear = (event) => this.#heard(event);

    connectedCallback() {
      const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
      const style = document.createElement("style");
      style.textContent = ":host{display:block;height:460px}iframe{display:block;width:100%;height:100%;border:0}";
      this.#frame = document.createElement("iframe");
      this.#frame.loading = "lazy";
      this.#frame.allow = "clipboard-write; fullscreen";
      root.replaceChildren(style, this.#frame);
      addEventListener("message", this.#hear);
      this.#show();
    }

    disconnectedCallback() {
      removeEventListener("message", this.#hear);
      for (const { refuse } of this.#open.values()) refuse(new Error("the element was taken away"));
      this.#open.clear();
      this.#frame = null;
    }

    attributeChangedCallback() {
      if (this.#frame) this.#show();
    }

    /** Loads a scenario (an object or the text of a file), or a link. */
    load(scenario, { run } = {}) {
      const isLink = typeof scenario === "string" && scenario.includes("#v");
      return this.#ask({ type: "load", [isLink ? "link" : "scenario"]: scenario, run });
    }

    run(speed) { return this.#ask({ type: "run", speed }); }
    pause() { return this.#ask({ type: "pause" }); }
    reset() { return this.#ask({ type: "reset" }); }
    seek(seconds) { return this.#ask({ type: "seek", t_s: seconds }); }
    set(path, value) { return this.#ask({ type: "set", path, value }); }
    inject(verb, target, factor) { return this.#ask({ type: "inject", do: verb, target, factor }); }
    query(what) { return this.#ask({ type: "query", what }); }

    #show() {
      this.#page = this.hasAttribute("page") ? new URL(this.getAttribute("page"), document.baseURI) : PAGE;
      const address = new URL(this.#page);
      address.searchParams.set("embed", "1");
      address.searchParams.set("origin", location.origin);
      for (const name of PARAMETERS) {
        if (this.hasAttribute(name)) address.searchParams.set(name, this.getAttribute(name));
      }
      const link = this.getAttribute("link") ?? "";
      address.hash = link.slice(link.indexOf("#") + 1);
      this.#ready = new Promise((done) => { this.#isReady = done; });
      this.#frame.title = this.getAttribute("title") ?? "Brownout";
      this.#frame.src = address;
    }

    async #ask(message) {
      if (!this.#frame) throw new Error("the element is not in a page");
      await this.#ready;
      this.#last += 1;
      const id = this.#last;
      const answer = new Promise((done, refuse) => {
        this.#open.set(id, { done, refuse });
        setTimeout(() => {
          if (this.#open.delete(id)) refuse(new Error("the lab did not answer"));
        }, ANSWER_MS);
      });
      this.#frame.contentWindow.postMessage({ brownout: PROTOCOL, id, ...message }, this.#page.origin);
      return answer;
    }

    #heard({ source, origin, data }) {
      const ours = this.#frame && source === this.#frame.contentWindow && origin === this.#page.origin;
      if (!ours || data?.brownout !== PROTOCOL) return;
      if (data.type === "loaded") this.#isReady();
      if (data.type === "response") {
        const waiting = this.#open.get(data.id);
        this.#open.delete(data.id);
        if (data.ok) waiting?.done(data.result);
        else waiting?.refuse(new Error(data.error));
        return;
      }
      this.dispatchEvent(new CustomEvent(`lab-${data.type}`, { detail: data, bubbles: true, composed: true }));
    }
  }

  customElements.define("brownout-lab", BrownoutLab);
})();
