// The life of a pack's versions: written as a draft by two, proposed, approved, rejected, moved. A pack of its
// own, which decides nothing, so that what else happens here is decided as before. A key that signs packs is
// trusted, and trusted no more.
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";

const files = (version) => ({ "pack.lua": `name = "annex"\nversion = "${version}"\npolicies = {}\n` });

export async function act({ as }) {
  const [admin, other] = ["admin.system-county", "second-county"];
  const { rev } = await as(admin, "draft.save", { pack: "annex", files: files("1"), from: "new" });
  await as(admin, "pack.deploy", { pack: "annex", draft: true, note: "附则" });
  await assert.rejects(as(other, "draft.save", { pack: "annex", rev, files: files("2") }));
  await as(other, "draft.save", { pack: "annex", files: files("2") });
  const { proposal } = await as(other, "pack.propose", { pack: "annex", draft: true, note: "第二版" });
  await as(admin, "pack.approve", { proposal });
  const again = await as(other, "pack.propose", { pack: "annex", files: files("3") });
  await as(admin, "pack.reject", { proposal: again.proposal, reason: "不必" });
  await as(admin, "draft.save", { pack: "annex", files: files("4") });
  await as(admin, "draft.discard", { pack: "annex" });
  await as(admin, "policy.move", { note: "一律按现行规则" });

  const security = "admin.security-county";
  const { publicKey } = generateKeyPairSync("ed25519");
  const { key } = await as(security, "pack.trust", { name: "邻县政法委", public: publicKey.export({ type: "spki", format: "pem" }) });
  await as(security, "pack.distrust", { key, reason: "不再合作" });
}
