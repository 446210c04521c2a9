// Every view of every page, in both languages and both themes: it draws, it complains of nothing, axe-core has no serious
// finding, nothing stands wider than the window. The views are read from the registries of the pages, so that a view that is
// added is visited. FQ_SHOTS=DIR keeps a picture of each.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { axe, linkUp, missing, person, signedIn, signIn, startBrowser, startServer, until } from "./harness.mjs";

const skip = missing() || false;
const shots = process.env.FQ_SHOTS;
if (shots) mkdirSync(shots, { recursive: true });

const web = fileURLToPath(new URL("../../web/", import.meta.url));
const text = (file) => readFileSync(join(web, file), "utf8");
const all = (source, pattern) => [...new Set([...source.matchAll(pattern)].map((m) => m[1]))];
const under = (dir) => readdirSync(join(web, dir), { recursive: true, encoding: "utf8" }).filter((f) => f.endsWith(".ts")).map((f) => text(join(dir, f))).join("\n");

/** What the registries say there is. */
const boards = all(text("console/boards/boards.ts"), /\bid: "([a-z-]+)"/g);
const rooms = all(under("admin"), /\bgroup: "[a-z]+", view: "([a-z]+)"/g);
const tabs = ["tasks", "report", "mine", ...all(under("field"), /tabs\.push\(\{\s*id: "([a-z]+)"/g)];

let server, browser, incident, job, form, relative;
before(async () => {
  if (skip) return;
  server = await startServer({ hours: 8 });
  browser = await startBrowser();
  const desk = await signedIn(server.url, "dispatcher");
  incident = (await desk("incident.report", { category: "fire", level: 2, title: "后山竹林冒烟，风大", text: "浓烟向山脊蔓延。", place: { lon: 110.57, lat: 27.06 }, address: "村小学东侧 200 米" })).id;
  const admin = await signedIn(server.url, "admin");
  await admin("user.add", { name: "granny", display: "张奶奶", org: "430525", roles: ["family"] });
  relative = server.run("user", "token", "granny").split(" ")[1];
  form = (await admin("form.list")).rows[0].id;
  const { generation } = await admin("pack.list");
  job = (await admin("job.start", { what: "test", pack: "yizhuang", generation })).job;
  await until("the job to end", async () => !["waiting", "running"].includes((await admin("job.open", { job })).state));
});
after(async () => {
  await browser?.close();
  await server?.dispose();
});

/** What stands behind the view's name in its address. */
const ids = () => ({ edit: "yizhuang", history: "yizhuang", shadow: "yizhuang", job, why: incident, form });

const WAYS = [
  { lang: "zh", theme: "dark" },
  { lang: "en", theme: "light" },
];
/** Nothing is on its way any more: no view says that it loads, and two pictures of the text are alike. */
async function settled(page) {
  let before = "";
  await until("the page to be still", async () => {
    if (await page.locator("[aria-busy=true], [data-loading]").count()) return false;
    const now = (await page.locator("body").innerText()).replace(/[\d:]+/g, "");
    const same = now === before;
    before = now;
    return same;
  });
}
async function look(page, name, wrong) {
  await settled(page);
  if (shots) await page.screenshot({ path: join(shots, `${name}.png`) });
  for (const line of await axe(page)) wrong.push(`${name}: ${line}`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (wide > 1) wrong.push(`${name}: ${wide} px wider than the window`);
}

/** visits: [name, address]; who: the account that looks, none for nobody. */
function tour(page, visits, { who, size, ready = linkUp }) {
  for (const way of WAYS)
    test(`${page}, ${way.lang} and ${way.theme}`, { skip, timeout: 300_000 }, async () => {
      const wrong = [];
      const p = await person(browser, { ...size, ...way });
      const places = visits();
      if (who) {
        await signIn(p.page, `${server.url}${places[0][1]}`, who);
        await ready(p.page);
      }
      for (const [name, address] of places) {
        await p.page.goto(`${server.url}${address}`);
        await ready(p.page);
        await look(p.page, `${page}-${name}-${way.lang}-${way.theme}`, wrong);
      }
      assert.deepEqual(wrong, []);
      assert.deepEqual(p.complaints, []);
      await p.context.close();
    });
}

const drawn = (page) => page.waitForSelector("main");
tour("landing", () => [["home", "/index.html"]], { ready: drawn });
tour("console", () => [...boards.map((b) => [b, `/console/#/${b}`]), ["incident", `/console/#/queue/${incident}`]], { who: "dispatcher" });
tour("admin", () => rooms.map((r) => [r, `/admin/#/${r}${ids()[r] ? `/${ids()[r]}` : ""}`]), { who: "admin" });
tour("field", () => tabs.map((x) => [x, `/field/#/${x}`]), { who: "officer-0001", size: { width: 360, height: 740 } });
tour("report", () => [["home", "/report/"], ["follow", "/report/#/follow"]], { ready: drawn, size: { width: 360, height: 740 } });
const small = { width: 360, height: 740 };
tour("family-dead", () => [["link", "/family/#t=g.0123456789abcdefghijklmnopqrstuv"]], { ready: (page) => page.waitForSelector("[data-test=dead]"), size: small });
tour("family", () => [["waiting", `/family/#t=${relative}`]], { ready: (page) => page.waitForSelector("[data-test=waiting]"), size: small });
tour("screen", () => [["wall", "/screen/"]], { who: "dispatcher", ready: (page) => page.waitForSelector("main.stage"), size: { width: 1920, height: 1080 } });

test("the registries were read", { skip }, () => {
  assert.ok(boards.length > 8 && rooms.length > 15 && tabs.length > 3, `${boards.length} ${rooms.length} ${tabs.length}`);
});
