// The desk: an incident from the queue to its end on the command line alone, input methods, taking back, several windows
// that agree and sound once, dragging, notes, and a server that dies in the middle of a dispatch.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axe, linkUp, missing, person, signedIn, signIn, startBrowser, startServer, until } from "./harness.mjs";

const skip = missing() || false;
let server, browser, ask, GRID;
const everybody = [];
before(async () => {
  if (skip) return;
  server = await startServer({ hours: 1 });
  browser = await startBrowser();
  ask = await signedIn(server.url, "dispatcher");
  GRID = (await ask("org.tree", { depth: 10, kind: "grid" })).units[0].id;
});
after(async () => {
  await browser?.close();
  await server?.dispose();
  for (const p of everybody) assert.deepEqual(p.complaints, []);
});

/** Counts the oscillators a page starts: what it plays, as far as a browser without ears can tell. */
const listening = () => {
  globalThis.played = 0;
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...a) {
    globalThis.played++;
    return start.apply(this, a);
  };
};
async function desk(options = {}, name = "dispatcher") {
  const p = await person(browser, options);
  everybody.push(p);
  await p.context.addInitScript(listening);
  await signIn(p.page, `${server.url}/console/`, name);
  await linkUp(p.page);
  await p.page.waitForSelector(".rows .incident");
  return p;
}
let count = 0;
/** An incident that nobody is on: whatever a rule sent is withdrawn. */
async function unassigned(title, level = 4) {
  const { id } = await ask("incident.report", { category: "other", title, level, grid: GRID, idem: `desk-test-${++count}-${Date.now()}` });
  const i = await until("the rules to have decided", async () => {
    const now = await ask("incident.get", { id });
    return now.rev > 0 && now;
  });
  for (const t of i.tasks ?? []) if (["sent", "delivered", "seen"].includes(t.state)) await ask("task.recall", { id: t.id, reason: "改由人派", idem: `recall-test-${t.id}-${Date.now()}` });
  return ask("incident.get", { id });
}
/** Somebody of the county who can be sent there, by the server's own advice. */
async function nearest(id) {
  const { rows } = await ask("incident.candidates", { id, limit: 200, excluded: 0 });
  const names = rows.map((c) => c.display);
  return rows.find((c) => names.filter((n) => n === c.display).length === 1);
}
const live = (i) => i.tasks.filter((t) => !["declined", "recalled", "expired", "finished"].includes(t.state));
const says = (page) => page.textContent("[data-test=command-says]");
async function type(page, text) {
  await page.keyboard.press("/");
  await page.waitForSelector("#command-line");
  await page.keyboard.press("Control+a");
  await page.keyboard.type(text);
}
async function enter(page) {
  await page.waitForSelector("[data-test=command-does]");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#command-line", { state: "detached" });
}

