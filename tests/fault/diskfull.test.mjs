// The disk fills up, or fails, under the running server: commands are refused with -32030 and change nothing, queries
// go on, /readyz says why, and the server comes back by itself. fail_io.so does what the disk would.
import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { makeCounty, until } from "./county.mjs";

const STORAGE = -32030;
const shim = process.env.FENGQIAO_FAIL_IO ?? join(process.cwd(), "tests/fault/.libs/fail_io.so");

let county;
let control;
let officer;
let desk;
before(async () => {
  const env = { LD_PRELOAD: [process.env.LD_PRELOAD, shim].filter(Boolean).join(" ") };
  county = await makeCounty({ env });
  control = join(county.dir, "fail");
  env.FAIL_IO = control;
  county.start();
  await county.up();
  officer = county.token("officer-0001");
  desk = county.token("dispatcher");
});
after(() => county?.remove());

let count = 0;
const report = (extra = {}) =>
  county.rpc(officer, "incident.report", { category: "fire", title: `第 ${++count} 起`, ...extra });
const head = async () => (await county.rpc(desk, "server.status", {})).result.head;
const fail = (what) => writeFileSync(control, `${what}\n`);
const mend = () => rmSync(control);

for (const what of ["write ENOSPC", "sync EIO"]) {
  test(`${what}: refused, unchanged, readable, and back by itself`, async () => {
    const accepted = await report();
    assert.ok(accepted.result, JSON.stringify(accepted));
    const idem = `disk-test-${what.replace(" ", "-")}-0000`;
    const title = `写不下的 ${what}`;
    const before = await head();

    fail(what);
    const refused = await report({ title, idem });
    assert.equal(refused.error?.code, STORAGE, JSON.stringify(refused));
    assert.ok(refused.error.data.message_zh && refused.error.data.message_en);
    // The second finds the door closed already; the answer is the same.
    assert.equal((await report({ title, idem })).error?.code, STORAGE);
    assert.equal(await head(), before, "a refused command left an entry");

    const found = await county.rpc(officer, "incident.get", { id: accepted.result.id });
    assert.equal(found.result?.id, accepted.result.id, "queries go on");
    const rows = (await county.rpc(desk, "incident.list", { limit: 200 })).result.rows;
    assert.ok(!rows.some((row) => row.title === title), "half of a refused report is visible");

    const unready = await fetch(`${county.url}/readyz`);
    assert.equal(unready.status, 503);
    assert.ok((await unready.json()).why, "/readyz says why");
    assert.equal((await fetch(`${county.url}/healthz`)).status, 200, "the process is up");

    mend();
    await until("the server to come back by itself", () => county.ready());
    const again = await report({ title, idem });
    assert.ok(again.result, JSON.stringify(again));
    assert.ok(!again.result.dup, "the refused attempt was remembered as done");
    const dup = await report({ title, idem });
    assert.equal(dup.result?.id, again.result.id);
    assert.equal(dup.result?.dup, true);
  });
}

test("under load: nobody is told a lie", async () => {
  const ledger = join(county.dir, "ledger");
  const load = county.load("--terminals", 50, "--rate", 100, "--duration", 0, "--views", "--progress", 0.05, "--ledger", ledger, "--drain", 30);
  const reach = (what, goal) =>
    until(what, () => {
      if (load.over) throw new Error("the load generator ended");
      return (load.progress?.acked ?? 0) >= goal;
    });
  for (const what of ["write ENOSPC", "sync EIO", "write ENOSPC"]) {
    await reach("traffic", (load.progress?.acked ?? 0) + 20);
    fail(what);
    await until("the fault to be noticed", async () => !(await county.ready()));
    mend();
    await until("the server to come back by itself", () => county.ready());
  }
  await reach("traffic after the last fault", (load.progress?.acked ?? 0) + 20);
  load.program.kill("SIGINT");
  const result = await load.result;
  assert.equal(result.code, 0, result.first_view ?? result.first_error);
  assert.equal(result.refused, 0, result.first_error);
  assert.equal(result.acked, result.reports, "every report was acknowledged in the end");
  assert.equal(result.views_wrong, 0, result.first_view);

  assert.deepEqual(await county.halt(), { code: 0, signal: null }, county.log());
  const keys = new Set();
  for (const entry of await county.journal()) {
    const key = entry.kind === "incident.reported" && /#(.*)#/.exec(entry.data.text ?? "")?.[1];
    if (!key) continue;
    assert.ok(!keys.has(key), `${key} is there twice`);
    keys.add(key);
  }
  assert.equal(keys.size, result.acked);
  await county.command("journal", "verify", "--data", county.data);
  await county.command("journal", "rebuild", "--check", "--data", county.data);
});
