// The officer's phone in use: refused permissions, voice, three taps, arriving, a refused report, a new build, a small
// screen.
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { axe, linkUp, person, signIn, startServer, until } from "./harness.mjs";
import { blob, begin, chromium, dispatcher, everybody, gone, handset, phone, photo, reported, server, skip, SPOT, stored, tab, webDir } from "./phone.mjs";

test("refused position, camera and microphone have their own words and a way on", { skip, timeout: 90_000 }, async () => {
  const page = await phone("officer-0010", { permissions: [] });
  await begin(page, "路面积水");
  await page.locator("[data-test=no-camera]", { hasText: "相册" }).waitFor();
  await page.setInputFiles("[data-test=gallery]", await photo(page)); // the way on
  await page.waitForSelector("[data-test=shot] img");
  await page.setInputFiles("[data-test=gallery]", { name: "x.jpg", mimeType: "image/jpeg", buffer: Buffer.from("no picture") });
  await page.locator("[data-test=file-problem]", { hasText: "打不开" }).waitFor();
  await page.click("[data-test=speak]");
  await page.locator("[data-test=file-problem]", { hasText: "麦克风" }).waitFor();
  await page.click("label.tick:has(input[name=where][value=gps])");
  await page.locator("[data-test=gps-error]", { hasText: "没有定位权限" }).waitFor();
  assert.deepEqual(await axe(page), [], "refusals");
  await page.click("[data-test=submit]"); // no place: said beside it
  await page.locator(".report [role=alert]", { hasText: "请给出位置" }).waitFor();
  await page.click("[data-test=to-map]");
  await page.locator(".place-picker summary, details summary", { hasText: "经纬度" }).first().click();
  await page.fill("[data-test=place-lon]", "110.571");
  await page.fill("[data-test=place-lat]", "27.061");
  await page.press("[data-test=place-lat]", "Tab");
  await page.click("[data-test=submit]");
  await until("the report", async () => (await reported("路面积水"))[0]?.place?.lon === 110.571);
});

