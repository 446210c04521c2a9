// One's own account: a second factor turned on, asked for at the next sign-in and refused when it is wrong; another
// password.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { totp } from "../totp.mjs";
import { axe, linkUp, missing, person, signIn, startBrowser, startServer } from "./harness.mjs";

const skip = missing() || false;
let server, browser, page, secret;
const everybody = [];

before(async () => {
  if (skip) return;
  server = await startServer();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await server?.dispose();
});

async function visitor(options) {
  const p = await person(browser, { theme: "light", ...options });
  everybody.push(p);
  return p.page;
}

test("a second factor is turned on with what the app shows", { skip }, async () => {
  page = await visitor();
  await signIn(page, `${server.url}/console/`, "dispatcher2");
  await linkUp(page);
  await page.click("[data-test=my-account]");
  await page.click("[data-test=factor-begin]");
  secret = await page.locator("[data-test=secret]").innerText();
  assert.match(secret, /^([A-Z2-7]{4} ){7}[A-Z2-7]{4}$/);
  await page.fill("input[name=otp]", "000000");
  await page.click("[data-test=factor] button[type=submit]");
  await page.locator("[data-test=factor] [role=alert]", { hasText: "动态口令不对" }).waitFor();
  assert.equal(await page.inputValue("input[name=otp]"), "000000", "what was typed stays");
  assert.deepEqual(await axe(page), []);
  await page.fill("input[name=otp]", totp(secret));
  await page.click("[data-test=factor] button[type=submit]");
  await page.locator("[data-test=factor] [role=status]", { hasText: "已启用" }).waitFor();
});

test("signing in asks for it, and takes each password once", { skip }, async () => {
  const other = await visitor({ lang: "en", theme: "dark" });
  await signIn(other, `${server.url}/console/`, "dispatcher2");
  await other.waitForSelector("input[name=otp]");
  await other.locator("[role=alert]", { hasText: "six digits" }).waitFor();
  assert.ok(await other.locator("input[name=otp]").evaluate((e) => e === document.activeElement));
  assert.deepEqual(await axe(other), []);
  await other.fill("input[name=otp]", totp(secret, 3));
  await other.keyboard.press("Enter");
  await other.locator("[role=alert].error", { hasText: "does not fit" }).waitFor();
  const code = totp(secret, 1);
  await other.fill("input[name=otp]", code);
  await other.keyboard.press("Enter");
  await linkUp(other);
  const third = await visitor();
  await signIn(third, `${server.url}/admin/`, "dispatcher2");
  await third.fill("input[name=otp]", code);
  await third.keyboard.press("Enter");
  await third.locator("[role=alert].error", { hasText: "已经用过" }).waitFor();
});

test("another password: the old one opens it, every device signs in anew", { skip }, async () => {
  const own = await visitor();
  await signIn(own, `${server.url}/console/`, "dispatcher");
  await linkUp(own);
  await own.click("[data-test=my-account]");
  await own.fill("input[name=old]", "a guess");
  await own.fill("input[name=new]", "another-password");
  await own.fill("input[name=again]", "another-passwort");
  await own.locator(".account [role=alert]", { hasText: "不一样" }).waitFor();
  await own.fill("input[name=again]", "another-password");
  await own.click(".account form:first-of-type button[type=submit]");
  await own.locator(".account [role=alert]", { hasText: "原密码不正确" }).waitFor();
  await own.fill("input[name=old]", "fengqiao-demo");
  await own.click(".account form:first-of-type button[type=submit]");
  await own.waitForSelector("main.login [role=status]"); // told why the form is there
  await signIn(own, `${server.url}/console/`, "dispatcher", "another-password");
  await linkUp(own);
});

test("nothing broke the page's own rules", { skip }, () => {
  for (const p of everybody) assert.deepEqual(p.complaints, []);
});
