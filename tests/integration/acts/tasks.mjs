// Lead and helpers, reassigning, keeping somebody for later, check-ins, reminders, receipts, a team's task.
export async function act({ AT, S, as, incident, report }) {
  const heard = (kind, subject) => S("commander-county").hear((m) => m.params?.kind === kind && m.params.subject === subject);
  await report("help", "family-A1", { grid: AT.A1h });
  await report("later", "officer-B1g", { grid: AT.A1h });
  const id = incident.help;
  const to = [{ user: "officer-A1h" }, { team: AT.T1 }, { unit: AT.D1 }, { unit: AT.D2 }];
  const [t, team, unit, other] = (await as("dispatcher-A", "incident.dispatch", { id, to, remind_ms: 1000, remind_times: 1, receipt_ms: 200 })).tasks;
  await heard("task.undelivered", id);
  await heard("task.reminded", id);
  await as("officer-T1", "task.delivered", { id: team, device: "phone-officer-T1" });
  await as("ranger-T1", "task.accept", { id: team });
  await as("officer-A1h", "task.accept", { id: t });
  await as("officer-A1h", "incident.assist", { id, to: [{ user: "officer-A2g" }], note: "需要水泵" });
  await as("director-A", "task.lead", { id: team });
  await as("director-A", "task.reassign", { id: unit, to: { user: "officer-A1" }, reason: "离得更近" });
  await as("dispatcher-A1", "task.recall", { id: other, reason: "不需要了" });

  await as("officer-A1h", "task.checkin_start", { id: t, every_ms: 1000, grace_ms: 1000 });
  await as("officer-A1h", "task.check_in", { id: t, place: { lon: 110.6, lat: 27.1 } });
  await heard("task.check_in_due", id);
  await heard("task.check_in_missed", id);
  await as("director-A", "task.checkin_clear", { id: t, note: "已通话" });
  // one stays raised, for what is asked later
  await as("dispatcher-county", "task.checkin_start", { id: team, every_ms: 1000, grace_ms: 1000 });
  await S("commander-county").hear((m) => m.params?.kind === "task.check_in_missed" && m.params.data.task === team);
  for (const task of [t, team]) await as("dispatcher-county", "task.checkin_stop", { id: task });

  const later = incident.later;
  await as("dispatcher-A", "incident.reserve", { id: later, user: "officer-A1h" });
  await as("dispatcher-A", "incident.unreserve", { id: later, user: "officer-A1h" });
  await as("dispatcher-A", "incident.reserve", { id: later, user: "officer-A1h" });
  await as("officer-A1h", "task.feedback", { id: t, text: "灭了" });
  await as("officer-A1h", "task.finish", { id: t });
  await heard("reserve.ready", later);
  await as("dispatcher-A", "incident.dispatch", { id: later, to: [{ user: "officer-A1h" }] });
  await as("dispatcher-county", "incident.reserve", { id: later, user: "officer-A2g", for_ms: 1000 });
  await heard("reserve.lapsed", later);
  await as("dispatcher-county", "incident.reserve", { id: later, unit: AT.D1 });
}
