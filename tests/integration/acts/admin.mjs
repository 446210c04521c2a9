// Units, accounts, sign-ins and tables that are tried before they are written.
import { totp } from "../totp.mjs";
import { grown } from "../county.mjs";

export async function act({ AT, as, server }) {
  const admin = "admin.system-county";
  const security = "admin.security-county";
  const audit = "admin.audit-county";

  await as(admin, "org.check", { units: [{ id: "430525-T09", parent: AT.county, kind: "team", name: "临时队" }, { id: "x", kind: "wall" }] });
  await as(admin, "org.set", { id: "430525-T09", rev: 0, parent: AT.D1, kind: "team", name: "临时队" });
  grown({ id: "430525-T09", parent: AT.D1 });
  const seen = () => as(admin, "org.get", { id: "430525-T09" });
  await as(admin, "org.move", { id: "430525-T09", rev: (await seen()).rev, parent: AT.D1, reason: "仍归应急局管" });
  await as(admin, "org.close", { id: "430525-T09", rev: (await seen()).rev, reason: "任务结束" });
  await as(admin, "org.reopen", { id: "430525-T09", rev: (await seen()).rev });
  await as(audit, "org.children", {});
  await as(audit, "org.search", { text: "甲一" });

  const users = [{ name: "clerk-1", display: "办事员", roles: ["department"], org: "430525-T09", password: "long-enough-1" }];
  await as(admin, "user.check", { users: [...users, { name: "clerk-2", roles: ["king"], org: AT.A }] });
  await as(admin, "user.add_many", { users });
  await as(audit, "user.get", { name: "clerk-1" });
  await server.rpc({ jsonrpc: "2.0", id: 1, method: "session.login", params: { name: "clerk-1", password: "long-enough-1", device: "desk-9" } });
  const [signIn] = (await as(security, "session.list", { user: "clerk-1" })).rows;
  await as(security, "session.end", { id: signIn.id, reason: "设备丢失" });
  const mine = async (password) => {
    const { result } = await server.rpc({ jsonrpc: "2.0", id: 1, method: "session.login", params: { name: "clerk-1", password } });
    return (method, params = {}) => server.rpc({ jsonrpc: "2.0", id: 2, method, params }, result.token);
  };
  await (await mine("long-enough-1"))("session.password", { old: "long-enough-1", password: "long-enough-2" });
  const clerk = await mine("long-enough-2");
  const { secret } = (await clerk("factor.begin")).result;
  await clerk("factor.confirm", { secret, otp: totp(secret) });
  await clerk("factor.remove", { otp: totp(secret, 1) });
  await clerk("factor.confirm", { secret, otp: totp(secret) });
  await as(security, "factor.reset", { name: "clerk-1", reason: "手机丢失" });
  await as(audit, "factor.get", {});
  await as(admin, "user.disable", { name: "clerk-1", reason: "调离" });
  await as(admin, "user.enable", { name: "clerk-1" });

  await as(audit, "people.touches", { org: AT.A });
  await as(audit, "officer.get", { user: "officer-A1g" });
  const rows = [{ kind: "party_member", holder: "director-B", subject: `${AT.B1g}/7` }];
  await as(admin, "binding.check", { rows });
  await as(admin, "binding.set_many", { rows });
}
