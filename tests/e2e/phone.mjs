// The phones of a file of browser tests: one server, one browser, a dispatcher to ask what became of things.
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { linkUp, missing, person, signedIn, signIn, startBrowser, startServer, until } from "./harness.mjs";

export const skip = missing() || false;
const here = fileURLToPath(new URL(".", import.meta.url));
export const webDir = resolve(process.env.FQ_WEB_DIR ?? join(here, "../../web"));
export const SPOT = { longitude: 110.57, latitude: 27.06 };
/** What is asked of them at the end: that nothing broke the page's own rules. */
export const everybody = [];
export let server, browser, dispatcher;
before(async () => {
  if (skip) return;
  server = await startServer();
  browser = await startBrowser();
  dispatcher = await signedIn(server.url, "dispatcher");
});
after(async () => {
  await browser?.close();
  await server?.dispose();
});
export const chromium = () => createRequire(join(webDir, "package.json"))("playwright-core").chromium;

/** A phone of its own, before anybody has signed in. */
export async function handset(options = {}) {
  const p = await person(browser, { width: 360, height: 740, hasTouch: true, ...options });
  everybody.push(p);
  return p;
}
export async function phone(name, options) {
  const p = await handset(options);
  await signIn(p.page, `${server.url}/field/`, name);
  await linkUp(p.page);
  return p.page;
}
export const stored = (page) => page.waitForSelector("[data-test=offline][data-state=full]");
export const tab = (page, id) => page.click(`nav.tabs a[href='#/${id}']`);
export const gone = (page, what) => until(`${what} to go`, async () => (await page.locator(`[data-test=${what}]`).count()) === 0);
export async function offline(page, yes) {
  await page.context().setOffline(yes);
  if (yes) await page.waitForSelector("[data-test=link-down]");
  else await linkUp(page);
}
/** A category without questions, so that two taps are a report. */
export async function begin(page, title, category = "other") {
  await tab(page, "report");
  await page.click(`label.tick:has(input[name=category][value=${category}])`);
  if (title) await page.fill("input[name=title]", title);
}
/** A photo as a camera makes one. */
export async function photo(page) {
  const png = await page.evaluate(() => {
    const c = document.createElement("canvas");
    [c.width, c.height] = [2400, 1800];
    const ctx = c.getContext("2d");
    for (let i = 0; i < 200; i++) {
      ctx.fillStyle = `hsl(${(i * 37) % 360} 60% 50%)`;
      ctx.fillRect((i * 131) % 2400, (i * 89) % 1800, 300, 200);
    }
    return c.toDataURL("image/png").split(",")[1];
  });
  return { name: "photo.png", mimeType: "image/png", buffer: Buffer.from(png, "base64") };
}
export async function reported(title) {
  const { rows } = await dispatcher("incident.search", { text: title });
  return Promise.all(rows.filter((r) => r.title === title).map((r) => dispatcher("incident.get", { id: r.id })));
}
/** What the server has of an attachment: its status, type and size. */
export async function blob(page, sha256) {
  return page.evaluate(async (sha) => {
    const { token } = JSON.parse(localStorage.getItem("fq.field.session"));
    const r = await fetch(`/api/v1/blobs/${sha}`, { headers: { Authorization: `Bearer ${token}` } });
    return { status: r.status, type: r.headers.get("content-type"), size: (await r.blob()).size };
  }, sha256);
}
