// The tables: what stands in each, and what may be done there.

const number = (title, cell, kind = "number", sort = undefined) => ({ title, cell, kind, sort });
const traffic = [
  number("Requests/s", ({ rates }) => rate(rates.requests)),
  number("5xx/s", ({ rates }) => rate(rates.classes[4])),
  number("p50 ms", ({ rates }) => milliseconds(rates.p50), "number far"),
  number("p99 ms", ({ rates }) => milliseconds(rates.p99)),
  number("Sent/s", ({ rates }) => bytes(rates.bytes_out), "number far"),
];
const none = "No requests yet.";
const siteTable = new Table(byId("sites"), "Sites", [
  { title: "Site", isHead: true, kind: "name", cell: ({ site }) => site || "(no site)" }, ...traffic,
], { key: ({ site }) => site, empty: none });
const routeTable = new Table(byId("routes"), "Routes", [
  {
    title: "Route", isHead: true, kind: "name", text: ({ site, route, upstream }) => `${site}\n${route}\n${upstream}`,
    cell: ({ site, route, upstream }) => [route || "(no route)", element("small", {}, upstream ? `${site || "(no site)"} to ${upstream}` : site || "(no site)")],
  }, ...traffic,
], { key: ({ site, route, upstream }) => `${site}\n${route}\n${upstream}`, empty: none });

const serverKey = ({ site, upstream, url }) => `${site}\n${upstream}\n${url}`;
const stateBadges = (states) => states.length === 0
  ? [badge("up", "good")] : states.map((word) => badge(word.replaceAll("_", " "), word === "draining" ? "warn" : "bad"));

function orderButtons(server) {
  const orders = [["Enable", "enable", "enabled"], ["Drain", "drain", "draining"], ["Disable", "disable", "disabled"]];
  return orders.map(([text, action, order]) => element("button", {
    type: "button", "aria-pressed": String(server.order === order), "aria-label": `${text} ${server.url} of ${server.upstream}`,
    onclick: async () => {
      // Pressed again it is as the configuration says.
      const wanted = server.order === order ? "reset" : action;
      const { url, site, upstream } = server;
      const answer = await ask("servers", { action: wanted, url, site, upstream });
      if (answer === null) return;
      say(`${url}: ${wanted === "reset" ? "as the configuration says" : answer.servers[0]?.order}`);
      server.order = answer.servers[0]?.order ?? server.order;
      if (!serverList.isLive) serverList.load();
    },
  }, text));
}

const serverTable = new Table(byId("servers"), "Upstream servers", [
  {
    title: "Server", isHead: true, kind: "name", sort: "url", text: (s) => `${s.url}\n${s.last_fault}`,
    cell: (s) => [s.url, element("small", {}, `${s.upstream} of ${s.site}${s.is_backup ? ", backup" : ""}`), s.last_fault ? element("small", {}, s.last_fault) : null].filter(Boolean),
  },
  { title: "State", sort: "state", text: (s) => s.states.join(), cell: (s) => stateBadges(s.states) },
  number("Requests/s", (s) => rate(s.rates?.requests)),
  number("Failures/s", (s) => rate(s.failures), "number far"),
  number("p99 ms", (s) => milliseconds(s.rates?.p99), "number far"),
  number("Under way", (s) => count(s.under_way), "number far", "under_way"),
  number("Requests", (s) => count(s.total ?? s.requests), "number far", "requests"),
  number("Weight", (s) => (s.weight === s.configured_weight ? String(s.weight) : `${s.weight} for ${s.configured_weight}`), "number far"),
  { title: "", kind: "actions", text: (s) => `${isAdministrator()}${s.order}`, cell: (s) => (isAdministrator() ? orderButtons(s) : "") },
], { key: serverKey, empty: "No upstream server.", onSort: (word) => serverList.sortBy(word) });

const serverList = new PagedList({
  tools: byId("server-tools"), pages: byId("server-pages"), path: "servers", isLiveWithoutQuery: true,
  fields: [
    { name: "search", label: "Search site, upstream or URL" },
    { name: "state", label: "State", options: [["", "all"], ["up", "up"], ["down", "not up"], ["draining", "draining"], ["disabled", "disabled"], ["probe_failing", "probe failing"], ["ejected", "ejected"], ["circuit_open", "circuit open"], ["unresolved", "unresolved"]] },
  ],
  show: (answer) => {
    serverTable.sorted(serverList.sort);
    if (answer === null) return state.snapshot && showServers(state.snapshot);
    // What the stream tells of some of them is newer.
    const known = new Map((state.snapshot?.servers.first ?? []).map((server) => [serverKey(server), server]));
    serverTable.show(answer.servers.map((server) => ({ ...known.get(serverKey(server)), ...server, total: server.requests })));
  },
});