test("a whole dispatch by keyboard, on the command line", { skip, timeout: 150_000 }, async () => {
  const { page } = await desk();
  const i = await unassigned("命令行派遣");
  await page.locator(".incident", { hasText: i.title }).waitFor();
  const who = await nearest(i.id);

  // What is unclear is said, stays, and does nothing.
  await type(page, `派 ${i.number} 查无此人`);
  await until("it says who is not found", async () => /没有找到「查无此人」/.test(await says(page)));
  await page.keyboard.press("Enter");
  await page.waitForSelector("[data-test=command-says][role=alert]");
  assert.equal(await page.inputValue("#command-line"), `派 ${i.number} 查无此人`);
  assert.equal(live(await ask("incident.get", { id: i.id })).length, 0);
  await page.keyboard.press("Escape");
  await page.keyboard.press("/"); // nothing typed is lost
  assert.equal(await page.inputValue("#command-line"), `派 ${i.number} 查无此人`);

  // It says whom it will send before Enter; afterwards it can be taken back.
  await page.keyboard.press("Control+a");
  await page.keyboard.type(`pq ${i.number} ${who.display}：带水泵`);
  await until("what it will do", async () => (await says(page)).includes(`→ ${who.display} (${who.user})`));
  assert.match(await says(page), /「带水泵」/);
  await enter(page);
  const sent = await until("the task", async () => live(await ask("incident.get", { id: i.id }))[0]);
  assert.equal(sent.to.user, who.user);
  assert.equal(sent.note, "带水泵");
  assert.ok(sent.expires_at, "an order that nobody answers lapses");
  await page.waitForSelector("[data-test=toast][data-state=open]");
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("z");
  await until("the order to be taken back", async () => live(await ask("incident.get", { id: i.id })).length === 0);
  await page.waitForSelector("[data-test=toast][data-state=done]");

  // Again, by Tab and from the history; then to its end.
  await page.keyboard.press("/");
  await page.keyboard.press("ArrowUp");
  await until("the line before", async () => (await page.inputValue("#command-line")).startsWith(`pq ${i.number}`));
  await until("what it will do", async () => (await says(page)).includes(who.user));
  await enter(page);
  const task = await until("the task", async () => live(await ask("incident.get", { id: i.id }))[0]);
  const worker = await signedIn(server.url, who.user);
  const idem = (s) => ({ idem: `desk-worker-${s}-${task.id}-${Date.now()}` });
  await worker("task.accept", { id: task.id, ...idem("a") });
  await worker("task.arrive", { id: task.id, ...idem("b") });
  await worker("task.feedback", { id: task.id, text: "已处置", ...idem("c") });
  await worker("task.finish", { id: task.id, ...idem("d") });
  await until("handled", async () => (await ask("incident.get", { id: i.id })).state === "handled");
  await type(page, `记${i.number} 已电话回访`);
  await enter(page);
  await type(page, `核 ${i.number}`);
  await until("it says that this is final", async () => /不能撤销/.test(await says(page)));
  await enter(page);
  await until("verified", async () => (await ask("incident.get", { id: i.id })).state === "verified");
  await type(page, `close ${i.number}`);
  await enter(page);
  await until("closed", async () => (await ask("incident.get", { id: i.id })).state === "closed");
  const { entries } = await ask("journal.timeline", { subject: i.id, limit: 1000 });
  assert.equal(entries.filter((e) => e.kind === "incident.commented" && e.data.text === "已电话回访").length, 1);

  await type(page, `到 ${i.number}`); // closed: asked of the server
  await enter(page);
  await page.locator(".detail h2", { hasText: i.title }).waitFor();
  assert.match(page.url(), new RegExp(`/${i.id}$`));
});

test("an input method keeps its keys", { skip, timeout: 90_000 }, async () => {
  const { page, context } = await desk();
  const i = await unassigned("输入法");
  await page.locator(".incident", { hasText: i.title }).waitFor();
  await page.keyboard.press("/");
  await page.waitForSelector("#command-line");
  const cdp = await context.newCDPSession(page);
  await cdp.send("Input.imeSetComposition", { text: `ji ${i.number} x`, selectionStart: 2, selectionEnd: 2 });
  for (const key of ["Enter", "Escape", "ArrowDown", "Tab"]) {
    await page.$eval("#command-line", (el, k) => el.dispatchEvent(new KeyboardEvent("keydown", { key: k, keyCode: 229, isComposing: true, bubbles: true, cancelable: true })), key);
  }
  assert.ok(await page.isVisible("#command-line"), "Enter and Esc were the input method's");
  assert.equal((await ask("journal.timeline", { subject: i.id, limit: 1000 })).entries.filter((e) => e.kind === "incident.commented").length, 0);
  await page.fill("#command-line", "");
  await cdp.send("Input.imeSetComposition", { text: "ji", selectionStart: 2, selectionEnd: 2 });
  await cdp.send("Input.insertText", { text: "记" });
  await cdp.send("Input.insertText", { text: `${i.number}　水已退` });
  await until("what it will do", async () => /「水已退」/.test(await says(page)));
  await enter(page);
  await until("the note", async () => (await ask("journal.timeline", { subject: i.id, limit: 1000 })).entries.some((e) => e.data?.text === "水已退"));
});

