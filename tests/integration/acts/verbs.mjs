// What rights.test.mjs has happen, part by part: each file's act() must make every entry kind of its part happen at
// least once, so that who hears it is compared with the rules. `report(key, by, params)` reports as somebody and keeps
// the id as incident[key]; `as(name, method, params)` calls as "<role>-<place>" (see county.mjs for the places).
export async function act({ AT, as, incident, report }) {
  await report("attached", "officer-A1g", { grid: AT.A1g });
  await as("officer-A1g", "incident.comment", { id: incident.attached, text: "补充说明" });
}