function showServers({ servers }) {
  const rest = servers.total > servers.first.length ? `, the ${servers.first.length} that matter most` : "";
  setText(byId("servers-count"), `${grouped.format(servers.total)}, ${servers.unhealthy === 0 ? "all up" : `${grouped.format(servers.unhealthy)} not up`}${serverList.isLive ? rest : ""}`);
  if (state.unhealthy !== null && state.unhealthy !== servers.unhealthy) {
    say(servers.unhealthy === 0 ? "All upstream servers are up." : `${servers.unhealthy} upstream servers are not up.`);
  }
  state.unhealthy = servers.unhealthy;
  if (serverList.isLive) serverTable.show(servers.first);
}

/// Requests, and below them where its WebSockets were opened: many may share a connection of HTTP/2.
function underWay({ requests, tunnels, tunnel_targets: targets = [] }) {
  const shown = targets.slice(0, shownTargets).map(({ path, site, route }) =>
    element("small", {}, `${path} (${[site, route].filter(Boolean).join(", ")})`));
  if (targets.length > shownTargets) shown.push(element("small", {}, `and ${targets.length - shownTargets} more`));
  return [requests.concat(tunnels > 0 ? [`${tunnels} WebSocket${tunnels > 1 ? "s" : ""}`] : []).join(", "), ...shown];
}

const shownTargets = 5;

const connectionTable = new Table(byId("connection-list"), "Connections", [
  { title: "Client", isHead: true, kind: "once", text: (c) => `${c.client}\n${c.id}`, cell: (c) => [c.client, element("small", {}, c.id)] },
  { title: "Does", text: (c) => c.activity, cell: (c) => badge(c.activity, c.activity === "closing" ? "warn" : "good") },
  { title: "Server name", kind: "far name", text: (c) => `${c.server_name}${c.tls}`, cell: (c) => [c.server_name ?? missing, element("small", {}, c.tls ?? "plain")] },
  { title: "Under way", kind: "name", text: (c) => JSON.stringify([c.requests, c.tunnels, c.tunnel_targets]), cell: underWay },
  number("In", (c) => bytes(c.tunnel_bytes_in), "number far"),
  number("Out", (c) => bytes(c.tunnel_bytes_out), "number far"),
  number("Open for", (c) => duration(c.milliseconds / 1000)),
  { title: "", kind: "actions", text: (c) => `${isAdministrator()}${c.id}`, cell: (c) => (isAdministrator() ? closeButtons(c) : "") },
], { key: ({ id }) => id, empty: "No connection." });

function closeButtons({ id, client, activity }) {
  // What is passed on as it is cannot be told to end.
  return [["Close", false], ["Cut", true]].filter(([, atOnce]) => atOnce || activity !== "tcp").map(([text, atOnce]) => element("button", {
    type: "button", "aria-label": `${text} ${id} of ${client}`,
    title: atOnce ? "At once" : "When what is under way has ended; WebSockets get a Close frame",
    onclick: async (event) => {
      event.target.disabled = true;
      if (await ask("connections/close", { id, at_once: atOnce }) !== null) say(`${id} is being closed.`);
      // Who is asked to go may take a while.
      connectionList.expectChange();
    },
  }, text));
}

const connectionList = new PagedList({
  tools: byId("connection-tools"), pages: byId("connection-pages"), path: "connections", isLiveWithoutQuery: false,
  fields: [
    { name: "search", label: "Search client, server name, path or id" },
    { name: "state", label: "Does", options: [["", "all"], ["tunnel", "WebSocket"], ["tcp", "TCP"], ["request", "request"], ["idle", "idle"], ["beginning", "beginning"], ["closing", "closing"]] },
    { name: "sort", label: "Sort by", options: [["", "age"], ["client", "client"], ["bytes", "bytes"]] },
  ],
  show: (answer) => connectionTable.show(answer.connections),
});

const errorTable = new Table(byId("error-list"), "Recent errors", [
  { title: "Time", kind: "once", cell: (f) => clock(f.time) },
  { title: "Status", text: (f) => String(f.status), cell: (f) => badge(String(f.status), f.status >= 500 ? "bad" : "warn") },
  {
    title: "Request", isHead: true, kind: "name request", text: (f) => f.id,
    cell: (f) => [`${f.method} ${f.path}`.trim() || "(no request)", element("small", {}, [f.site, f.client].filter(Boolean).join(", from "))],
  },
  { title: "Reason", kind: "name", text: (f) => f.id, cell: (f) => [f.reason === "" ? "the upstream's own answer" : element("span", { className: "code" }, f.reason), f.detail ? element("small", {}, f.detail) : null].filter(Boolean) },
  { title: "Deciding key", kind: "far code", cell: (f) => f.key ?? missing },
  { title: "Upstream", kind: "once far", cell: (f) => f.upstream ?? missing },
], { key: ({ id }) => id, empty: "None that is remembered." });