test("a note without opening, dragging both ways, and what a taken-up order says to being taken back", { skip, timeout: 120_000 }, async () => {
  const { page } = await desk();
  const i = await unassigned("拖放派遣");
  const other = await unassigned("另一件拖放");
  const row = page.locator(`.incident[data-id=${i.id}]`);
  await row.waitFor();
  await row.click();
  await page.locator(".detail h2", { hasText: i.title }).waitFor();

  // What is half written stays with its incident.
  await page.keyboard.press("c");
  await page.fill("#note-text", "邻居来电");
  await page.press("#note-text", "Escape");
  await page.keyboard.press("c");
  assert.equal(await page.inputValue("#note-text"), "邻居来电");
  await page.press("#note-text", "Enter");
  await page.locator("[data-test=timeline]", { hasText: "邻居来电" }).waitFor();

  // A person onto a row: the dialog opens with both, and nothing is sent yet.
  const chip = page.locator("[data-test=recommended] .chip").first();
  await chip.waitFor();
  const user = await chip.getAttribute("data-user");
  const target = page.locator(`.incident[data-id=${other.id}]`);
  await chip.dragTo(target);
  await page.locator("dialog h2", { hasText: other.title }).waitFor();
  await page.waitForSelector(`#pick-${user}:checked`);
  assert.equal(live(await ask("incident.get", { id: other.id })).length, 0);
  await page.keyboard.press("Escape");
  await page.waitForSelector("dialog", { state: "detached" });

  // A row onto a person.
  await row.click();
  await chip.waitFor();
  await row.dragTo(page.locator(`[data-test=recommended] .chip[data-user=${user}]`));
  await page.locator("dialog h2", { hasText: i.title }).waitFor();
  await page.waitForSelector(`#pick-${user}:checked`);
  await page.click("[data-test=send]");
  const task = await until("the task", async () => live(await ask("incident.get", { id: i.id }))[0]);
  assert.equal(task.to.user, user);
  // He takes it at once: it cannot be taken back any more, and the desk is told why.
  await (await signedIn(server.url, user))("task.accept", { id: task.id, idem: `desk-accept-${task.id}-${Date.now()}` });
  await page.click("[data-test=undo]");
  const failed = page.locator("[data-test=toast][data-state=failed]");
  await failed.waitFor();
  assert.match(await failed.textContent(), /没有撤销.*\[-32\d+\]/);
  assert.equal(live(await ask("incident.get", { id: i.id })).length, 1);
});

