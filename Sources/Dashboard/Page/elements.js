// Elements, texts and tables. Whatever the gateway tells is put in as text, never as markup.

const byId = (id) => document.getElementById(id);

/// An element with these properties, attributes (those with a hyphen, and role) and children; a text is a text.
function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.includes("-") || key === "role" || key === "scope" || key === "for") made.setAttribute(key, value);
    else made[key] = value;
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const missing = "–";

/// Four digits are enough for a glance.
function count(value) {
  if (value === undefined || value === null) return missing;
  if (value >= 1e9) return `${(value / 1e9).toPrecision(3)} G`;
  if (value >= 1e6) return `${(value / 1e6).toPrecision(3)} M`;
  return grouped.format(value);
}

function rate(value) {
  if (value === undefined || value === null) return missing;
  if (value === 0) return "0";
  return value < 9.95 ? value.toFixed(1) : count(Math.round(value));
}

function milliseconds(value) {
  if (value === undefined || value === null) return missing;
  return value < 9.95 ? value.toFixed(1) : count(Math.round(value));
}

function bytes(value) {
  if (value === undefined || value === null) return missing;
  for (const [unit, size] of [["GB", 1e9], ["MB", 1e6], ["kB", 1e3]]) {
    if (value >= size) return `${(value / size).toPrecision(3)} ${unit}`;
  }
  return `${Math.round(value)} B`;
}

function duration(seconds) {
  const days = Math.floor(seconds / 86400), hours = Math.floor(seconds / 3600) % 24, minutes = Math.floor(seconds / 60) % 60;
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${Math.floor(seconds) % 60} s` : `${Math.floor(seconds)} s`;
}

function clock(time) {
  const at = new Date(time);
  return Number.isNaN(at.getTime()) ? time : at.toLocaleTimeString([], { hour12: false });
}

function day(time) {
  const at = new Date(time);
  return Number.isNaN(at.getTime()) ? time : `${at.toLocaleDateString("sv")} ${at.toLocaleTimeString([], { hour12: false })}`;
}

const badge = (text, kind) => element("span", { className: `badge ${kind}` }, text);

/// A table whose rows are kept as long as they stand for the same thing: focus and what is marked stay where they are.
class Table {
  /// Each column: { title, kind: classes, cell(row): what stands in it (a text, a node or a list of them), text(row): when to
  /// make it anew, sort: word, isHead }.
  constructor(place, label, columns, { key, empty, onSort } = {}) {
    Object.assign(this, { columns, key, empty, kept: new Map() });
    this.headings = columns.map((column) => {
      const title = column.sort
        ? element("button", { type: "button", onclick: () => onSort(column.sort) }, column.title)
        : column.title === "" ? element("span", { className: "quiet" }, "Actions") : column.title;
      return element("th", { scope: "col", className: column.kind ?? "" }, title);
    });
    this.body = element("tbody");
    const table = element("table", { "aria-label": label }, element("thead", {}, element("tr", {}, ...this.headings)), this.body);
    place.setAttribute("role", "region");
    place.setAttribute("aria-label", `${label}, as a table`);
    place.tabIndex = 0;
    place.replaceChildren(table);
  }

  sorted(word) {
    this.columns.forEach((column, place) => {
      if (column.sort === word) this.headings[place].setAttribute("aria-sort", column.sort === "url" ? "ascending" : "descending");
      else this.headings[place].removeAttribute("aria-sort");
    });
  }

  show(rows) {
    const now = new Map();
    rows.forEach((row, place) => {
      const key = this.key(row);
      const kept = this.kept.get(key) ?? this.make();
      this.fill(kept, row);
      now.set(key, kept);
      if (this.body.children[place] !== kept.line) this.body.insertBefore(kept.line, this.body.children[place] ?? null);
    });
    for (const [key, kept] of this.kept) if (!now.has(key)) kept.line.remove();
    this.kept = now;
    if (this.nothing) this.nothing.remove();
    this.nothing = null;
    if (rows.length === 0) {
      this.nothing = element("tr", {}, element("td", { className: "empty", colSpan: this.columns.length }, this.empty));
      this.body.append(this.nothing);
    }
  }

  make() {
    const cells = this.columns.map((column) =>
      element(column.isHead ? "th" : "td", { className: column.kind ?? "", scope: column.isHead ? "row" : null }));
    return { line: element("tr", {}, ...cells), cells, texts: [] };
  }

  fill(kept, row) {
    this.columns.forEach((column, place) => {
      const text = column.text ? column.text(row) : column.cell(row);
      if (kept.texts[place] === text) return;
      kept.texts[place] = text;
      const content = column.cell(row);
      kept.cells[place].replaceChildren(...(Array.isArray(content) ? content : [content]));
    });
  }
}
