import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { download, fileName, kindOf, upload } from "../shared/blobs";
import { errorText, lang } from "../shared/i18n";
import { isTransient, RpcError } from "../shared/link";
import { words } from "../shared/words";
import { Sha256, sha256Of } from "../shared/sha256";

const bytes = (n: number): Uint8Array<ArrayBuffer> => Uint8Array.from({ length: n }, (_, i) => (i * 7919 + (i >> 8)) & 255);
const nodes = (b: Uint8Array): string => createHash("sha256").update(b).digest("hex");

describe("SHA-256", () => {
  it("agrees with another implementation at every length around a block, fed in any pieces", () => {
    for (let n = 0; n <= 200; n++) {
      const b = bytes(n);
      expect(new Sha256().update(b).hex(), `${n}`).toBe(nodes(b));
      const cut = n >> 1;
      expect(new Sha256().update(b.subarray(0, cut)).update(b.subarray(cut)).hex(), `${n} in two`).toBe(nodes(b));
    }
  });
  it("reads a file of several pieces", async () => {
    const b = bytes((1 << 20) * 2 + 17);
    const seen: number[] = [];
    expect(await sha256Of(new Blob([b]), (n) => seen.push(n))).toBe(nodes(b));
    expect(seen).toEqual([1 << 20, 2 << 20, b.length]);
  });
});

/** The server's side of docs/protocol.md: pieces go where they belong, a gap is told, the whole is checked. */
class Server {
  got: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  requests: string[] = [];
  /** Called before a request is answered: "drop" loses it, a number refuses it. */
  before: (n: number, range: string) => "drop" | number | undefined = () => undefined;

  readonly fetch = async (url: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
    const range = (init.headers as Record<string, string>)["Content-Range"] ?? "";
    this.requests.push(range);
    const what = this.before(this.requests.length, range);
    if (what === "drop") throw new TypeError("network");
    const said = { error: { code: -32602, message: "no", data: { code: "blob.range", message_zh: "不行", message_en: "no" } } };
    if (typeof what === "number") return what >= 502 ? new Response("<html>", { status: what }) : Response.json(said, { status: what });
    const m = /^bytes (?:(\d+)-(\d+)|\*)\/(\d+)$/.exec(range)!;
    const total = Number(m[3]);
    if (m[1] !== undefined && Number(m[1]) <= this.got.length) {
      const body = new Uint8Array(await (init.body as Blob).arrayBuffer());
      expect(body.length).toBe(Number(m[2]) - Number(m[1]) + 1);
      const all = new Uint8Array(Math.max(this.got.length, Number(m[2]) + 1));
      all.set(this.got);
      all.set(body, Number(m[1]));
      this.got = all;
    }
    if (this.got.length < total) return new Response(null, { status: 308, headers: this.got.length ? { Range: `bytes=0-${this.got.length - 1}` } : {} });
    expect(String(url)).toBe(`/api/v1/blobs/${nodes(this.got)}`);
    return Response.json({ sha256: nodes(this.got), size: total }, { status: 201 });
  };
}
const waits: number[] = [];
const wait = (ms: number): Promise<void> => (waits.push(ms), Promise.resolve());
const options = (s: Server) => ({ headers: { Authorization: "Bearer t" }, fetch: s.fetch as typeof fetch, wait });

