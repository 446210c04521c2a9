// Searches kept: one's own, one for the unit. Documents are indexed by the timer, heard by nobody.
export async function act({ as, server }) {
  await as("director-A", "filter.save", { name: "火情", query: { text: "起火", open: true } });
  await as("dispatcher-county", "filter.save", { name: "值班", query: { clock: "due_soon" }, shared: true });
  await as("officer-A1g", "filter.save", { name: "我的", query: { open: true } });
  await as("director-A", "filter.remove", { name: "火情" });
  while (!(await server.journal()).some((e) => e.kind === "search.indexed")) await new Promise((done) => setTimeout(done, 50));
}
