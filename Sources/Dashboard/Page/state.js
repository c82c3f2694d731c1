// What the page knows, and how it asks the gateway for more.

const keyName = "gatehouse-key";
const state = { key: null, role: "reader", snapshot: null, points: [], configuration: null, unhealthy: null };
try { state.key = sessionStorage.getItem(keyName); } catch { /* Kept in memory alone then. */ }

const headers = () => (state.key ? { "X-API-Key": state.key } : {});
const isAdministrator = () => state.role === "administrator";
const say = (text) => setText(byId("said"), text);

/// - Returns: null where nothing came; that is said.
async function ask(path, body) {
  try {
    const options = body === undefined
      ? { headers: headers(), cache: "no-store" }
      : { method: "POST", headers: { ...headers(), "Content-Type": "application/json" }, body: JSON.stringify(body) };
    const answer = await fetch(path, options);
    const value = await answer.json();
    if (answer.ok) return value;
    say(`It was refused: ${value.title ?? answer.status}`);
  } catch {
    say("The gateway does not answer.");
  }
  return null;
}
