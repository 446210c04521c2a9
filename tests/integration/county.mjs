// A small county for tests that ask who may do and hear what: two townships, three villages, four grids, two
// departments, and somebody of every role at every kind of place.
import { createConnection } from "node:net";
import { join } from "node:path";
import { startServer } from "./server.mjs";

export const ROLES = ["dispatcher", "commander", "director", "department", "officer", "family", "admin.system", "admin.security", "admin.audit", "policy", "service"];
export const DESK = ["dispatcher", "commander", "director"];

/** Where people sit: short names for the units. */
export const AT = {
  county: "430525",
  A: "430525100000",
  A1: "430525100201",
  A1g: "430525100201-01",
  A1h: "430525100201-02",
  A2g: "430525100202-01",
  B: "430525101000",
  B1g: "430525101201-01",
  D1: "430525-D01",
  D2: "430525-D02",
  T1: "430525-T01",
};
const unit = (id, parent, kind, name, lon, lat) => ({ id, parent, kind, name, lon, lat });
export const UNITS = [
  unit(AT.county, "", "county", "洞口县", 110.57, 27.06),
  unit(AT.D1, AT.county, "department", "应急局", 110.57, 27.06),
  unit(AT.D2, AT.county, "department", "城管局", 110.57, 27.06),
  unit(AT.T1, AT.county, "team", "森防一队", 110.57, 27.06),
  unit(AT.A, AT.county, "township", "甲镇", 110.6, 27.1),
  unit(AT.A1, AT.A, "village", "甲一村", 110.6, 27.1),
  unit(AT.A1g, AT.A1, "grid", "甲一村一格", 110.601, 27.101),
  unit(AT.A1h, AT.A1, "grid", "甲一村二格", 110.605, 27.105),
  unit("430525100202", AT.A, "village", "甲二村", 110.62, 27.12),
  unit(AT.A2g, "430525100202", "grid", "甲二村一格", 110.621, 27.121),
  unit(AT.B, AT.county, "township", "乙乡", 110.4, 26.9),
  unit("430525101201", AT.B, "village", "乙一村", 110.4, 26.9),
  unit(AT.B1g, "430525101201", "grid", "乙一村一格", 110.401, 26.901),
];
const parents = new Map(UNITS.map((u) => [u.id, u.parent]));
/** Is `org` at or below `above`? As the org tree says, computed here anew. */
export function within(org, above) {
  for (let at = org; at !== undefined; at = parents.get(at)) if (at === above) return above !== "";
  return false;
}
/** Tells the model of a unit that a test has added. */
export const grown = (u) => parents.set(u.id, u.parent);

/** Methods as `system` through the control socket: what the command line does, without a process each. */
export function control(server) {
  const waiting = [];
  let text = "";
  const socket = createConnection(join(server.data, "control.sock"));
  socket.on("data", (d) => {
    text += d;
    for (let end; (end = text.indexOf("\n")) >= 0; text = text.slice(end + 1)) {
      const { result, error } = JSON.parse(text.slice(0, end));
      const [done, fail] = waiting.shift();
      if (error) fail(Object.assign(new Error(`${error.code} ${error.message}`), error));
      else done(result);
    }
  });
  const over = (error) => waiting.splice(0).forEach(([, fail]) => fail(error ?? new Error("the control socket was closed")));
  socket.on("error", over);
  socket.on("close", () => over());
  return {
    // one at a time: answers carry no id, and queries overtake commands
    last: Promise.resolve(),
    call(method, params = {}) {
      const ask = () =>
        new Promise((done, fail) => {
          waiting.push([done, fail]);
          socket.write(`${JSON.stringify({ method, params })}\n`);
        });
      return (this.last = this.last.then(ask, ask));
    },
    end: () => socket.destroy(),
  };
}

/** A server with this county. people: [[name, role or roles, unit]]; their tokens are in server.tokens. */
export async function startCounty(people, config = {}) {
  const server = await startServer(config, { accounts: false });
  const system = control(server);
  server.system = (method, params) => system.call(method, params);
  server.reconnect = () => {
    const again = control(server);
    server.system = (method, params) => again.call(method, params);
  };
  server.tokens = {};
  await server.system("org.import", { units: UNITS });
  const users = people.map(([name, roles, org]) => ({ name, display: name, roles: [roles].flat(), org }));
  for (let i = 0; i < users.length; i += 100) await server.system("user.import", { users: users.slice(i, i + 100) });
  for (const { name } of users) server.tokens[name] = (await server.system("user.token", { name })).token;
  return server;
}
