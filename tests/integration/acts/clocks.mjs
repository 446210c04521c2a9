// Clocks that run by a calendar: overdue and then breached, moved by a calendar that changes, a calendar removed. The
// office never closes: the test may run at any hour.
const DAY = 86_400_000;
const beijing = (ms) => new Date(ms + 8 * 3_600_000).toISOString().slice(0, 10);

export async function act({ AT, S, as, incident, report }) {
  const always = Object.fromEntries(["mon", "tue", "wed", "thu", "fri", "sat", "sun"].map((d) => [d, [["00:00", "24:00"]]]));
  const calendar = { name: "always", title: "全天", week: always };
  await as("admin.system-county", "calendar.set", calendar);
  await as("admin.system-county", "calendar.set", { ...calendar, name: "unused" });
  await as("admin.system-county", "calendar.remove", { name: "unused" });

  await report("clocked", "officer-A1g", { grid: AT.A1g });
  const clock = { incident: incident.clocked, from: "reported", to: "closed", calendar: "always" };
  await as("policy-county", "clock.start", { ...clock, name: "short", limit_ms: 30, grace_ms: 30 });
  await as("policy-county", "clock.start", { ...clock, name: "hour", limit_ms: 3_600_000, warn: [0.5] });
  const heard = (who, kind, subject) => S(who).hear((m) => m.params?.kind === kind && m.params.subject === subject);
  for (const kind of ["clock.overdue", "clock.breached"]) await heard("director-A", kind, incident.clocked);

  await as("policy-county", "clock.start", { ...clock, name: "reminded", limit_ms: 6000, warn: [0.75] }); // closed by then

  const days = [0, 1, 2].map((n) => ({ date: beijing(Date.now() + n * DAY), kind: "holiday" }));
  await as("admin.system-county", "calendar.set", { ...calendar, days });
  await S("director-A").hear((m) => m.params?.kind === "clock.breached" && m.params.data.clock === "reminded");
  await as("admin.system-county", "calendar.set", { ...calendar, days, recompute: true });
  await heard("commander-A", "clock.moved", incident.clocked);
  await heard("admin.system-county", "calendar.recomputed", "calendar:always");
}
