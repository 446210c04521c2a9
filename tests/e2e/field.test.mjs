// The officer's phone without a network, or in trouble: killed, in two tabs, with a wrong clock, full.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { axe, linkUp, signIn, until } from "./harness.mjs";
import { blob, begin, chromium, dispatcher, everybody, gone, handset, offline, phone, photo, reported, server, skip, SPOT, stored, tab } from "./phone.mjs";

const HOUR = 3_600_000;

test("a report without a network, with a photo and a word more, leaves once after a reload", { skip, timeout: 120_000 }, async () => {
  const page = await phone("officer-0002");
  await stored(page);
  await offline(page, true);
  await begin(page, "河堤管涌");
  await page.setInputFiles("[data-test=gallery]", await photo(page));
  await page.waitForSelector("[data-test=shot] img");
  await page.reload(); // the draft comes back with its photo, the page without a network
  await page.waitForSelector("[data-test=shot] img");
  assert.equal(await page.inputValue("input[name=title]"), "河堤管涌");
  await page.click("[data-test=submit]");
  await page.locator("[data-test=notice]", { hasText: "等待发送" }).waitFor();

  // Before it has left, it gets a word more.
  await tab(page, "mine");
  await page.locator("[data-test=queued]", { hasText: "河堤管涌" }).locator("[data-test=add-more]").click();
  await page.fill("textarea[name=more]", "水变浑了");
  await page.click("dialog button[type=submit]");
  await page.locator("[data-test=queued]", { hasText: "另有 1 条补充" }).waitFor();
  await page.reload();
  await page.locator("[data-test=waiting]", { hasText: "2 条" }).waitFor();

  await offline(page, false);
  await gone(page, "waiting");
  await gone(page, "files");
  const rows = await reported("河堤管涌");
  assert.equal(rows.length, 1, "once");
  assert.equal(rows[0].attachments.length, 1);
  const there = await blob(page, rows[0].attachments[0]);
  assert.equal(there.status, 200);
  assert.equal(there.type, "image/jpeg");
  assert.ok(there.size < 700_000, `made small (${there.size})`);
  const { entries } = await dispatcher("journal.timeline", { subject: rows[0].id, limit: 50 });
  assert.ok(entries.some((e) => e.kind === "incident.commented" && e.data.text === "水变浑了"), "the word more is with it");
});

test("the page opens with no network at all after the first visit, and says how old what it shows is", { skip, timeout: 90_000 }, async () => {
  const page = await phone("officer-0005");
  await stored(page);
  const title = "电线杆倾斜";
  const { id } = await dispatcher("incident.report", { category: "other", title, place: { lon: SPOT.longitude, lat: SPOT.latitude } });
  if (!(await dispatcher("incident.get", { id })).tasks.some((x) => x.to.user === "officer-0005")) await dispatcher("incident.dispatch", { id, to: [{ user: "officer-0005" }] });
  await page.locator(".card-link", { hasText: title }).waitFor();
  await until("the phone to have kept it", () =>
    page.evaluate(
      (t) =>
        new Promise((ok) => {
          const open = indexedDB.open("fq.field.outbox.officer-0005");
          open.onsuccess = () => {
            const get = open.result.transaction("notes").objectStore("notes").get("last");
            get.onsuccess = () => (open.result.close(), ok(JSON.stringify(get.result ?? "").includes(t)));
          };
        }),
      title,
    ),
  );
  await page.context().setOffline(true);
  await page.goto("about:blank");
  await page.goto(`${server.url}/field/`); // a fresh start, not a tab that was open
  await page.locator(".card-link", { hasText: title }).waitFor();
  await page.locator("[data-test=link-down]", { hasText: "截至" }).waitFor();
  await page.locator(".card-link", { hasText: title }).click();
  await page.click("[data-do=accept]");
  await page.waitForSelector(".task-view[data-state=accepted]");
  assert.deepEqual(await axe(page), [], "without a network");
  await offline(page, false);
  await gone(page, "waiting");
  assert.equal((await dispatcher("incident.get", { id })).tasks.find((x) => x.to.user === "officer-0005").state, "accepted");
  const step = (await dispatcher("journal.timeline", { subject: id, limit: 200 })).entries.find((e) => e.kind === "task.accepted");
  assert.ok(step.data.occurred_at < step.at, "when it was pressed, not when it was sent");
});

/** A browser of its own process and profile, so that it can be killed as a phone's battery does it. */
async function mortal(profile) {
  const child = spawn(process.env.CHROMIUM ?? "/usr/bin/chromium", ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-port=0", `--user-data-dir=${profile}`, "about:blank"], { stdio: "ignore", detached: true });
  const file = join(profile, "DevToolsActivePort");
  const port = await until("the browser", () => existsSync(file) && readFileSync(file, "utf8").split("\n")[0]);
  const remote = await chromium().connectOverCDP(`http://127.0.0.1:${port}`);
  const page = await remote.contexts()[0].newPage();
  await page.setViewportSize({ width: 360, height: 740 });
  const died = new Promise((ok) => child.on("exit", ok));
  return {
    page,
    async close() {
      await (await remote.newBrowserCDPSession()).send("Browser.close").catch(() => undefined);
      await died;
      rmSync(file, { force: true });
    },
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      process.kill(-child.pid, "SIGKILL");
      await died;
      rmSync(file, { force: true });
    },
  };
}

