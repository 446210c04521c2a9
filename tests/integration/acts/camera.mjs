// Cameras: registered, watched, a picture taken, removed; one in a home with its consent and a link. The camera answers
// when ffmpeg is there; what is told of it either way is the same to those who hear.
import { startCamera } from "../fake_camera.mjs";

export async function act({ AT, S, as, incident, report }) {
  const film = await startCamera({});
  try {
    await filmed(film, { AT, S, as, incident, report });
  } finally {
    await film.close();
  }
}

async function filmed(film, { AT, S, as, incident, report }) {
  const camera = { class: 1, level: 3, url: film.url };
  await as("admin.system-county", "cam.import", { rows: [{ name: "村口", org: AT.A1g, ...camera }], trial: true });
  const { id } = await as("admin.system-county", "cam.set", { name: "村口", org: AT.A1g, place: { lon: 110.601, lat: 27.101 }, ...camera });
  const { ask: check } = await as("admin.system-county", "cam.check", { url: film.url });
  await report("filmed", "officer-A1g", { grid: AT.A1g });
  await as("dispatcher-A", "cam.watch", { id });
  const { ask } = await as("dispatcher-county", "cam.snapshot", { id, incident: incident.filmed });
  await S("dispatcher-county").hear((m) => m.method === "camera_snapshot" && m.params.data.ask === ask && m.params.data.ok);
  await S("admin.system-county").hear((m) => m.method === "camera_check" && m.params.data.ask === check);
  await as("dispatcher-A", "cam.unwatch", { id });
  await as("commander-county", "cam.watches", { id });
  await as("dispatcher-A", "cam.get", { id });
  await as("officer-A1g", "cam.list", { near: { lon: 110.6, lat: 27.1 } });

  const at = (hours) => new Date(Date.now() + hours * 3_600_000).toISOString();
  const family = { user: "family-A1g", consent_by: "张奶奶", consent_at: at(-1), until: at(24) };
  const home = (await as("director-A", "cam.set", { name: "张奶奶家", org: AT.A1g, ...camera, class: 8, family })).id;
  await as("family-A1g", "cam.consent", { id: home, until: at(48) });
  const { guest } = await as("family-A1g", "cam.link", { id: home, name: "女儿" });
  await as("family-A1g", "cam.unlink", { id: home, guest });
  await as("admin.system-county", "cam.remove", { id: home, reason: "不装了" });
}
