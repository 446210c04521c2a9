// A pack decides beside what is active, otherwise than it, and is stopped.
export async function act({ AT, S, as, incident, report }) {
  const admin = S("admin.system-county");
  await as("admin.system-county", "shadow.start", {
    pack: "shade",
    files: {
      "pack.lua": 'name = "shade"\nversion = "1"\npolicies = { "policies/s.lua" }\n',
      "policies/s.lua": 'return policy { name = "shade", on = { ["incident.reported"] = function(e) return comment(e.incident, "影子") end } }\n',
    },
    limits: { share: 1, at_least: 1 },
  });
  await report("shaded", "officer-A1g", { grid: AT.A1g });
  await admin.hear((m) => m.params?.kind === "policy.diverged" && m.params.subject === incident.shaded);
  await as("admin.system-county", "shadow.stop", { pack: "shade" });
}