describe("sending a file", () => {
  it("sends a small one at once", async () => {
    const s = new Server();
    const b = bytes(3000);
    expect(await upload(new Blob([b]), options(s))).toEqual({ sha256: nodes(b), size: 3000 });
    expect(s.requests).toEqual(["bytes 0-2999/3000"]);
  });

  it("asks how far a large one got, then sends ever larger pieces and says how far it is", async () => {
    const s = new Server();
    const b = bytes(600_000);
    const sent: number[] = [];
    await upload(new Blob([b]), { ...options(s), onProgress: (n) => sent.push(n) });
    expect(s.requests).toEqual(["bytes */600000", "bytes 0-65535/600000", "bytes 65536-196607/600000", "bytes 196608-458751/600000", "bytes 458752-599999/600000"]);
    expect(sent).toEqual([0, 65536, 196608, 458752, 600000]);
  });

  it("goes on where it broke off: over lost pieces, and when it is asked again later", async () => {
    const s = new Server();
    const b = bytes(300_000);
    s.before = (n) => (n === 3 || n === 4 ? "drop" : undefined);
    waits.length = 0;
    await upload(new Blob([b]), options(s));
    expect(waits).toEqual([1000, 2000]);
    expect(s.requests[4]).toBe("bytes */300000");
    expect(s.requests[5]).toMatch(/^bytes 65536-/);

    const later = new Server();
    later.got = b.slice(0, 200_000);
    await upload(new Blob([b]), options(later));
    expect(later.requests[1]).toMatch(/^bytes 200000-/);
  });

  it("gives up for now when nothing gets through, and at once when the server has judged", async () => {
    const s = new Server();
    s.before = () => "drop";
    const lost = await upload(new Blob([bytes(10)]), { ...options(s), tries: 3 }).catch((e: unknown) => e);
    expect(isTransient(lost)).toBe(true);
    expect(s.requests.length).toBe(4);

    s.requests = [];
    s.before = () => 413;
    const judged = await upload(new Blob([bytes(10)]), options(s)).catch((e: unknown) => e);
    expect(judged).toBeInstanceOf(RpcError);
    expect(isTransient(judged)).toBe(false);
    lang.value = "zh";
    expect(errorText(judged)).toContain("不行");
    expect(s.requests.length).toBe(1);

    s.before = () => 502;
    expect(errorText(await upload(new Blob([bytes(10)]), { ...options(s), tries: 1 }).catch((e: unknown) => e))).toContain("502");
    await expect(upload(new Blob([]), options(s))).rejects.toMatchObject({ key: "blob.empty" });
  });

  it("does not go on for ever with a server that takes nothing in", async () => {
    const s = new Server();
    const deaf = async (): Promise<Response> => (s.requests.push("x"), new Response(null, { status: 308 }));
    await expect(upload(new Blob([bytes(10)]), { ...options(s), fetch: deaf as typeof fetch, tries: 3 })).rejects.toMatchObject({ key: "blob.unreachable" });
    expect(s.requests.length).toBeLessThan(6);
  });

  it("stops when it is told to", async () => {
    const s = new Server();
    const stop = new AbortController();
    s.before = () => (stop.abort(), "drop");
    await expect(upload(new Blob([bytes(10)]), { ...options(s), signal: stop.signal })).rejects.toBeInstanceOf(TypeError);
    expect(s.requests.length).toBe(1);
  });
});

describe("getting one", () => {
  it("carries the token, and says what is wrong in both languages", async () => {
    const asked: RequestInit[] = [];
    const ok = async (_: unknown, init: RequestInit) => (asked.push(init), new Response("abc", { headers: { "Content-Type": "image/png" } }));
    const b = await download("ab", { headers: { Authorization: "Bearer t" }, fetch: ok as typeof fetch });
    expect([b.type, b.size, asked[0]!.headers]).toEqual(["image/png", 3, { Authorization: "Bearer t" }]);
    const down = async () => Promise.reject(new TypeError("x"));
    const e = (await download("ab", { headers: {}, fetch: down as typeof fetch }).catch((x: unknown) => x)) as RpcError;
    expect(isTransient(e)).toBe(true);
    lang.value = "zh";
    expect(errorText(e)).toBe(words["blob.unfetched"][0]);
    lang.value = "en";
    expect(errorText(e)).toBe(words["blob.unfetched"][1]);
  });
  it("knows what it is and what a copy is called", () => {
    expect(["image/webp", "audio/mpeg", "video/webm", "application/pdf", ""].map(kindOf)).toEqual(["photo", "sound", "video", "file", "file"]);
    expect(fileName("0123456789abcdef", "image/jpeg")).toBe("0123456789ab.jpg");
    expect(fileName("0123456789abcdef", "text/html")).toBe("0123456789ab.bin");
  });
});