test("two windows share a sign-in, agree, and sound once until somebody takes note", { skip, timeout: 150_000 }, async () => {
  const { page: first, context } = await desk();
  await first.waitForSelector("[data-test=silent][data-why=off]"); // it cannot be heard, and says so
  const second = await context.newPage();
  await second.goto(`${server.url}/console/`);
  await linkUp(second); // signed in by the first
  await second.waitForSelector(".rows .incident");
  await first.waitForSelector(".link.up"); // and it replaced nobody

  // The start of the shift in one window speaks for both.
  await first.click("[data-test=start-shift]");
  await first.click("[data-test=sound-start]");
  await until("four tones", async () => (await first.evaluate(() => globalThis.played)) === 10);
  await first.waitForSelector("[data-test=sound-start]:enabled");
  await first.click("[data-test=sound-close]");
  for (const page of [first, second]) await page.waitForSelector("[data-test=silent]", { state: "detached" });
  await second.click("[data-test=sound]");
  await second.click("[data-test=sound-start]"); // both could now
  await second.waitForSelector("[data-test=sound-start]:enabled");
  await second.click("[data-test=sound-close]");
  for (const page of [first, second]) await page.evaluate(() => (globalThis.played = 0));

  const { id, number } = await ask("incident.report", { category: "fire", title: "一级响铃", level: 1, grid: GRID, idem: `desk-ring-${Date.now()}-1` });
  for (const page of [first, second]) await page.waitForSelector(`[data-ring=${id}]`);
  const heard = () => Promise.all([first, second].map((p) => p.evaluate(() => globalThis.played)));
  await until("the tone", async () => (await heard()).some((n) => n >= 4));
  const [a, b] = await heard();
  assert.ok((a === 0) !== (b === 0), `one window sounds: ${a} and ${b}`);
  await until("the tone again", async () => Math.max(...(await heard())) >= 8);
  assert.equal(Math.min(...(await heard())), 0);
  await second.locator("[aria-live=assertive]", { hasText: `${number}` }).waitFor({ state: "attached" });

  // Noted in one window, quiet in both; the choice and the filter go along.
  await second.click(`[data-ring=${id}]`);
  for (const page of [first, second]) await page.waitForSelector("[data-test=ringing]", { state: "detached" });
  await until("the first to follow", async () => first.url().endsWith(`/${id}`));
  await first.click("[data-filter=handled]");
  await second.waitForSelector("[data-filter=handled][aria-pressed=true]");
  await second.click("[data-filter=all]");
  await first.waitForSelector("[data-filter=all][aria-pressed=true]");
  await second.click("[data-test=linked]"); // alone on request
  await second.click("[data-filter=overdue]");
  await first.click("[data-filter=active]");
  assert.equal(await second.getAttribute("[data-filter=overdue]", "aria-pressed"), "true");
  assert.equal(await first.getAttribute("[data-filter=active]", "aria-pressed"), "true");

  // A panic button: seen in both windows, heard from one, whatever the levels are set to, until a desk has answered.
  await first.click("[data-test=sound]");
  await first.check("tr[data-level='1'] input[value=off]");
  await first.click("[data-test=sound-close]");
  for (const page of [first, second]) await page.evaluate(() => (globalThis.played = 0));
  const old = await signedIn(server.url, "officer-0012");
  const alarm = await old("panic.raise", {});
  for (const page of [first, second]) await page.waitForSelector(`[data-test=panic][data-id='${alarm.id}'][data-rings=true]`);
  await until("the alarm, again and again", async () => Math.max(...(await heard())) >= 12);
  assert.equal(Math.min(...(await heard())), 0, "one window sounds");
  await second.click("[data-test=panic-answer]");
  for (const page of [first, second]) await page.waitForSelector("[data-test=panic][data-rings=false]");
  await ask("panic.dispose", { id: alarm.id, how: "test", note: "演练" });
  for (const page of [first, second]) await page.waitForSelector("[data-test=panic]", { state: "detached" });

  // The window that sounded goes: the other takes over.
  const [quiet, loud] = a === 0 ? [first, second] : [second, first];
  await loud.close();
  await quiet.evaluate(() => (globalThis.played = 0));
  await ask("incident.report", { category: "fire", title: "接着响", level: 2, grid: GRID, idem: `desk-ring-${Date.now()}-2` });
  await until("the tone from the other", async () => (await quiet.evaluate(() => globalThis.played)) >= 3);

  // Signed out in one, signed out in all.
  const third = await context.newPage();
  await third.goto(`${server.url}/console/`);
  await linkUp(third);
  await quiet.locator("header button", { hasText: "退出" }).click();
  await third.waitForSelector("input[name=password]");
});

