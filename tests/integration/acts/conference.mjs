// Conferences: one from an incident with everything that is done in one, a desk that is rung as one, one that nobody
// answers, a relative, one who watches unseen; one that goes on.
export async function act({ AT, S, as, incident, report, server }) {
  await report("conferred", "officer-A1g", { grid: AT.A1g });
  const unanswered = await as("director-B", "conf.create", { title: "无人接听", to: [{ user: "officer-B1g" }], ring_s: 1 });

  await as("admin.system-county", "media.server");
  const { id } = await as("dispatcher-county", "conf.create", { incident: incident.conferred, to: [{ user: "officer-A1g" }, { user: "officer-A1h" }] });
  await as("dispatcher-county", "conf.invite", { id, to: [{ user: "director-A" }, { user: "family-A1g" }] });
  await as("officer-A1g", "conf.ringing", { id });
  await as("officer-A1g", "conf.join", { id });
  await as("officer-A1h", "conf.decline", { id, reason: "在外" });
  await as("dispatcher-county", "conf.ring", { id, user: "officer-A1h" });
  await as("dispatcher-county", "conf.pull", { id, user: "officer-A1h", reason: "急" });
  await as("officer-A1h", "conf.join", { id, audio_only: true });
  await as("family-A1g", "conf.join", { id });
  await as("officer-A1g", "conf.resume", { id });
  await server.system("conf.member_media", { id, user: "officer-A1g", state: "connected" });
  await server.system("conf.backend_set", { id, backend: "janus", why_zh: "人多", why_en: "many people" });
  await server.system("conf.recording_set", { id, on: true, by: "dispatcher-county" });
  await server.system("conf.recording_set", { id, on: false });

  const chair = (method, params) => as("dispatcher-county", `conf.${method}`, { id, ...params });
  await chair("lock", { locked: true });
  await chair("role", { user: "officer-A1h", priority: 4 });
  await chair("mute", { muted: true });
  await chair("ask_unmute", { user: "family-A1g" });
  await as("family-A1g", "conf.self", { id, muted: false });
  await chair("quality", { user: "officer-A1h", quality: "low" });
  await chair("layout", { layout: "spotlight", spotlight: "officer-A1g" });
  await chair("broadcast", { user: "officer-A1g" });
  await chair("broadcast", {});
  await as("family-A1g", "conf.text", { id, text: "我在家里" });
  await as("officer-A1g", "conf.floor_ask", { id });
  await as("family-A1g", "conf.floor_ask", { id, priority: 1 });
  await as("officer-A1g", "conf.floor_release", { id });
  await chair("floor_take", { user: "officer-A1h" });
  const { call } = await chair("roll_call", { seconds: 5 });
  await as("officer-A1g", "conf.here", { id, call });
  await S("dispatcher-county").hear((m) => m.params?.kind === "conf.roll_closed" && m.params.data.conf === id);
  await as("admin.audit-county", "conf.monitor", { id, reason: "质量抽查" });
  await as("admin.audit-county", "conf.leave", { id });
  await chair("kick", { user: "officer-A1h", ban: true });
  await as("officer-A1g", "conf.leave", { id });
  await chair("end", { reason: "事毕" });

  const desk = await as("officer-A1g", "conf.create", { to: [{ unit: AT.A }] });
  await as("director-A", "conf.join", { id: desk.id }); // whoever else sits there is no longer rung
  await S("officer-A1g").hear((m) => m.params?.kind === "conf.hushed" && m.params.data.conf === desk.id);
  await S("director-B").hear((m) => m.params?.kind === "conf.timed_out" && m.params.data.conf === unanswered.id);
}
