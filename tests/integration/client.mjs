// A terminal in a test: a WebSocket that keeps what it hears and lets one wait for it.
import WebSocket from "ws";

/** An answer with an error: error.code is the number, error.data as sent. */
export class RpcError extends Error {
  constructor(error) {
    super(`${error.code} ${error.message}`);
    Object.assign(this, error);
  }
}

/** Resolves after hello. options: protocols, origin, and what ws takes. `held`: what every answer and event is held to
 * (shapes.mjs). */
export async function connect(url, { protocols = ["fengqiao.v1"], held = null, ...options } = {}) {
  const socket = new WebSocket(url, protocols, options);
  const heard = [];
  let waiting = [];
  const asked = new Map();
  let nextId = 1;
  let over = null;
  const wake = () => {
    const all = waiting;
    waiting = [];
    for (const look of all) look();
  };
  const client = {
    socket,
    heard,
    hello: null,
    /** [code, reason] */
    closed: new Promise((done) => {
      socket.on("close", (code, reason) => {
        over = [code, reason.toString()];
        done(over);
        wake();
      });
    }),
    /** The first message that fits, heard already or to come. */
    async hear(fits, limitMs = 20_000) {
      const end = Date.now() + limitMs;
      for (let seen = 0; ; ) {
        for (; seen < heard.length; seen++) if (fits(heard[seen])) return heard[seen];
        if (over) throw new Error(`closed with ${over} while waiting`);
        await new Promise((done, fail) => {
          const timer = setTimeout(() => fail(new Error("waited in vain for a message")), Math.max(1, end - Date.now()));
          waiting.push(() => {
            clearTimeout(timer);
            done();
          });
        });
      }
    },
    /** Sends a request and gives its id. */
    send(method, params, id = nextId++) {
      asked.set(id, method);
      socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
      return id;
    },
    async answer(id) {
      const reply = await client.hear((m) => m.id === id && (m.result !== undefined || m.error !== undefined));
      if (reply.error) throw new RpcError(reply.error);
      return reply.result;
    },
    call: (method, params) => client.answer(client.send(method, params)),
    events: () => heard.filter((m) => m.method === "event").map((m) => m.params),
    close: async () => {
      socket.close();
      await client.closed;
    },
  };
  socket.on("message", (data) => {
    const m = JSON.parse(data.toString());
    if (held && m.result !== undefined && asked.has(m.id)) held("answer", asked.get(m.id), m.result);
    if (held && m.method === "event") held("event", m.params);
    heard.push(m);
    wake();
  });
  await new Promise((done, fail) => {
    socket.on("open", done);
    socket.on("error", fail);
    socket.on("unexpected-response", (request, response) => {
      let body = "";
      response.on("data", (d) => (body += d));
      response.on("end", () => fail(Object.assign(new Error(`refused: ${response.statusCode}`), { status: response.statusCode, body: JSON.parse(body) })));
    });
  });
  client.hello = (await client.hear((m) => m.method === "hello")).params;
  return client;
}
