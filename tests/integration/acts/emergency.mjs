// An emergency of the whole county: called out, answered, left unanswered, a line in its log, raised, over.
export async function act({ AT, as, S }) {
  const { id } = await as("commander-county", "emergency.start", { title: "防汛", level: 2, org: AT.county, reason: "红色预警", units: [AT.A], users: ["officer-B1g"], again_ms: 1000 });
  await as("officer-A1g", "emergency.answer", { id, coming: true, eta_ms: 600_000 });
  await as("dispatcher-county", "emergency.answer", { id, user: "officer-B1g", coming: false, note: "路断" });
  await as("director-A", "emergency.note", { id, text: "堤上已有 40 人" });
  await as("commander-county", "emergency.raise", { id, level: 1, reason: "水位上涨" });
  await S("commander-county").hear((m) => m.params?.kind === "emergency.unanswered");
  await as("commander-county", "emergency.end", { id, note: "险情解除" });
}
