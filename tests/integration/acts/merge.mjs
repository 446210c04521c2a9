// Two reports of one thing: told as likely duplicates, merged, split. The order that was sent goes over and back.
export async function act({ AT, as, incident, report }) {
  const place = { lon: 110.6012, lat: 27.1011 };
  await report("first", "officer-A1g", { place, title: "后山冒烟起火" });
  await report("second", "officer-A2g", { place, title: "后山起火冒烟" });
  await as("dispatcher-A", "incident.dispatch", { id: incident.second, to: [{ unit: AT.D2 }] });
  await as("dispatcher-A", "incident.merge", { id: incident.second, into: incident.first, reason: "同一处" });
  await as("dispatcher-county", "incident.comment", { id: incident.first, text: "两人报的是同一处" });
  await as("dispatcher-A", "incident.split", { id: incident.second, reason: "是两处" });
  // one stays merged, across the border of two townships
  await report("third", "officer-B1g", { grid: AT.B1g, title: "界上起火" });
  await as("commander-county", "incident.merge", { id: incident.third, into: incident.first });
}
