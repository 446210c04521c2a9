// The service worker: the page loads with no network. Everything of the page is fetched once, when this build is
// installed, and served from there; data never is, but for the county's map. It takes over when a person says so, or when no tab
// of the page is open any more. Built alone into one file by tools/worker.mjs, which puts the list in.

declare const FILES: string[];
declare const BUILD: string;

interface Later extends Event {
  waitUntil(p: Promise<unknown>): void;
}
interface Fetched extends Later {
  request: Request;
  respondWith(r: Promise<Response>): void;
}
const worker = self as unknown as EventTarget & { skipWaiting(): Promise<void>; clients: { claim(): Promise<void> } };

const NAME = "fq-field-";
const PAGE = "/field/";
const MAP = "/api/v1/map";

/** Hashed names never change: the browser's own cache may have them. The page itself is asked for anew. */
const wanted = (): Request[] => FILES.map((f) => new Request(f, { cache: f.startsWith("/assets/") ? "default" : "reload" }));

async function install(): Promise<void> {
  const cache = await caches.open(NAME + BUILD);
  await cache.addAll(wanted());
}

async function activate(): Promise<void> {
  // A tab that still runs the build before may yet ask for a part of it: that one stays, older ones go.
  const old = (await caches.keys()).filter((k) => k.startsWith(NAME) && k !== NAME + BUILD && k !== NAME + "data");
  await Promise.all(old.slice(0, -1).map((k) => caches.delete(k)));
  await worker.clients.claim();
}

async function page(request: Request): Promise<Response> {
  const cache = await caches.open(NAME + BUILD);
  return (await cache.match(PAGE)) ?? fetch(request);
}

async function part(request: Request): Promise<Response> {
  return (await caches.match(request)) ?? fetch(request);
}

/** The newest when there is a network, what was there last when there is none. */
async function map(request: Request): Promise<Response> {
  const cache = await caches.open(NAME + "data");
  try {
    const r = await fetch(request);
    if (r.ok) await cache.put(request, r.clone());
    return r;
  } catch (e) {
    const kept = await cache.match(request);
    if (!kept) throw e;
    return kept;
  }
}

worker.addEventListener("install", (e) => (e as Later).waitUntil(install()));
worker.addEventListener("activate", (e) => (e as Later).waitUntil(activate()));
worker.addEventListener("message", (e) => {
  if ((e as MessageEvent).data === "take over") void worker.skipWaiting();
});
worker.addEventListener("fetch", (event) => {
  const e = event as Fetched;
  const { request } = e;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate") {
    if (url.pathname === PAGE || url.pathname === `${PAGE}index.html`) e.respondWith(page(request));
  } else if (url.pathname === MAP) e.respondWith(map(request));
  else if (FILES.includes(url.pathname) || url.pathname.startsWith("/assets/")) e.respondWith(part(request));
});

export {};