test("a browser that is killed with a report on its way sends it when it is opened again, once", { skip, timeout: 90_000 }, async () => {
  const profile = mkdtempSync(join(tmpdir(), "fq-profile-"));
  let b = await mortal(profile);
  try {
    // He signed in this morning; Chromium writes such things down in its own time.
    await signIn(b.page, `${server.url}/field/`, "officer-0006");
    await linkUp(b.page);
    await stored(b.page);
    await b.close();

    b = await mortal(profile);
    // The command leaves, its answer does not come back: nobody knows what became of it.
    await b.page.addInitScript(() => {
      const Real = WebSocket;
      globalThis.WebSocket = class extends Real {
        set onmessage(hear) {
          super.onmessage = hear && ((e) => /"result":\{"id":"i\d+","number":/.test(e.data) || hear(e));
        }
      };
    });
    await b.page.goto(`${server.url}/field/`);
    await linkUp(b.page);
    await begin(b.page, "桥面塌陷");
    await b.page.setInputFiles("[data-test=gallery]", await photo(b.page));
    await b.page.waitForSelector("[data-test=shot] img");
    await b.page.click("[data-test=submit]");
    await until("the report at the server", async () => (await reported("桥面塌陷")).length === 1);
    assert.equal(await b.page.locator("[data-test=waiting]").count(), 1, "the phone does not know");
    await b.kill();

    b = await mortal(profile);
    await b.page.goto(`${server.url}/field/`);
    await linkUp(b.page);
    await gone(b.page, "waiting");
    await gone(b.page, "files");
    const rows = await reported("桥面塌陷");
    assert.equal(rows.length, 1, "once");
    assert.equal((await blob(b.page, rows[0].attachments[0])).status, 200);
  } finally {
    await b.kill();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
});

test("of two tabs one sends, and a report leaves once", { skip, timeout: 90_000 }, async () => {
  const p = await handset();
  const first = p.page;
  await signIn(first, `${server.url}/field/`, "officer-0007");
  await linkUp(first);
  await stored(first);
  const second = await p.context.newPage();
  await second.goto(`${server.url}/field/`);
  await linkUp(second);
  await first.waitForSelector("[data-test=replaced]"); // one phone, one session: said, with a way back
  await begin(first, "广告牌松动"); // written where the link is not
  await first.click("[data-test=submit]");
  await until("the other tab to have sent it", async () => (await reported("广告牌松动")).length === 1);
  await gone(first, "waiting");
  await gone(second, "waiting");
  await first.click("[data-test=replaced] button");
  await linkUp(first);
  await second.waitForSelector("[data-test=replaced]");
  assert.equal((await reported("广告牌松动")).length, 1, "once");
});

test("a phone whose clock is an hour fast says so, and its reports tell the right time", { skip, timeout: 90_000 }, async () => {
  const p = await handset();
  await p.context.addInitScript((ms) => {
    const real = Date.now.bind(Date);
    const D = Date;
    globalThis.Date = class extends D {
      constructor(...a) {
        super(...(a.length ? a : [real() + ms]));
      }
      static now = () => real() + ms;
    };
  }, HOUR);
  await signIn(p.page, `${server.url}/field/`, "officer-0008");
  await linkUp(p.page);
  await p.page.locator("[data-test=clock-wrong]", { hasText: /快了 (1:00:0|59:5)/ }).waitFor();
  await stored(p.page);
  // Written after a start without a network: the phone has not heard what time it is.
  await p.page.context().setOffline(true);
  await p.page.reload();
  await begin(p.page, "塘坝漫水");
  const at = Date.now();
  await p.page.click("[data-test=submit]");
  await p.page.waitForSelector("[data-test=waiting]");
  await offline(p.page, false);
  await gone(p.page, "waiting");
  const [row] = await reported("塘坝漫水");
  assert.ok(Math.abs(Date.parse(row.occurred_at) - at) < 15_000, `${row.occurred_at}, pressed at ${new Date(at).toISOString()}`);
  assert.ok(!row.clock_skew);
});

test("a full phone says so, keeps the words, and sends the photo while the page is open", { skip, timeout: 90_000 }, async () => {
  const p = await handset();
  await p.context.addInitScript(() => {
    const put = IDBObjectStore.prototype.put;
    IDBObjectStore.prototype.put = function (...a) {
      if (sessionStorage.getItem("full")) throw new DOMException("full", "QuotaExceededError");
      return put.apply(this, a);
    };
  });
  const { page } = p;
  await signIn(page, `${server.url}/field/`, "officer-0009");
  await linkUp(page);
  await stored(page);
  await page.evaluate(() => sessionStorage.setItem("full", "1"));
  await offline(page, true);
  await begin(page, "山体裂缝");
  await page.setInputFiles("[data-test=gallery]", await photo(page));
  await page.locator("[data-test=file-problem]", { hasText: "存储已满" }).waitFor();
  await page.locator("[data-test=trouble]", { hasText: "存储已满" }).waitFor();
  assert.deepEqual(await axe(page), [], "a full phone");
  await page.click("[data-test=submit]");
  await page.waitForSelector("[data-test=waiting]");
  await offline(page, false);
  await gone(page, "waiting");
  await gone(page, "files");
  const [row] = await reported("山体裂缝");
  assert.equal((await blob(page, row.attachments[0])).status, 200);

  // The words alone outlive the page.
  await offline(page, true);
  await begin(page, "水管冻裂");
  await page.click("[data-test=submit]");
  await page.waitForSelector("[data-test=waiting]");
  await page.reload();
  await page.waitForSelector("[data-test=waiting]");
  await offline(page, false);
  await gone(page, "waiting");
  assert.equal((await reported("水管冻裂")).length, 1);
});

test("nothing broke the page's own rules", { skip }, () => {
  assert.deepEqual(everybody.flatMap((p) => p.complaints), []);
});
