// The panic button: pressed, rung again, climbed, answered by each, disposed of; one taken back.
export async function act({ AT, S, as }) {
  const heard = (who, kind, subject) => S(who).hear((m) => m.params?.kind === kind && m.params.subject === subject);
  const { relative } = { relative: (await as("dispatcher-A1", "binding.set", { kind: "relative", holder: "family-A1", subject: `${AT.A1g}/family-A1g` })).id };
  const first = await as("family-A1g", "panic.raise", { place: { lon: 110.6012, lat: 27.1011 }, text: "摔倒了" });
  await as("family-A1g", "panic.raise", { text: "起不来" });
  await as("officer-A1g", "panic.received", { id: first.id, device: "phone" });
  await as("officer-A1g", "panic.acknowledge", { id: first.id, coming: true, eta_ms: 300_000 });
  await as("family-A1", "panic.acknowledge", { id: first.id });
  await as("dispatcher-county", "panic.acknowledge", { id: first.id });
  await as("dispatcher-county", "panic.dispose", { id: first.id, how: "real", note: "已送医" });
  await as("dispatcher-A1", "binding.end", { id: relative });
  // nobody answers
  const second = await as("officer-B1g", "panic.raise", { silent: true });
  for (const kind of ["panic.rang", "panic.climbed"]) await heard("commander-county", kind, second.incident);
  await as("officer-B1g", "panic.dispose", { id: second.id, how: "false", note: "误触" });
}
