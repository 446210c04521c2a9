// A candidate tried in the workshop, and one that nobody waits for.
export async function act({ as, server }) {
  const files = { "pack.lua": 'name = "tried"\nversion = "1"\n', "scenarios/a.lua": 'scenario "无事"\nat "08:00" { expect { } }\n' };
  const { job } = await as("admin.system-county", "job.start", { what: "test", pack: "tried", files });
  while (!(await server.journal()).some((e) => e.kind === "job.finished" && e.subject === job)) await new Promise((done) => setTimeout(done, 50));
}
