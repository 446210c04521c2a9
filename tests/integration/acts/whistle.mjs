// Departments are called, come, are missed, agree on measures; joint work.
export async function act({ AT, S, as, incident, report }) {
  const heard = (kind, subject) => S("commander-county").hear((m) => m.params?.kind === kind && m.params.subject === subject);
  const place = { lon: 110.605, lat: 27.105 };
  await report("called", "family-A1", { grid: AT.A1h });
  let { id } = await as("director-A", "whistle.blow", { incident: incident.called, units: [AT.D1, AT.D2], within_ms: 1000, place, reason: "现场会商" });
  await as("department-D1", "whistle.check_in", { id, place });
  await heard("whistle.reminded", incident.called);
  await heard("whistle.absent", incident.called);
  await as("director-A1", "whistle.confirm", { id, unit: AT.D2, reason: "人已到" });
  await as("dispatcher-A", "whistle.minutes", { id, text: "会商纪要" });
  const { task } = await as("director-A", "whistle.measure", { id, unit: AT.D1, text: "围挡", due: new Date(Date.now() + 300).toISOString() });
  await heard("whistle.measure_overdue", incident.called);
  await as("director-A", "whistle.excuse", { id, unit: AT.D2, reason: "不涉及" });
  await as("department-D1", "task.accept", { id: task });
  await as("department-D1", "task.feedback", { id: task, text: "已围挡" });
  await as("department-D1", "task.finish", { id: task });
  await as("commander-A", "whistle.follow_up", { id, text: "看过", ok: true });
  await as("director-A", "whistle.close", { id });

  // one called off; one still waited for
  await report("whistled", "officer-A1h", { grid: AT.A1h });
  ({ id } = await as("dispatcher-county", "whistle.blow", { incident: incident.whistled, units: [AT.D2], within_ms: 3_600_000, reason: "险情" }));
  await as("director-A", "whistle.withdraw", { id, reason: "险情已除" });
  await as("policy-county", "whistle.blow", { incident: incident.whistled, units: [AT.D2], within_ms: 3_600_000, reason: "险情" });

  await report("jointly", "officer-B1g", { grid: AT.B1g });
  await as("director-B", "incident.joint", { id: incident.jointly, type: "patrol", lead: AT.D1, members: [AT.D2], note: "联防" });
}
