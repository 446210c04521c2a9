// A card that is answered too late and lifted, a follow-up after the close, a shift handed over.
export async function act({ AT, as, incident, report, S }) {
  await as("dispatcher-A", "shift.start", {});
  await report("card", "officer-A1h", { grid: AT.A1g });
  const id = incident.card;
  await as("commander-A", "incident.supervise", { id, card: "yellow", note: "尽快", within_ms: 1000 });
  const [t] = (await as("dispatcher-A", "incident.dispatch", { id, to: [{ user: "officer-A2g" }] })).tasks;
  await S("commander-A").hear((m) => m.params?.kind === "supervise.overdue");
  await as("officer-A2g", "supervise.answer", { id, text: "正在办" });
  await as("commander-A", "supervise.lift", { id, note: "已整改" });
  await as("officer-A2g", "task.accept", { id: t });
  await as("officer-A2g", "task.feedback", { id: t, text: "办完" });
  await as("officer-A2g", "task.finish", { id: t });
  await as("dispatcher-A", "incident.verify", { id, pass: true });
  await as("dispatcher-A", "incident.close", { id });
  await as("dispatcher-A", "incident.follow_up", { id, satisfied: false, by: "phone", text: "还有垃圾" });
  const shift = await as("dispatcher-A", "shift.hand_over", { note: "注意水库", to: "commander-A" });
  await as("commander-A", "stats.waiting", {});
  await as("commander-A", "shift.take_over", { id: shift.id });
}
