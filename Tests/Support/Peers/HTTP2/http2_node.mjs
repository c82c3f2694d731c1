// Conversations over HTTP/2 by node, each of which prints what came of it.
//
// usage: node http2_node.mjs PORT CA CASE

import fs from "node:fs";
import http2 from "node:http2";

const [port, authority, name] = process.argv.slice(2);

function connect() {
  const session = http2.connect(`https://localhost:${port}`, { ca: fs.readFileSync(authority) });
  session.on("error", (error) => console.log("session error", error.code));
  session.on("goaway", (code) => console.log("goaway", code));
  session.on("close", () => console.log("closed"));
  return session;
}

/** One request: its status, fields, body and trailers, or the code of its error. */
function ask(session, fields, body) {
  return new Promise((resolve) => {
    const stream = session.request(fields, { endStream: body === undefined });
    const answer = { status: 0, length: 0, text: "", interim: [] };
    stream.setEncoding("utf8");
    stream.on("headers", (head) => answer.interim.push(head[":status"]));
    stream.on("response", (head) => { answer.status = head[":status"]; answer.fields = head; });
    stream.on("trailers", (trailers) => { answer.trailers = trailers; });
    stream.on("data", (text) => { answer.length += text.length; answer.text = (answer.text + text).slice(0, 100); });
    stream.on("error", (error) => { answer.error = error.code; });
    stream.on("close", () => resolve({ ...answer, code: stream.rstCode }));
    if (body !== undefined) stream.end(body);
  });
}

const cases = {
  async get() {
    const session = connect();
    const answer = await ask(session, { ":path": "/hello" });
    console.log(answer.status, answer.text, answer.code);
    session.close();
  },

  async post() {
    const session = connect();
    for (const size of [0, 1, 100_000, 5_000_000]) {
      const answer = await ask(session, { ":path": "/length", ":method": "POST" }, Buffer.alloc(size, "x"));
      console.log(answer.status, answer.text, answer.code);
    }
    session.close();
  },

  async trailers() {
    const session = connect();
    const answer = await ask(session, { ":path": "/trailers", te: "trailers" });
    console.log(answer.status, answer.text, answer.trailers["x-sum"], answer.code);
    session.close();
  },

  async hint() {
    const session = connect();
    const answer = await ask(session, { ":path": "/hint" });
    console.log(answer.interim.join(), answer.status, answer.text, answer.code);
    session.close();
  },

  async many() {
    const session = connect();
    const asked = Array.from({ length: 500 }, () => ask(session, { ":path": "/large" }));
    const answers = await Promise.all(asked);
    const whole = answers.filter((answer) => answer.status === 200 && answer.length === 100_000 && answer.code === 0);
    console.log(whole.length);
    session.close();
  },

  async early() {
    // The answer comes while the body is still under way.
    const session = connect();
    const answer = await ask(session, { ":path": "/early", ":method": "POST" }, Buffer.alloc(5_000_000, "x"));
    console.log(answer.status, answer.error ?? "no error");
    session.close();
  },

  async cut() {
    const session = connect();
    const answer = await ask(session, { ":path": "/cut" });
    console.log(answer.status, answer.error, answer.code);
    session.close();
  },

  async drain() {
    // "begun" tells the test that the gateway may be stopped.
    const session = connect();
    const answer = ask(session, { ":path": "/slow" });
    console.log("begun");
    const { status, text, code } = await answer;
    console.log(status, text, code);
  },
};

await cases[name]();
