// The county's map under load: 10,000 incidents, 5,000 people who each send a position every ten seconds, 1,065 areas.
// Pans and zooms it in headless Chromium without a graphics card and says how long frames take. Needs no server:
//   node tests/bench/map.mjs BUILD_WEB [--incidents 10000] [--people 5000] [--seconds 8] [--shots DIR] [--check] [--width 1280 --height 800]
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { cpus } from "node:os";

const [dir, ...rest] = process.argv.slice(2);
if (!dir) throw new Error("usage: map.mjs BUILD_WEB");
const web = resolve(dir);
const option = (name, fallback) => (rest.includes(`--${name}`) ? rest[rest.indexOf(`--${name}`) + 1] : fallback);
const N = Number(option("incidents", 10_000));
const P = Number(option("people", 5_000));
const SECONDS = Number(option("seconds", 8));
const [WIDTH, HEIGHT] = [Number(option("width", 1280)), Number(option("height", 800))];
const need = createRequire(join(web, "package.json"));
const { createServer } = await import(pathToFileURL(join(web, "node_modules/vite/dist/node/index.js")).href);
const { chromium } = need("playwright-core");
const geojson = readFileSync(new URL("../../scripts/packs/dongkou/map.geojson", import.meta.url));

const page = `
import { createApp, h, ref, shallowRef } from "vue";
import "/shared/base.css";
import CountyMap from "/map/CountyMap.vue";
import { peopleOf } from "/map/people.ts";
import { applyTheme } from "/shared/theme.ts";
applyTheme();
let seed = 1;
const random = () => ((seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648);
const states = ["reported", "accepted", "dispatched", "handling", "handled", "suspended"];
const at = (hub) => [hub[0] + (random() + random() + random() - 1.5) * 0.12, hub[1] + (random() + random() + random() - 1.5) * 0.09];
const hubs = Array.from({ length: 24 }, () => [110.3 + random() * 0.5, 26.95 + random() * 0.3]);
const incidents = shallowRef(Array.from({ length: ${N} }, (_, i) => {
  const [lon, lat] = at(hubs[i % 24]);
  return { id: "i" + i, number: 1000 + i, lon, lat, level: i % 97 ? (i % 11 ? (i % 4 ? 4 : 3) : 2) : 1, state: states[i % 6], title: "incident " + i };
}));
const people = peopleOf(Array.from({ length: ${P} }, (_, i) => {
  const [lon, lat] = at(hubs[(i * 7) % 24]);
  return { user: "u" + i, display: "officer " + i, lon, lat, at: new Date(Date.now() - (i % 9 ? 0 : 3e6)).toISOString(), on_duty: i % 5 > 0, tasks: i % 3 ? 0 : 1 };
}));
let turn = 0;
window.walk = () => setInterval(() => {
  for (let k = 0; k < ${P} / 100; k++) {
    const p = people.rows.get("u" + (turn++ % ${P}));
    people.put({ ...p, lon: p.lon + (random() - 0.5) * 2e-4, lat: p.lat + (random() - 0.5) * 2e-4, at: new Date().toISOString() });
  }
}, 100);
const map = ref(null);
const layers = ref({ incidents: true, people: true, grids: true, labels: true, heat: false });
const theme = ref("dark");
Object.assign(window, { map, layers, theme, incidents, said: [] });
const hear = (name) => (...a) => window.said.push([name, ...a]);
createApp({ setup: () => () => h("div", { style: "position:fixed;inset:0" }, [h(CountyMap, { ref: map, incidents: incidents.value, people, layers: layers.value, theme: theme.value, droppable: true, selected: new URLSearchParams(location.search).get("selected") ?? "", onIncident: hear("incident"), onPerson: hear("person"), onPlace: hear("place"), onDrop: hear("drop"), onBox: hear("box") })]) }).mount("#app");
`;
const server = await createServer({
  root: web,
  configFile: join(web, "vite.config.ts"),
  logLevel: "warn",
  server: { port: 0, host: "127.0.0.1", hmr: false, proxy: {} },
  plugins: [
    {
      name: "bench",
      resolveId: (id) => (id === "virtual:bench" ? "\0bench" : undefined),
      load: (id) => (id === "\0bench" ? page : undefined),
      configureServer(s) {
        s.middlewares.use((req, res, next) => {
          if (req.url.startsWith("/api/v1/map")) return res.end(geojson);
          if (!req.url.startsWith("/bench.html")) return next();
          res.setHeader("content-type", "text/html");
          res.end('<!doctype html><meta charset="utf-8"><div id="app"></div><script type="module" src="/@id/__x00__bench"></script>');
        });
      },
    },
  ],
});
await server.listen();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
});
const tab = await browser.newPage({ viewport: { width: WIDTH, height: HEIGHT }, locale: "zh-CN" });
tab.on("pageerror", (e) => console.error(e));
await tab.goto(`http://127.0.0.1:${server.httpServer.address().port}/bench.html`);
await tab.waitForFunction((n) => window.map?.value?.drawn().plots > 0 && window.map.value.drawn().people === n, P, { timeout: 60_000 });
await tab.evaluate(() => window.walk());
if (rest.includes("--check")) {
  // Nothing is measured: is everybody there?
  await tab.waitForFunction((n) => window.map.value.drawn().spots === n, N, { timeout: 30_000 });
  const { spots, people, plots } = await tab.evaluate(() => window.map.value.drawn());
  console.log(`drawn: ${spots} incidents, ${people} people, ${plots} areas`);
  await browser.close();
  process.exit(0);
}