const certificateTable = new Table(byId("certificate-list"), "Certificates", [
  { title: "Site", isHead: true, kind: "name", cell: (c) => c.site },
  { title: "Ends", kind: "once", cell: (c) => (c.expires ? day(c.expires) : missing) },
  number("Days left", (c) => (c.days_left === undefined ? missing : count(c.days_left))),
  { title: "Health", text: (c) => c.health, cell: (c) => badge(c.health.replaceAll("_", " "), c.health === "good" ? "good" : c.health === "expires_soon" ? "warn" : "bad") },
], { key: ({ site, expires }) => `${site}\n${expires}`, empty: "No site has a certificate." });

const generationTable = new Table(byId("generation-list"), "Configurations that were in use", [
  { title: "Configuration", isHead: true, kind: "once code", cell: (e) => e.hash.slice(0, 12) },
  { title: "Came into use", kind: "once", cell: (e) => day(e.time) },
  { title: "Now", text: (e) => `${e.is_current}${e.problem}`, cell: (e) => (e.problem ? badge("cannot be used", "bad") : e.is_current ? badge("in use", "good") : "") },
], { key: ({ hash }) => hash, empty: "None is kept: server.state_dir says where." });

const cacheTable = new Table(byId("cache-list"), "Stored answers", [
  { title: "Site", isHead: true, kind: "name", cell: ({ site }) => site },
  number("Requests/s", (c) => rate(c.requests)),
  number("Hits", (c) => (c.hit_share === undefined ? missing : `${Math.floor(c.hit_share)} %`)),
  number("Answers", (c) => count(c.answers)),
  number("Memory", (c) => bytes(c.bytes), "number far"),
  number("On disk", (c) => (c.disk === undefined ? missing : `${count(c.disk.answers)}, ${bytes(c.disk.bytes)}`), "number far"),
  number("Disk hits", (c) => (c.disk === undefined ? missing : count(c.disk.hits)), "number far"),
  number("Stale", (c) => count(c.stale), "number far"),
  number("Evicted", (c) => count(c.evictions), "number far"),
], { key: ({ site }) => site, empty: "No site keeps answers." });

function showCaches({ caches }) {
  byId("cache").hidden = caches.total === 0;
  setText(byId("cache-count"), `of ${grouped.format(caches.total)} site${caches.total === 1 ? "" : "s"}`);
  cacheTable.show(caches.first);
}

const fleetTable = new Table(byId("fleet-list"), "Members of the fleet", [
  {
    title: "Member", isHead: true, kind: "name", text: (m) => m.name,
    cell: (m) => [m.name, m.host === undefined ? null : element("small", {}, m.host)].filter(Boolean),
  },
  { title: "Configuration", kind: "once", cell: (m) => (m.configuration === 0 ? "its own" : count(m.configuration)) },
  { title: "In use", kind: "once far code", cell: (m) => m.hash ?? missing },
  number("Connections", (m) => (m.connections === undefined ? missing : count(m.connections))),
  number("WebSockets", (m) => (m.tunnels === undefined ? missing : count(m.tunnels))),
  number("Certificates", (m) => (m.certificates === undefined ? missing : count(m.certificates))),
  number("Probes", (m) => (m.probes === undefined ? missing : count(m.probes))),
  {
    title: "State", kind: "name", text: (m) => m.problems.join("; "),
    cell: (m) => (m.problems.length > 0 ? [badge("trouble", "bad"), element("small", {}, m.problems.join("; "))] : badge("good", "good")),
  },
], { key: ({ name }) => name, empty: "Nobody has told anything yet." });

function showFleet({ fleet }) {
  byId("fleet").hidden = fleet === undefined;
  if (fleet === undefined) return;
  const contact = fleet.last_contact_seconds === undefined ? "no answer of etcd yet" : `${fleet.lag_seconds.toFixed(0)} s behind at most`;
  const redis = fleet.redis === undefined ? "" : fleet.redis.status === "ok" ? ", Redis counts limits" : `, Redis is away for ${grouped.format(Math.round(fleet.redis.seconds))} s`;
  setText(byId("fleet-count"), `${fleet.member} of ${fleet.fleet}, ${grouped.format(fleet.members)} members, ${fleet.trouble ?? contact}${redis}`);
  fleetTable.show(fleet.first);
}

async function showGenerations({ generations }) {
  const older = generations.older.length === 0 ? "" : `, ${generations.older.length} older with exchanges under way`;
  setText(byId("generations-count"), generations.current === undefined ? "" : `number ${generations.current} in use${older}`);
  if (state.configuration === generations.configuration) return;
  state.configuration = generations.configuration;
  const history = await ask("history");
  if (history !== null) generationTable.show(history.entries.slice(0, 20));
}
