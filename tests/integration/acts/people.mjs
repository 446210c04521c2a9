// Ladders, responsibility bindings, the duty roster, leave.
export async function act({ AT, S, as, incident, report, server }) {
  const admin = "admin.system-county";
  await as(admin, "ladder.set", {
    name: "heads", title: "网格长、乡长",
    rungs: [
      { level: "household", title: "户长", find: "binding:household" },
      { level: "grid", title: "网格长", find: "binding:grid_head unit:grid" },
      { level: "township", title: "乡长", find: "unit:township" },
      { level: "county", title: "县", find: "unit:county" },
    ],
  });
  const head = (await as("director-A", "binding.set", { kind: "grid_head", holder: "officer-A2g", subject: AT.A1h })).id;
  const household = (await as("dispatcher-A1", "binding.set", { kind: "household", holder: "officer-A1h", subject: `${AT.A1h}/12`, note: "试用" })).id;
  await as("director-A", "binding.end", { id: household });
  await as("officer-A2g", "duty.start", {});

  // one climbs and stays so; one reaches the top; one is taken
  const escalated = (id) => S("commander-county").hear((m) => m.params?.kind === "incident.escalated" && m.params.subject === id);
  await report("climbing", "family-A1", { grid: AT.A1h });
  await escalated(incident.climbing); // by the policy's clock: that over, the ladder alone moves it
  await as("dispatcher-A", "incident.climb", { id: incident.climbing, ladder: "heads", wait_ms: 3_600_000 });
  await report("top", "officer-B1g", { grid: AT.B1g });
  await as("policy-county", "incident.climb", { id: incident.top, ladder: "heads", from: "county", wait_ms: 1000 });
  await S("commander-county").hear((m) => m.params?.kind === "ladder.stopped" && m.params.subject === incident.top);
  await report("taken", "family-A1", { grid: AT.A1h });
  await as("dispatcher-A", "incident.climb", { id: incident.taken, ladder: "heads" });
  await as("officer-A2g", "ladder.take", { id: incident.taken });
  // with a fallback owner for township B: its department is told
  await report("fallen", "officer-B1g", { grid: AT.B1g });
  await as(admin, "fallback.set", { org: AT.B, owner: AT.D2 });
  await as("director-B", "incident.climb", { id: incident.fallen, ladder: "heads", from: "county", wait_ms: 1000 });
  await S("commander-county").hear((m) => m.params?.kind === "incident.escalated" && m.params.subject === incident.fallen && m.params.data.by_itself);
  await as(admin, "fallback.set", { org: AT.B });
  await as("director-A", "binding.end", { id: head, reason: "换届" });

  // far ahead, so that nobody is away from what else happens here
  const year = (from, until) => ({ from: `2035-01-${from}:00Z`, until: `2035-01-${until}:00Z` });
  const { shifts } = await as("director-A", "roster.set", {
    org: AT.A,
    rows: [{ user: "director-A", post: "lead", ...year("01T08:00", "01T20:00") }, { user: "officer-A1g", ...year("01T20:00", "02T08:00") }],
  });
  await as("director-A", "roster.override", { org: AT.A, date: "2035-01-01", user: "dispatcher-A", instead_of: "director-A", reason: "出差" });
  await as("director-A", "roster.remove", { id: shifts[1], reason: "排错了" });
  await as("director-A", "leave.set", { user: "officer-A1g", deputy: "officer-A1h", reason: "探亲", ...year("05T00:00", "09T00:00") });
  await as("director-A", "leave.end", { user: "officer-A1g" });
  await server.system("roster.vacancies", {});
}