/** Frames while the pointer drags the map to and fro. */
async function pan(seconds) {
  await tab.mouse.move(WIDTH / 2, HEIGHT / 2);
  await tab.mouse.down();
  await tab.evaluate(() => {
    window.frames_ = [];
    let last = performance.now();
    const next = (now) => (window.frames_.push(now - last), (last = now), (window.going = requestAnimationFrame(next)));
    window.going = requestAnimationFrame(next);
  });
  const end = Date.now() + seconds * 1000;
  for (let i = 0; Date.now() < end; i++) {
    const a = i / 25;
    await tab.mouse.move(WIDTH / 2 + Math.sin(a) * WIDTH * 0.35, HEIGHT / 2 + Math.sin(a * 1.7) * HEIGHT * 0.35);
  }
  await tab.mouse.up();
  return tab.evaluate(() => (cancelAnimationFrame(window.going), window.frames_.slice(2)));
}
const say = (what, frames) => {
  const f = [...frames].sort((a, b) => a - b);
  const q = (p) => f[Math.min(f.length - 1, Math.floor(f.length * p))].toFixed(1);
  console.log(`${what.padEnd(34)} ${String(f.length).padStart(5)} frames   p50 ${q(0.5).padStart(6)}   p95 ${q(0.95).padStart(6)}   worst ${q(1).padStart(6)} ms`);
};
console.log(`${N} incidents, ${P} people, ${WIDTH}x${HEIGHT}, ${cpus().length} cores of ${cpus()[0]?.model}`);
const shots = option("shots", "");
const shot = async (name) => shots && tab.screenshot({ path: join(shots, `map-${name}.png`) });
say("still", await tab.evaluate(() => new Promise((done) => {
  const all = [];
  let last = performance.now();
  const next = (now) => (all.push(now - last), (last = now), all.length < 120 ? requestAnimationFrame(next) : done(all));
  requestAnimationFrame(next);
})));
await shot("county");
say("pan, whole county", await pan(SECONDS));
await tab.evaluate(() => (window.layers.value = { ...window.layers.value, heat: true }));
say("pan, whole county, heat", await pan(SECONDS));
await shot("heat");
await tab.evaluate(() => ((window.layers.value = { ...window.layers.value, heat: false }), window.map.value.look({ lon: 110.57, lat: 27.06 }, 25)));
await tab.waitForTimeout(600);
say("pan, a township", await pan(SECONDS));
await shot("township");
await tab.evaluate(() => window.map.value.look({ lon: 110.57, lat: 27.06 }, 5));
await tab.waitForTimeout(600);
say("pan, a village", await pan(SECONDS));
await shot("village");
await tab.evaluate(() => ((document.documentElement.dataset.theme = "light"), (window.theme.value = "light"), window.map.value.fitAll()));
await tab.waitForTimeout(800);
await shot("light");
await browser.close();
await server.close();
process.exit(0); // the watcher of a development server lingers