test("levels ring as they are set, and the sound that is lost is said", { skip, timeout: 90_000 }, async () => {
  const { page } = await desk();
  await page.click("[data-test=start-shift]");
  await page.click("[data-test=sound-start]");
  await page.waitForSelector("[data-test=sound-start]:enabled");
  await page.check("tr[data-level='4'] input[value=off]");
  await page.check("tr[data-level='3'] input[value=repeat]");
  assert.deepEqual(await axe(page), []);
  await page.click("[data-test=sound-close]");
  await page.evaluate(() => (globalThis.played = 0));
  const report = (title, level) => ask("incident.report", { category: "other", title, level, grid: GRID, idem: `desk-level-${level}-${Date.now()}` });
  await report("四级不响", 4);
  await page.locator(".incident", { hasText: "四级不响" }).first().waitFor();
  const { id } = await report("三级反复响", 3);
  await page.waitForSelector(`[data-ring=${id}]`);
  await until("level III alone", async () => (await page.evaluate(() => globalThis.played)) >= 2);
  assert.equal((await page.evaluate(() => globalThis.played)) % 2, 0);
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("x");
  await page.waitForSelector("[data-test=ringing]", { state: "detached" });

  // A reload wants a touch before it sounds again; until then the banner says so.
  await page.reload();
  await linkUp(page);
  await page.waitForSelector("[data-test=silent][data-why=lost]");
  await page.keyboard.press("?");
  await page.waitForSelector("dialog[open]");
  await page.keyboard.press("Escape");
  await page.waitForSelector("[data-test=silent]", { state: "detached" });
});

test("the server is killed in the middle of a dispatch: it is done once, and nothing is lost", { skip, timeout: 150_000 }, async () => {
  const { page } = await desk();
  const i = await unassigned("杀掉服务器");
  await page.locator(`.incident[data-id=${i.id}]`).waitFor();
  const who = await nearest(i.id);
  const orders = async () => (await ask("journal.timeline", { subject: i.id, limit: 1000 })).entries.filter((e) => e.kind === "task.created" && e.data.to?.user === who.user).length;
  const before = await orders(); // by the rules
  await type(page, `派 ${i.number} ${who.user}`);
  await until("what it will do", async () => (await says(page)).includes(who.user));
  await page.waitForSelector("[data-test=command-does]");
  await Promise.all([page.keyboard.press("Enter"), server.kill()]);
  await page.waitForSelector("[data-test=link-down]");
  await server.start();
  ask = await signedIn(server.url, "dispatcher");
  await linkUp(page);
  // Sent or not when it died, one press is one order: an unanswered one goes out again by itself with the same key, a
  // refused one stays on the line.
  if (await page.locator("#command-line").count()) {
    await until("the line to be done or free", async () => (await page.locator("#command-line").count()) === 0 || (await page.locator("[data-test=command-run]:enabled").count()) === 1);
    if (await page.locator("#command-line").count()) {
      if (!live(await ask("incident.get", { id: i.id })).length) await enter(page);
      else await page.keyboard.press("Escape");
    }
  }
  await until("the order", async () => live(await ask("incident.get", { id: i.id })).length === 1);
  assert.equal(await orders(), before + 1);
  await until("the page to show it", async () => (await page.getAttribute(`.incident[data-id=${i.id}]`, "data-state")) === "dispatched");
});

test("the desk in English and by day: no serious finding", { skip, timeout: 120_000 }, async () => {
  const i = await unassigned("English desk", 2);
  for (const theme of ["light", "dark"]) {
    const { page } = await desk({ lang: "en", theme });
    await page.waitForSelector("[data-test=silent]");
    await page.locator(`.incident[data-id=${i.id}]`).click();
    await page.locator("[data-test=recommended] .chip").first().waitFor();
    assert.deepEqual(await axe(page), [], theme);
    await type(page, `note ${i.number} seen`);
    await until("what it will do", async () => /Comment #/.test(await says(page)));
    assert.deepEqual(await axe(page), [], `${theme}, command line`);
    await enter(page);
    await page.keyboard.press("?");
    await page.waitForSelector("dialog[open] .help");
    assert.deepEqual(await axe(page), [], `${theme}, help`);
    assert.doesNotMatch((await page.textContent("dialog[open] .help")).replace(/[\s\S]*understands/, ""), /[\u4e00-\u9fff]/);
  }
});
