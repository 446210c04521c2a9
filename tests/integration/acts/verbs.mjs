// What rights.test.mjs has happen, part by part: each file's act() must make every entry kind of its part happen at
// least once, so that who hears it is compared with the rules. `report(key, by, params)` reports as somebody and keeps
// the id as incident[key]; `as(name, method, params)` calls as "<role>-<place>" (see county.mjs for the places).
export async function act({ AT, as, incident, report, server }) {
  const paper = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210";
  const soon = (ms) => new Date(Date.now() + ms).toISOString();
  const heard = async (kind, id) => {
    for (;;) {
      const { entries } = await server.system("journal.timeline", { subject: id, limit: 1000 });
      if (entries.some((e) => e.kind === kind)) return;
      await new Promise((done) => setTimeout(done, 20));
    }
  };

  await report("attached", "officer-A1g", { grid: AT.A1g });
  await as("officer-A1g", "incident.comment", { id: incident.attached, text: "补充说明" });
  await as("officer-A1g", "incident.get_many", { ids: [incident.attached] });
  await as("officer-A1g", "incident.attach", { id: incident.attached, attachments: [paper], note: "近照" });

  // handed on: to a department, to another township; down the ladder again
  await report("away", "officer-A1g", { grid: AT.A1g });
  await as("director-A", "incident.transfer", { id: incident.away, to: AT.D1, reason: "属应急" });
  await as("department-D1", "incident.comment", { id: incident.away, text: "收到" });
  await report("neighbour", "officer-A1g", { grid: AT.A1g });
  await as("dispatcher-county", "incident.transfer", { id: incident.neighbour, to: AT.B, reason: "归乙乡" });
  await as("director-B", "incident.comment", { id: incident.neighbour, text: "我们来" });
  await report("down", "officer-A1g", { grid: AT.A1g });
  await as("officer-A1g", "incident.escalate", { id: incident.down, to: "county", reason: "重大" });
  await as("commander-county", "incident.send_down", { id: incident.down, to: "township", reason: "镇里办" });

  // asked for: granted, refused, withdrawn
  await report("asked", "officer-A1h", { grid: AT.A1h });
  const id = incident.asked;
  await as("dispatcher-A", "incident.dispatch", { id, to: [{ user: "officer-A1g" }] });
  for (const name of ["first", "second"]) await as("policy-county", "clock.start", { incident: id, name, from: "reported", to: "handled", limit_ms: 3_600_000 });
  const more = (clock) => as("officer-A1g", "incident.extend", { id, clock, by_ms: 3_600_000, reason: "等材料" });
  await as("director-A", "request.grant", { id: (await more("first")).id, note: "同意" });
  await as("director-A", "request.refuse", { id: (await more("second")).id, reason: "够了" });
  await as("officer-A1g", "request.withdraw", { id: (await more("second")).id });
  const pause = await as("officer-A1g", "incident.ask_suspend", { id, reason: "断路", until: soon(3_600_000) });
  await as("commander-county", "request.grant", { id: pause.id, until: soon(300) });
  await heard("incident.resumed", id);

  // signed, withdrawn, overdue; closed and rated
  await report("signed", "family-A1", { grid: AT.A1, title: "不派" });
  const signed = incident.signed;
  const { countersigns } = await as("dispatcher-A", "incident.countersign", { id: signed, units: [AT.D1, AT.B, AT.A1], text: "方案" });
  await as("department-D1", "countersign.sign", { id: countersigns[0], agree: true });
  await as("director-B", "countersign.sign", { id: countersigns[1], agree: false, note: "不妥" });
  await as("dispatcher-A", "countersign.withdraw", { id: countersigns[2] });
  const { tasks } = await as("dispatcher-A", "incident.dispatch", { id: signed, to: [{ user: "officer-A2g" }] });
  await as("officer-A2g", "task.accept", { id: tasks[0] });
  await as("officer-A2g", "task.feedback", { id: tasks[0], text: "好了" });
  await as("officer-A2g", "task.finish", { id: tasks[0] });
  await as("dispatcher-A", "incident.verify", { id: signed, pass: true });
  await as("dispatcher-A", "incident.close", { id: signed });
  await as("family-A1", "incident.rate", { id: signed, score: 5, text: "谢谢" });
  await report("waiting", "officer-A1h", { grid: AT.A1h });
  await as("dispatcher-A", "incident.countersign", { id: incident.waiting, units: [AT.D1], text: "方案", within_ms: 1000 });
  await heard("countersign.overdue", incident.waiting);
}
