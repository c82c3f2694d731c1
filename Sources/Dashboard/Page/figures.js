// The tiles and the plots.

const tiles = [
  ["Requests", (s) => [rate(s.rates?.requests), "/s", s.rates ? `${bytes(s.rates.bytes_in)}/s in` : ""]],
  ["Errors (5xx)", (s) => [rate(s.rates?.classes[4]), "/s", s.rates?.requests > 0 ? `${(100 * s.rates.classes[4] / s.rates.requests).toFixed(1)} % of requests` : ""], (s) => s.rates?.classes[4] > 0],
  ["Latency, p99", (s) => [milliseconds(s.rates?.p99), "ms", s.rates ? `p50 ${milliseconds(s.rates.p50)} ms` : ""]],
  ["Sent", (s) => {
    const [figure, unit] = bytes(s.rates?.bytes_out).split(" ");
    return [figure, unit ? `${unit}/s` : "", "with WebSockets"];
  }],
  ["Connections", (s) => [count(s.connections), "", s.handshakes ? `${rate(s.handshakes.connections)}/s new` : ""]],
  ["WebSockets", (s) => [count(s.tunnels), "", "open"]],
  ["TLS handshakes", (s) => [rate(s.handshakes?.completed), "/s", s.handshakes ? `${rate(s.handshakes.resumed)} resumed, ${rate(s.handshakes.failed)} failed` : ""]],
  ["Processor", (s) => [s.processor === undefined ? missing : `${Math.round(s.processor)}`, "%", `${bytes(s.memory)}, ${count(s.descriptors)} files`], (s) => s.workers.some((worker) => !worker.answers)],
].map(([title, value, isBad]) => {
  const figure = element("dd", { className: "figure" }), more = element("dd", { className: "more" });
  const tile = element("div", { className: "tile" }, element("dt", {}, title), figure, more);
  byId("tiles").append(tile);
  return { tile, figure, more, value, isBad };
});

function showTiles(snapshot) {
  for (const { tile, figure, more, value, isBad } of tiles) {
    const [text, unit, words] = value(snapshot);
    figure.replaceChildren(text, element("span", {}, unit === "" ? "" : ` ${unit}`));
    setText(more, words);
    tile.classList.toggle("bad", Boolean(isBad?.(snapshot)));
  }
}

const plots = [
  new Plot(byId("requests-plot"), {
    label: "Requests a second by class of status", isStacked: true, format: rate,
    series: [{ label: "2xx", kind: "c2" }, { label: "3xx", kind: "c3" }, { label: "4xx", kind: "c4" }, { label: "5xx", kind: "c5" }, { label: "101", kind: "c1" }],
    values: ({ rates: { classes } }) => [classes[1], classes[2], classes[3], classes[4], classes[0]],
  }),
  new Plot(byId("latency-plot"), {
    label: "Latency in milliseconds", isStacked: false, format: milliseconds,
    series: [{ label: "p50", kind: "c2" }, { label: "p90", kind: "c3" }, { label: "p99", kind: "c4" }],
    values: ({ rates: { p50, p90, p99 } }) => [p50 ?? null, p90 ?? null, p99 ?? null],
  }),
];

function addPoint(point) {
  point.at = Date.parse(point.time) / 1000;
  const last = state.points[state.points.length - 1];
  // Times are whole seconds: two may have the same.
  if (last && point.at <= last.at) point.at = last.at + 0.5;
  state.points.push(point);
  while (state.points[0].at < point.at - plottedSeconds) state.points.shift();
}
