// A dispute is mediated, its parties revealed to a desk that gives a reason; others fail, are withdrawn, go to court.
export async function act({ AT, as, incident, report, server }) {
  const { attachments } = await server.system("incident.get", { id: incident.policy });
  const parties = [{ name: "欧阳不宜", phone: "13812349876", role: "申请人" }];
  await report("mediated", "family-A1", { grid: AT.A1h });
  const { id } = await as("director-A", "mediation.open", { incident: incident.mediated, kind: "people", class: "family", parties, note: "欧阳不宜来访" });
  await as("director-A", "mediation.words", {});
  await as("director-A", "mediation.assign", { id, mediator: "officer-A2g" });
  await as("officer-A2g", "mediation.stage", { id, stage: "listen", text: "欧阳不宜 13812349876 说", tags: ["feeling"], attachments });
  await as("officer-A2g", "mediation.parties", { id, parties: [...parties, { name: "某公司" }] });
  await as("commander-county", "mediation.reveal", { id, reason: "核实欧阳不宜的身份" });

  const another = async (key, end) => {
    await report(key, "officer-B1g", { grid: AT.B1g });
    const m = await as("officer-B1g", "mediation.open", { incident: incident[key], kind: "industry", class: "labour" });
    await as("officer-B1g", "mediation.settle", { id: m.id, ...end });
    return m.id;
  };
  await another("settled", { outcome: "settled", level: "village", agreement: "和好" });
  await another("withdrawn", { outcome: "withdrawn" });
  const failed = await another("failed", { outcome: "failed" });
  await as("dispatcher-county", "mediation.to_court", { id: failed, court: "县法院" });
}
