// Plots of the last minutes, as SVG.

const plottedSeconds = 300;
const svgName = "http://www.w3.org/2000/svg";

function shape(name, attributes, text) {
  const made = document.createElementNS(svgName, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

/// The next of 1, 2, 5, 10, 20 …
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1e-9)));
  return [1, 2, 2.5, 5, 10].map((step) => step * power).find((step) => step >= value) ?? value;
}

class Plot {
  /// series: [{ label, kind }]; values(point): one number, or null, for each of them.
  constructor(figure, { series, values, isStacked, format, label }) {
    Object.assign(this, { series, values, isStacked, format, label, points: [], marked: null });
    this.legend = series.map(({ label: name, kind }) => {
      const value = element("b", {}, missing);
      return { item: element("li", { className: kind }, name, value), value };
    });
    figure.querySelector("figcaption").append(element("ul", {}, ...this.legend.map(({ item }) => item)));
    this.svg = shape("svg", { role: "img", tabindex: "0", preserveAspectRatio: "none" });
    figure.append(this.svg);
    this.svg.addEventListener("pointermove", (event) => this.mark(this.nearest(event)));
    this.svg.addEventListener("pointerleave", () => this.mark(null));
    this.svg.addEventListener("blur", () => this.mark(null));
    this.svg.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (step === undefined || this.points.length === 0) return;
      event.preventDefault();
      const last = this.points.length - 1;
      this.mark(Math.min(last, Math.max(0, (this.marked ?? last) + step)));
    });
    new ResizeObserver(() => this.draw()).observe(this.svg);
  }

  show(points) {
    this.points = points;
    this.draw();
  }

  mark(place) {
    this.marked = place;
    this.draw();
  }

  nearest(event) {
    if (this.points.length === 0) return null;
    const box = this.svg.getBoundingClientRect();
    const at = this.begin + ((event.clientX - box.left - this.left) / (this.width - this.left)) * plottedSeconds;
    let best = 0;
    this.points.forEach((point, place) => {
      if (Math.abs(point.at - at) < Math.abs(this.points[best].at - at)) best = place;
    });
    return best;
  }

  draw() {
    const box = this.svg.getBoundingClientRect();
    if (box.width === 0) return;
    const { points, series, isStacked } = this;
    this.width = box.width;
    this.left = 40;
    const height = box.height, bottom = height - 18, top = 6;
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${height}`);
    const end = points.length > 0 ? points[points.length - 1].at : Date.now() / 1000;
    this.begin = end - plottedSeconds;
    const rows = points.map((point) => this.values(point));
    const tops = rows.map((row) => isStacked ? row.reduce((sum, value) => sum + (value ?? 0), 0) : Math.max(0, ...row.map((v) => v ?? 0)));
    const most = roundUp(Math.max(1, ...tops));
    const x = (at) => this.left + ((at - this.begin) / plottedSeconds) * (this.width - this.left);
    const y = (value) => bottom - (value / most) * (bottom - top);
    const shapes = [];
    for (const share of [0, 0.5, 1]) {
      shapes.push(shape("line", { class: share === 0 ? "base" : "grid", x1: this.left, x2: this.width, y1: y(most * share), y2: y(most * share) }));
      shapes.push(shape("text", { x: this.left - 6, y: y(most * share) + 4, "text-anchor": "end" }, this.format(most * share)));
    }
    for (let minute = 0; minute <= 4; minute++) {
      const at = x(end - minute * 60);
      shapes.push(shape("text", { x: at, y: height - 3, "text-anchor": minute === 0 ? "end" : "middle" }, minute === 0 ? "now" : `−${minute} min`));
    }
    const below = points.map(() => 0);
    series.forEach(({ kind }, number) => {
      const values = rows.map((row) => row[number]);
      if (isStacked) {
        if (values.some((value) => value > 0)) shapes.push(...this.areas(values, below, x, y, kind));
        values.forEach((value, place) => { below[place] += value ?? 0; });
      } else {
        shapes.push(shape("path", { class: `line ${kind}`, d: this.line(values, x, y) }));
      }
    });
    const place = this.marked !== null && this.marked < points.length ? this.marked : points.length - 1;
    if (this.marked !== null && place >= 0) {
      const at = x(points[place].at);
      shapes.push(shape("line", { class: "hair", x1: at, x2: at, y1: top, y2: bottom }));
      shapes.push(shape("text", { x: at + (at > this.width - 80 ? -6 : 6), y: top + 10, "text-anchor": at > this.width - 80 ? "end" : "start" }, clock(points[place].time)));
    }
    this.svg.replaceChildren(...shapes);
    const told = place >= 0 ? rows[place].map((value) => this.format(value)) : series.map(() => missing);
    this.legend.forEach(({ value }, number) => setText(value, told[number]));
    this.svg.setAttribute("aria-label", `${this.label}: ${series.map(({ label }, number) => `${label} ${told[number]}`).join(", ")}`);
  }

  /// Places of points that follow one another: nobody knows what was in between two that are far apart.
  runs(isThere) {
    const runs = [];
    let last = null;
    this.points.forEach((point, place) => {
      if (!isThere(place)) { last = null; return; }
      if (last === null || point.at - last > 3.5) runs.push([]);
      runs[runs.length - 1].push(place);
      last = point.at;
    });
    return runs;
  }

  line(values, x, y) {
    return this.runs((place) => values[place] !== null && values[place] !== undefined)
      .map((run) => run.map((place, number) => `${number === 0 ? "M" : "L"}${x(this.points[place].at).toFixed(1)} ${y(values[place]).toFixed(1)}`).join("")
        + (run.length === 1 ? "h1" : "")).join("");
  }

  areas(values, below, x, y, kind) {
    return this.runs(() => true).map((run) => {
      const edge = (place, value) => `${x(this.points[place].at).toFixed(1)} ${y(value).toFixed(1)}`;
      const over = run.map((place) => edge(place, below[place] + (values[place] ?? 0)));
      const under = run.map((place) => edge(place, below[place])).reverse();
      return shape("path", { class: `area ${kind}`, d: `M${over.concat(under).join("L")}Z` });
    });
  }
}
