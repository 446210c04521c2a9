// A pack decides beside what is active, otherwise than it, and is stopped.
export async function act({ AT, as, incident, report }) {
  const admin = "admin.system-county";
  await as(admin, "shadow.start", {
    pack: "shade",
    files: {
      "pack.lua": 'name = "shade"\nversion = "1"\npolicies = { "policies/s.lua" }\n',
      "policies/s.lua": 'return policy { name = "shade", on = { ["incident.reported"] = function(e) return comment(e.incident, "影子") end } }\n',
    },
    limits: { share: 1, at_least: 1 },
  });
  await report("shaded", "officer-A1g", { grid: AT.A1g });
  const { rows } = await as(admin, "shadow.differences", { pack: "shade" });
  if (!rows.some((r) => r.subject === incident.shaded)) throw new Error("the shadow has not spoken");
  // what differs is told of one's own area
  const seen = async (name) => (await as(name, "shadow.differences", { pack: "shade" })).rows.some((r) => r.subject === incident.shaded);
  if (!(await seen("admin.audit-A"))) throw new Error("the shadow's difference is not told where it lies");
  if (await seen("admin.audit-B")) throw new Error("the shadow's difference is told to another township");
  await as(admin, "shadow.stop", { pack: "shade" });
}