test("a voice note is recorded and goes with the report", { skip, timeout: 90_000 }, async () => {
  const loud = await chromium().launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true, args: ["--no-sandbox", "--disable-gpu", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"] });
  try {
    const p = await person(loud, { width: 360, height: 740, permissions: ["microphone"] });
    everybody.push(p);
    await signIn(p.page, `${server.url}/field/`, "officer-0014");
    await linkUp(p.page);
    await begin(p.page, "口述情况");
    await p.page.click("[data-test=speak]");
    await p.page.locator(".recording", { hasText: "00:01" }).waitFor();
    assert.deepEqual(await axe(p.page), [], "recording");
    await p.page.click("[data-test=speak-stop]");
    await p.page.waitForSelector("[data-test=shot] audio");
    await p.page.click("[data-test=submit]");
    await until("the report", async () => (await reported("口述情况")).length === 1);
    await gone(p.page, "files");
    const [row] = await reported("口述情况");
    const { status, type } = await blob(p.page, row.attachments[0]);
    assert.equal(status, 200);
    assert.match(type, /webm|ogg|mp4/);
  } finally {
    await loud.close();
  }
});

test("a report in three taps, and its draft goes with it", { skip, timeout: 60_000 }, async () => {
  const page = await phone("officer-0015");
  let taps = 0;
  const tap = async (what) => (taps++, page.click(what));
  const began = Date.now();
  await tap("nav.tabs a[href='#/report']");
  await tap("label.tick:has(input[name=category][value=other])");
  await tap("[data-test=submit]");
  await page.locator("[data-test=notice]", { hasText: /编号 \d/ }).waitFor();
  assert.equal(taps, 3);
  assert.ok(Date.now() - began < 20_000);
  assert.equal(await page.locator("input[name=category]:checked").count(), 0, "the form is empty again");
});

test("arriving: near it is sent with the place, far away it asks, without a position it goes all the same", { skip, timeout: 120_000 }, async () => {
  const at = async (name, title, context) => {
    const { id } = await dispatcher("incident.report", { category: "other", title, place: { lon: SPOT.longitude, lat: SPOT.latitude } });
    if (!(await dispatcher("incident.get", { id })).tasks.some((x) => x.to.user === name)) await dispatcher("incident.dispatch", { id, to: [{ user: name }] });
    const page = await phone(name, context);
    await page.locator(".card-link", { hasText: title }).click();
    await page.click("[data-do=accept]");
    await page.click("[data-do=arrive]");
    const placed = async () => {
      const { entries } = await dispatcher("journal.timeline", { subject: id, limit: 100 });
      return entries.find((e) => e.kind === "task.arrived")?.data;
    };
    return { id, page, placed };
  };
  const near = await at("officer-0016", "近处的事", { geolocation: { ...SPOT, accuracy: 20 }, permissions: ["geolocation"] });
  await near.page.waitForSelector(".task-view[data-state=arrived]");
  await until("the arrival", async () => (await near.placed())?.place?.lon === SPOT.longitude);

  const far = await at("officer-0017", "远处的事", { geolocation: { longitude: 110.6, latitude: 27.06, accuracy: 20 }, permissions: ["geolocation"] });
  await far.page.locator("[data-test=outside]", { hasText: "3.0 公里" }).waitFor();
  assert.deepEqual(await axe(far.page), [], "asked");
  assert.equal(await far.placed(), undefined, "nothing is sent before he says so");
  await far.page.click("[data-test=arrive-anyway]");
  await until("the arrival", async () => (await far.placed())?.place?.lon === 110.6);

  const blind = await at("officer-0018", "没有定位", { permissions: [] });
  await blind.page.locator("[data-test=notice]", { hasText: "未附位置" }).waitFor();
  await until("the arrival", async () => (await blind.placed()) && !(await blind.placed()).place);

  // Feedback with a photo that is begun, interrupted, and sent.
  await near.page.click("[data-do=feedback]");
  await near.page.fill("dialog textarea[name=text]", "已现场处置");
  await near.page.setInputFiles("dialog [data-test=gallery]", await photo(near.page));
  await near.page.waitForSelector("dialog [data-test=shot] img");
  await near.page.reload();
  await linkUp(near.page);
  await near.page.click("[data-do=feedback]");
  assert.equal(await near.page.inputValue("dialog textarea[name=text]"), "已现场处置");
  await near.page.waitForSelector("dialog [data-test=shot] img");
  await near.page.click("dialog button[type=submit]");
  await near.page.click("[data-do=finish]");
  await gone(near.page, "waiting");
  await gone(near.page, "files");
  const { entries } = await dispatcher("journal.timeline", { subject: near.id, limit: 100 });
  const said = entries.find((e) => e.kind === "task.fed_back");
  assert.equal((await blob(near.page, said.data.attachments[0])).status, 200);
});

test("a report that the server refuses comes back as it was, also after a reload", { skip, timeout: 60_000 }, async () => {
  const page = await phone("officer-0019");
  await begin(page, "地点不在本县");
  await page.click("label.tick:has(input[name=where][value=map])");
  await page.locator("details summary", { hasText: "经纬度" }).first().click();
  await page.fill("[data-test=place-lon]", "10");
  await page.fill("[data-test=place-lat]", "10");
  await page.press("[data-test=place-lat]", "Tab");
  await page.click("[data-test=submit]");
  const told = await Promise.race([page.waitForSelector("[data-test=refused]").then(() => "refused"), page.locator("[data-test=notice]", { hasText: "编号" }).waitFor().then(() => "taken")]);
  if (told === "taken") return; // this county takes what lies outside it
  await page.reload();
  await page.waitForSelector("[data-test=refused]");
  await page.locator("[data-test=refused] button", { hasText: "修改" }).click();
  assert.equal(await page.inputValue("input[name=title]"), "地点不在本县");
  await page.click("label.tick:has(input[name=where][value=grid])");
  await page.click("[data-test=submit]");
  await until("the better one", async () => (await reported("地点不在本县")).length === 1);
  await gone(page, "refused");
});

test("a newer build is told, taken when the person says so, and nothing typed is lost", { skip, timeout: 120_000 }, async () => {
  const pages = mkdtempSync(join(tmpdir(), "fq-pages-"));
  const dist = resolve(process.env.FQ_PAGES ?? join(webDir, "dist"));
  cpSync(dist, pages, { recursive: true });
  const other = await startServer({ pages });
  try {
    const p = await handset();
    await signIn(p.page, `${other.url}/field/`, "officer-0001");
    await linkUp(p.page);
    await stored(p.page);
    await begin(p.page, "写到一半");
    const html = readFileSync(join(pages, "field/index.html"), "utf8").replace("<title>", '<meta name="build" content="newer" /><title>');
    const worker = readFileSync(join(pages, "field/sw.js"), "utf8");
    for (const f of ["field/index.html.gz", "field/sw.js.gz"]) rmSync(join(pages, f), { force: true });
    writeFileSync(join(pages, "field/index.html"), html);
    writeFileSync(join(pages, "field/sw.js"), worker.replace(/"([0-9a-f]{12})"/g, '"newerbuild00"'));
    await p.page.evaluate(() => navigator.serviceWorker.getRegistration("/field/").then((r) => r.update()));
    await p.page.waitForSelector("[data-test=newer]");
    assert.equal(await p.page.locator("meta[name=build]").count(), 0, "not forced");
    assert.deepEqual(await axe(p.page), [], "a newer build");
    await p.page.click("[data-test=take-newer]");
    await p.page.locator("meta[name=build]").waitFor({ state: "attached" });
    await linkUp(p.page);
    assert.equal(await p.page.inputValue("input[name=title]"), "写到一半");
    await gone(p.page, "newer");
  } finally {
    await other.dispose();
    rmSync(pages, { recursive: true, force: true });
  }
});

test("what the server sends with the worker and the manifest", { skip, timeout: 30_000 }, async () => {
  const head = async (path) => (await fetch(server.url + path)).headers;
  const worker = await head("/field/sw.js");
  assert.match(worker.get("content-type"), /javascript/);
  assert.equal(worker.get("cache-control"), "no-cache", "a worker that is cached cannot be replaced");
  const manifest = await head("/field/manifest.webmanifest");
  assert.match(manifest.get("content-type"), /manifest\+json/);
  const policy = (await head("/field/")).get("content-security-policy");
  assert.match(policy, /worker-src 'self'/);
  assert.match(policy, /img-src[^;]*blob:/);
  assert.match(policy, /media-src[^;]*blob:/);
});

test("fits 360 px and 200 % zoom in both languages and themes, without serious findings", { skip, timeout: 120_000 }, async () => {
  for (const [lang, theme] of [["zh", "light"], ["en", "dark"]]) {
    const page = await phone("officer-0020", { lang, theme });
    for (const id of ["tasks", "report", "mine"]) {
      await tab(page, id);
      if (id === "report") {
        await page.click("label.tick:has(input[name=category][value=fire])");
        await page.waitForSelector(".form-fields");
        await page.click("[data-test=more]");
        await page.click("label.tick:has(input[name=where][value=map])");
        await page.waitForSelector("canvas");
      }
      assert.deepEqual(await axe(page), [], `${id} ${lang} ${theme}`);
      for (const width of [360, 180]) {
        // Half the width is what a page has at 200 %.
        await page.setViewportSize({ width, height: 740 });
        await until(`${id} ${lang} to fit ${width} px`, async () => (await page.evaluate(() => document.documentElement.scrollWidth)) <= width);
      }
      await page.setViewportSize({ width: 360, height: 740 });
    }
    await page.click("[data-test=offline]");
    await page.waitForSelector("dialog[open]");
    assert.deepEqual(await axe(page), [], `offline ${lang}`);
  }
});

test("nothing broke the page's own rules", { skip }, () => {
  assert.deepEqual(everybody.flatMap((p) => p.complaints), []);
});
