// What travels between terminals and the server, held to what the server says of itself (rpc.discover): requests to the
// parameters' schema, answers to the method's shape, events to the envelope and the kinds there are.
// Ajv is handed in, for each kind of test has packages of its own.

const envelope = {
  type: "object",
  properties: {
    n: { type: "integer" },
    p: { type: "integer" },
    kind: { type: "string" },
    at: { type: "string", format: "date-time" },
    subject: { type: "string" },
    org: { type: "string" },
    actor: { type: "string" },
    audience: { type: "string" },
    cause: { type: "integer" },
    data: { type: "object" },
  },
  required: ["n", "p", "kind", "at", "data"],
  additionalProperties: false,
};

/** discover: the answer of rpc.discover, as the system account sees it. Each function gives null or what is wrong. */
export function shapes(Ajv, discover) {
  const ajv = new Ajv({ allErrors: true, strict: false, formats: { "date-time": (s) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(s) } });
  const methods = new Map(discover.methods.map((m) => [m.name, m]));
  const kinds = new Set(discover.events.map((e) => e.name));
  const compiled = new Map();
  const check = (key, schema, value) => {
    if (!compiled.has(key)) compiled.set(key, ajv.compile(schema));
    const fits = compiled.get(key);
    if (fits(value)) return null;
    const all = fits.errors.map((e) => `${e.instancePath || "/"} ${e.message}${e.params.additionalProperty ? `: ${e.params.additionalProperty}` : ""}`);
    return `${key}: ${[...new Set(all)].slice(0, 8).join("; ")}`;
  };
  return {
    request(method, params) {
      const m = methods.get(method);
      if (!m) return method === "hb" ? null : `${method}: no such method`;
      const { idem, ...own } = params ?? {};
      if (idem !== undefined && (typeof idem !== "string" || idem.length < 16 || idem.length > 64)) return `${method}: idem should have 16 to 64 characters`;
      return check(`${method} (parameters)`, m.params, own);
    },
    answer(method, result) {
      const m = methods.get(method);
      if (!m || method === "hb") return null;
      if (!m.returns) return `${method}: no readable shape (${m.result ?? "none"})`;
      return check(`${method} (answer)`, m.returns, result);
    },
    event(params) {
      return check("event", envelope, params) ?? (kinds.has(params.kind) ? null : `event: unknown kind ${params.kind}`);
    },
  };
}
