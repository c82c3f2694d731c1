// Lists that are longer than a page: what is asked for comes from the gateway, a page at a time.

const pageSize = 50;
const refreshSeconds = 5;

/// Fields to search and filter by, the page's number, and its rows.
class PagedList {
  /// fields: [{ name, label, options }]; without options it is a text. ask(query): fetches; show(answer, view).
  constructor({ tools, pages, fields, path, show, isLiveWithoutQuery }) {
    Object.assign(this, { pages, path, show, isLiveWithoutQuery, offset: 0, sort: "", inputs: {}, turn: 0, freshUntil: 0 });
    for (const { name, label, options } of fields) {
      const input = options
        ? element("select", { name }, ...options.map(([value, text]) => element("option", { value }, text)))
        : element("input", { name, type: "search", autocomplete: "off", spellcheck: false, maxLength: 100 });
      input.addEventListener("input", () => this.later());
      this.inputs[name] = input;
      tools.append(element("label", {}, label, input));
    }
    if (!isLiveWithoutQuery) tools.append(element("button", { type: "submit" }, "Refresh"));
    tools.addEventListener("submit", (event) => { event.preventDefault(); this.load(); });
  }

  get hasQuery() {
    return this.sort !== "" || this.offset > 0 || Object.values(this.inputs).some((input) => input.value !== "");
  }

  /// Does the stream show it, so that nothing is asked for?
  get isLive() { return this.isLiveWithoutQuery && !this.hasQuery; }

  later() {
    this.offset = 0;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.load(), 250);
  }

  sortBy(word) {
    this.sort = this.sort === word ? "" : word;
    this.offset = 0;
    this.load();
  }

  /// Something of it is about to change: it is asked for each second for a while.
  expectChange() {
    this.freshUntil = Date.now() + 15000;
    this.load();
  }

  /// Called each second: those that are looked at are kept fresh.
  tick() {
    if (Date.now() < this.freshUntil) return this.load();
    if (!this.isLiveWithoutQuery || this.isLive || document.hidden) return;
    this.ticks = (this.ticks ?? 0) + 1;
    if (this.ticks % refreshSeconds === 0) this.load();
  }

  async load() {
    const turn = ++this.turn;
    if (this.isLive) {
      this.pages.replaceChildren();
      return this.show(null);
    }
    const query = new URLSearchParams({ limit: pageSize, offset: this.offset });
    if (this.sort !== "") query.set("sort", this.sort);
    for (const [name, input] of Object.entries(this.inputs)) if (input.value !== "") query.set(name, input.value);
    const answer = await ask(`${this.path}?${query}`);
    // Who types on has asked for something else since.
    if (answer === null || turn !== this.turn) return;
    this.show(answer);
    this.turnPages(answer.matching ?? 0);
  }

  turnPages(matching) {
    const end = Math.min(matching, this.offset + pageSize);
    const go = (offset) => { this.offset = offset; this.load(); };
    const had = document.activeElement?.dataset?.way;
    const button = (text, way, offset, isOff) =>
      element("button", { type: "button", disabled: isOff, "data-way": way, onclick: () => go(offset) }, text);
    this.pages.replaceChildren(
      button("Back", `${this.path}-back`, Math.max(0, this.offset - pageSize), this.offset === 0),
      element("span", {}, matching === 0 ? "none" : `${grouped.format(this.offset + 1)} to ${grouped.format(end)} of ${grouped.format(matching)}`),
      button("Next", `${this.path}-next`, this.offset + pageSize, end >= matching));
    if (had) this.pages.querySelector(`[data-way="${CSS.escape(had)}"]:enabled`)?.focus();
  }
}
