// A resident reports without an account, follows it and rates it once; the desk answers, and looks at his number for a
// reason. What anybody hears or sees of it holds neither name nor number.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";

const NAME = "司徒公众";
const PHONE = "13698765432";

export async function act({ AT, S, as, incident, server }) {
  const anybody = async (method, params = {}) => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    const { result, error } = await (await fetch(`${server.url}/api/v1/rpc`, { method: "POST", body })).json();
    if (error) throw Object.assign(new Error(error.message), { code: error.code, key: error.data.code });
    return result;
  };
  assert.ok((await anybody("public.categories")).photos > 0);

  // One picture by ticket: nothing else, and not what is no picture.
  const put = (sha256, bytes, token) => fetch(`${server.url}/api/v1/blobs/${sha256}`, { method: "PUT", body: bytes, headers: token ? { authorization: `Bearer ${token}` } : {} });
  const hash = (bytes) => createHash("sha256").update(bytes).digest("hex");
  const bytes = Buffer.from("\xff\xd8\xff\xe0 smoke behind the school", "latin1");
  const photo = hash(bytes);
  const { ticket } = await anybody("public.ticket", { sha256: photo, size: bytes.length });
  assert.equal((await put(photo, bytes)).status, 401);
  assert.equal((await put(hash("x"), "x", ticket)).status, 401, "another file");
  assert.equal((await put(photo, bytes, ticket)).status, 201);
  assert.equal((await fetch(`${server.url}/api/v1/blobs/${photo}`, { headers: { authorization: `Bearer ${ticket}` } })).status, 401, "a ticket reads nothing");
  for (const name of ["dispatcher-county", "admin.system-county"]) {
    const seen = await fetch(`${server.url}/api/v1/blobs/${photo}`, { headers: { authorization: `Bearer ${S(name).token}` } });
    assert.equal(seen.status, 404, "out of reach until a report refers to it");
  }
  const page = Buffer.from("<html>no picture</html>");
  const other = await anybody("public.ticket", { sha256: hash(page), size: page.length });
  assert.equal((await (await put(hash(page), page, other.ticket)).json()).error.data.code, "blob.picture");
  assert.equal(server.blob(hash(page)), false, "nothing of it is kept");
  assert.equal(server.blob(photo), true);
  for (const method of ["incident.report", "incident.list", "public.reveal"]) {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: {} });
    const { error } = await (await fetch(`${server.url}/api/v1/rpc`, { method: "POST", body, headers: { authorization: `Bearer ${ticket}` } })).json();
    assert.equal(error.code, -32001, `a ticket calls no ${method}`);
  }

  // The same key twice is one report.
  const told = { category: "fire", text: "学校后面冒烟", name: NAME, phone: PHONE, address: "小学", place: { lon: 110.601, lat: 27.101 }, attachments: [photo], idem: "resident-0123456789" };
  const first = await anybody("public.report", told);
  assert.deepEqual(await anybody("public.report", told), { ...first, dup: true });
  const { rows } = await as("dispatcher-county", "incident.search", { number: first.number });
  const { id } = rows[0];
  incident.resident = id;
  assert.equal((await fetch(`${server.url}/api/v1/blobs/${photo}`, { headers: { authorization: `Bearer ${S("dispatcher-A").token}` } })).status, 200);

  await as("dispatcher-A", "incident.accept", { id });
  const [task] = (await as("dispatcher-A", "incident.dispatch", { id, to: [{ user: "officer-A1g" }] })).tasks;
  await as("officer-A1g", "task.accept", { id: task });
  await as("officer-A1g", "task.feedback", { id: task, text: "火已扑灭" });
  await as("officer-A1g", "task.finish", { id: task });
  await as("dispatcher-A", "incident.verify", { id, pass: true });
  await as("dispatcher-A", "public.reply", { id, text: "火已扑灭" });
  await as("dispatcher-A", "incident.close", { id });
  const seen = JSON.stringify(await anybody("public.follow", { number: first.number, tail: "5432" }));
  assert.ok(seen.includes("火已扑灭") && !/officer|dispatcher|司徒|1369876|i\d+"/.test(seen), seen);
  await assert.rejects(anybody("public.follow", { number: first.number, tail: "0000" }), { key: "public.unknown" });
  await anybody("public.rate", { code: first.code, score: 5 });
  await assert.rejects(anybody("public.rate", { code: first.code, score: 1 }), { key: "public.rated" });

  assert.deepEqual((({ name, phone }) => [name, phone])(await as("director-A", "public.get", { id })), ["司*", "136****5432"]);
  await assert.rejects(as("director-B", "public.get", { id }));
  assert.equal((await as("director-A", "public.reveal", { id, reason: "问清位置" })).phone, PHONE);
  const journal = JSON.stringify(await server.journal());
  assert.ok(!journal.includes(NAME) && !journal.includes(PHONE), "not in the journal");
}
