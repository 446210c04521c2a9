// Legs: two pages that find each other, and what is said of them; docs/conference/media.md.
const SDP = ["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=ice-pwd:0123456789012345678901", "a=fingerprint:sha-256 00:11", ""].join("\r\n");

export async function act({ AT, S, as }) {
  const { id } = await as("director-B", "conf.create", { title: "画面", org: AT.B, to: [{ user: "officer-B1g" }] });
  await as("officer-B1g", "conf.join", { id });
  const told = async (who, op, conf = id) => (await S(who).hear((m) => m.method === "leg" && m.params.data.op === op && m.params.data.conf === conf)).params.data;
  const opened = { "director-B": await told("director-B", "open"), "officer-B1g": await told("officer-B1g", "open") };
  const offers = Object.keys(opened).find((who) => opened[who].offerer);
  const answers = Object.keys(opened).find((who) => who !== offers);
  const leg = (who) => opened[who].leg;
  await as(offers, "media.leg.offer", { leg: leg(offers), sdp: SDP });
  await told(answers, "offer");
  await as(offers, "media.leg.candidate", { leg: leg(offers), candidate: { candidate: "candidate:1 1 udp 1 192.0.2.1 5000 typ host", sdpMid: "0", sdpMLineIndex: 0 } });
  await as(offers, "media.leg.candidate", { leg: leg(offers) });
  await as(answers, "media.leg.answer", { leg: leg(answers), sdp: SDP });
  await told(offers, "answer");
  for (const who of [offers, answers]) await as(who, "media.leg.state", { leg: leg(who), state: "up", rtt_ms: 40, loss: 0 });
  await as(answers, "media.leg.restart", { leg: leg(answers) });
  await S("director-B").hear((m) => m.params?.kind === "conf.media" && m.params.data.conf === id);
  await as("director-B", "conf.end", { id });
  await told("officer-B1g", "close");
}
