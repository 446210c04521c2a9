// A patrol plan that nobody walks in its time, then somebody who does; the plan is given up.
export async function act({ AT, S, as }) {
  const points = [{ id: "gate", name: "村口", lon: 110.601, lat: 27.101 }, { id: "pond", name: "水塘", lon: 110.602, lat: 27.101, radius_m: 30 }];
  const { id: plan } = await as("director-A", "patrol.plan", { name: "夜巡", org: AT.A1, points, every_ms: 1000 });
  await S("director-A").hear((m) => m.params?.kind === "patrol.overdue" && m.params.subject === plan);
  const { id } = await as("officer-A1g", "patrol.start", { plan, key: "round-1" });
  await as("officer-A1g", "patrol.point", { id: "round-1", point: "gate", ok: true, place: { lon: 110.601, lat: 27.101, acc: 8 } });
  await as("officer-A1g", "patrol.track", { id, fixes: [[110.601, 27.101, Date.now()]] });
  await as("officer-A1g", "patrol.end", { id, note: "平安" });
  await as("director-A", "patrol.retire", { id: plan, reason: "试用结束" });
  await as("officer-B1g", "patrol.start", {}); // one that is under way
}
