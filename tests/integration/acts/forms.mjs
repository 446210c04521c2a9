// A form is made, filled in with a report and once more, and no longer asked.
import assert from "node:assert/strict";

export async function act({ AT, as, incident, report }) {
  const admin = "admin.system-county";
  const fields = [
    { id: "loud", kind: "tick", zh: "很吵", en: "loud" },
    { id: "since", kind: "choice", zh: "多久", en: "since", required: true, options: [{ value: "today", zh: "今天", en: "today" }, { value: "week", zh: "几天", en: "days" }] },
  ];
  const form = { id: "noise", category: "noise", zh: "噪声", en: "Noise", fields };
  const { version } = await as(admin, "form.set", { form, note: "试用" });
  await as(admin, "form.check", { form });
  await report("formed", "officer-A1g", { category: "noise", grid: AT.A1g, form: { id: "noise", version, values: { since: "today" } } });
  await as("officer-A1g", "incident.fill", { id: incident.formed, form: { id: "noise", version, values: { loud: true, since: "week" } } });
  await assert.rejects(as("officer-A1g", "incident.fill", { id: incident.formed, form: { id: "noise", version, values: {} } }), (e) => e.data.path === "params.form.values.since");
  assert.equal((await as("director-A", "incident.get", { id: incident.formed })).form.values.since, "week");
  await as("officer-A1g", "form.list", { category: "noise" });
  await as("officer-A1g", "form.open", { id: "noise", version });
  await as(admin, "form.retire", { id: "noise" });
}
