// The stream, who may watch it, and what is shown of each snapshot.

function show(snapshot) {
  if (document.hidden) return;
  setText(byId("name"), snapshot.name);
  setText(byId("facts"), `${snapshot.version}, process ${snapshot.pid}, up ${duration(snapshot.uptime_seconds)}`);
  byId("uncounted").hidden = snapshot.is_counted;
  showTiles(snapshot);
  for (const plot of plots) plot.show(state.points);
  siteTable.show(snapshot.sites.first);
  routeTable.show(snapshot.routes.first);
  showServers(snapshot);
  showCaches(snapshot);
  setText(byId("connections-count"), `${grouped.format(snapshot.connections)} open, ${grouped.format(snapshot.tunnels)} WebSockets`);
  errorTable.show(snapshot.failures.first);
  setText(byId("errors-count"), `${grouped.format(snapshot.failures.total)} since the start`);
  showFleet(snapshot);
  certificateTable.show(snapshot.certificates.first);
  const { total, in_trouble: trouble } = snapshot.certificates;
  setText(byId("certificates-count"), total === 0 ? "" : `${grouped.format(total)}, ${trouble === 0 ? "all good" : `${grouped.format(trouble)} in trouble`}`);
  showGenerations(snapshot);
  serverList.tick();
  connectionList.tick();
}

// The stream

function link(word, text) {
  if (byId("link").dataset.state === word && byId("link").textContent === text) return;
  byId("link").dataset.state = word;
  setText(byId("link"), text);
}

function receive(name, data) {
  if (name === "hello") {
    state.role = data.role;
    byId("door").hidden = true;
    byId("figures").hidden = false;
    byId("leave").hidden = state.key === null;
    link("on", isAdministrator() ? "live" : "live, read only");
    connectionList.load();
  } else if (name === "history") {
    state.points = [];
    data.forEach(addPoint);
  } else if (name === "snapshot") {
    state.snapshot = data;
    if (data.rates) addPoint({ time: data.time, rates: data.rates });
    show(data);
  }
}

/// Until the stream ends. What is asked for by fetch may have a header, which an EventSource may not.
async function follow() {
  const answer = await fetch("events", { headers: headers(), cache: "no-store" });
  if (answer.status === 401 || answer.status === 403) return "door";
  if (!answer.ok) throw new Error(String(answer.status));
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  while (true) {
    const { done, value } = await reader.read();
    if (done) return "again";
    const events = (rest + value).split("\n\n");
    rest = events.pop();
    for (const event of events) {
      const lines = Object.fromEntries(event.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]));
      if (lines.data !== undefined) receive(lines.event, JSON.parse(lines.data));
    }
  }
}

function knock(isWrong) {
  byId("figures").hidden = true;
  byId("door").hidden = false;
  byId("leave").hidden = true;
  link("off", "a key is wanted");
  if (isWrong) {
    setText(byId("why"), "That key is not one of this gateway's.");
    say("That key is not one of this gateway's.");
  }
  byId("key").focus();
}

function keep(key) {
  state.key = key;
  try {
    if (key === null) sessionStorage.removeItem(keyName); else sessionStorage.setItem(keyName, key);
  } catch { /* In memory alone. */ }
}

async function watch() {
  let pause = 1000;
  while (true) {
    try {
      const next = await follow();
      if (next === "door") {
        const isWrong = state.key !== null;
        keep(null);
        return knock(isWrong);
      }
      pause = 1000;
    } catch {
      pause = Math.min(pause * 2, 10000);
    }
    if (byId("link").dataset.state === "on") say("The gateway does not answer; trying again.");
    link("off", "trying again");
    await new Promise((done) => setTimeout(done, pause));
  }
}

// `gatehouse dashboard` gives the key behind a "#", which browsers send to nobody. It does not stay there.
if (/^#[0-9a-f]{32}$/.test(location.hash)) {
  keep(location.hash.slice(1));
  history.replaceState(null, "", location.pathname);
}
byId("door").addEventListener("submit", (event) => {
  event.preventDefault();
  keep(byId("key").value);
  byId("key").value = "";
  watch();
});
byId("leave").addEventListener("click", () => { keep(null); location.reload(); });
document.addEventListener("visibilitychange", () => { if (!document.hidden && state.snapshot) show(state.snapshot); });
watch();
