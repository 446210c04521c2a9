// 200 terminals with mixed traffic, and the server killed ten times at random moments: whatever was acknowledged is
// there exactly once, everybody ends with the view a fresh snapshot gives, and the journal is whole.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { makeCounty, seeded, until } from "./county.mjs";

const KILLS = Number(process.env.FENGQIAO_KILLS ?? 10);
const TERMINALS = 200;
const seed = Number(process.env.FENGQIAO_SEED ?? Date.now() % 1_000_000);
const random = seeded(seed);

let county;
let load;
before(async () => (county = await makeCounty()));
after(async () => {
  load?.program.kill("SIGKILL");
  await county?.remove();
});

test(`kill -9 ten times (FENGQIAO_SEED=${seed})`, async (t) => {
  const ledgerFile = join(county.dir, "ledger");
  county.start();
  await county.up();
  load = county.load(
    ...["--terminals", TERMINALS, "--rate", 80, "--duration", 0, "--pace", 100, "--no-answer", 0.1],
    ...["--resume-every", 15, "--views", "--ledger", ledgerFile, "--progress", 0.05, "--drain", 30, "--seed", seed],
  );
  const acked = () => load.progress?.acked ?? 0;
  const reach = (what, goal) =>
    until(what, () => {
      if (load.over) throw new Error("the load generator ended");
      return acked() >= goal;
    });

  await reach("the first reports", 20);
  for (let i = 0; i < KILLS; i++) {
    // Sometimes while terminals are still coming back, sometimes in the middle of the traffic.
    await reach(`traffic before kill ${i + 1}`, acked() + 1 + random(60));
    await county.kill();
    county.start();
  }
  await reach("traffic after the last kill", acked() + 50);
  load.program.kill("SIGINT");
  const result = await load.result;
  const { first_error, first_view, views_checked, views_wrong, losses, resumes } = result;
  t.diagnostic(`${result.acked} reports, ${result.steps} steps, ${resumes} resumes, ${result.dup} answered again`);

  await t.test("every client ends with the view of a fresh snapshot", () => {
    assert.equal(views_wrong, 0, first_view);
    assert.equal(views_checked, TERMINALS);
    assert.equal(losses, 0, "acknowledged reports their reporter never heard of");
    assert.equal(result.refused, 0, first_error);
    assert.equal(result.failures, 0, first_error);
    assert.ok(resumes >= TERMINALS, "everybody was cut off and resumed");
    assert.equal(result.code, 0);
  });

  assert.deepEqual(await county.halt(), { code: 0, signal: null }, county.log());

  await t.test("every acknowledged report is in the journal exactly once", async () => {
    const byKey = new Map();
    for (const entry of await county.journal()) {
      const key = entry.kind === "incident.reported" && /#(.*)#/.exec(entry.data.text ?? "")?.[1];
      if (key) byKey.set(key, [...(byKey.get(key) ?? []), entry]);
    }
    for (const [key, entries] of byKey) assert.equal(entries.length, 1, `${key} was reported ${entries.length} times`);
    const lines = readFileSync(ledgerFile, "utf8").split("\n").filter(Boolean);
    assert.equal(lines.length, result.acked);
    for (const line of lines) {
      const [key, id, n] = line.split(" ");
      assert.equal(byKey.get(key)?.[0].subject, id, `${key} was acknowledged as ${id}`);
      assert.ok(Number(n) >= byKey.get(key)[0].seq);
    }
  });

  await t.test("the journal is whole and rebuilds to the same tables", async () => {
    await county.command("journal", "verify", "--data", county.data);
    await county.command("journal", "rebuild", "--check", "--data", county.data);
  });
});
