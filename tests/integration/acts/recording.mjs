// A recording from the first word to its removal. What the media server and the converters would tell is said by hand.
import { createHash } from "node:crypto";
import { until } from "../server.mjs";

export async function act({ AT, S, as, server }) {
  const keep = async (text) => {
    const sha256 = createHash("sha256").update(text).digest("hex");
    await fetch(`${server.url}/api/v1/blobs/${sha256}`, { method: "PUT", body: text, headers: { authorization: `Bearer ${S("admin.system-county").token}` } });
    return sha256;
  };
  const { id: conf } = await as("dispatcher-county", "conf.create", { title: "录下来", org: AT.A, to: [{ user: "officer-A1g" }] });
  const { recording: id } = await until("the media server", () => as("dispatcher-county", "conf.record", { id: conf, on: true }), 15_000);
  const at = new Date().toISOString();
  const track = { user: "officer-A1g", kind: "audio", codec: "opus", file: "a.mjr", size: 9, from: at, until: at };
  await server.system("recording.track", { id: conf, ...track, sha256: await keep("a track of sound") });
  await as("dispatcher-county", "conf.record", { id: conf, on: false });
  await server.system("recording.closed", { id: conf });
  await server.system("recording.failed", { id, why_zh: "磁盘已满", why_en: "the disk is full" });
  await as("commander-A", "recording.retry", { id });
  await server.system("recording.done", { id, sha256: await keep("what can be played"), size: 18, broken: 0, from: at, until: at });
  await as("dispatcher-A", "recording.verify", { id });
  await S("commander-county").hear((m) => m.params?.kind === "conf.record_verified" && m.params.data.recording === id);
  await as("director-A", "recording.list", { conf });
  await as("admin.security-county", "recording.remove", { id, reason: "到期前经批准删除" });
  await as("dispatcher-county", "conf.end", { id: conf });
}
