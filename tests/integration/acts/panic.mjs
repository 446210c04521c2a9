// The panic button: pressed, rung again, climbed, answered by each, disposed of; one taken back, one that stays raised.
export async function act({ AT, S, as, incident }) {
  const raise = async (key, by, params) => {
    const alarm = await as(by, "panic.raise", params);
    incident[key] = alarm.incident;
    return alarm;
  };
  const home = `${AT.A1h}/20`;
  await as("dispatcher-A1", "binding.set", { kind: "relative", holder: "family-A1", subject: home });
  const first = await raise("fallen_down", "family-A1g", { place: { lon: 110.6012, lat: 27.1011 }, address: home, text: "摔倒了" });
  await as("family-A1g", "panic.raise", { text: "起不来" });
  await as("officer-A1g", "panic.received", { id: first.id, device: "phone" });
  await as("officer-A1g", "panic.acknowledge", { id: first.id, coming: true, eta_ms: 300_000 });
  await as("family-A1", "panic.acknowledge", { id: first.id });
  await as("dispatcher-county", "panic.acknowledge", { id: first.id });
  await as("dispatcher-county", "panic.dispose", { id: first.id, how: "real", note: "已送医" });

  const unanswered = await raise("unanswered", "officer-B1g", { silent: true });
  for (const kind of ["panic.rang", "panic.climbed"])
    await S("commander-county").hear((m) => m.params?.kind === kind && m.params.subject === unanswered.incident);
  await as("officer-B1g", "panic.dispose", { id: unanswered.id, how: "false", note: "误触" });

  const raised = await raise("raised", "officer-A2g", {});
  for (const who of ["director-A", "dispatcher-county"]) await as(who, "panic.acknowledge", { id: raised.id });
}
