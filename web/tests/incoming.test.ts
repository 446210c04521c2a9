import { describe, expect, it } from "vitest";
import { missedOf, rings, seated } from "../shared/call/incoming";
import type { ConferenceState, MemberState, MyConference } from "../shared/call/types";

const row = (state: MemberState, conference: ConferenceState = "active", id = "v1"): MyConference =>
  ({ id, title: "t", by: "desk", state: conference, member: { state, role: "speaker" } }) as MyConference;
const none: ReadonlySet<string> = new Set();

describe("calls that come in", () => {
  it("ring while one is asked and the conference is on", () => {
    expect(rings(row("invited"))).toBe(true);
    expect(rings(row("ringing"))).toBe(true);
    expect(rings(row("ringing", "ended"))).toBe(false);
    for (const s of ["declined", "timeout", "joining", "connected", "left"] as const) expect(rings(row(s))).toBe(false);
    expect(seated(row("media_lost"))).toBe(true);
    expect(seated(row("timeout"))).toBe(false);
  });
  it("are missed when they stop without an answer", () => {
    const before = [row("ringing")];
    expect(missedOf(before, [row("timeout")], none)).toHaveLength(1);
    expect(missedOf(before, [], none)).toHaveLength(1);
    expect(missedOf(before, [row("ringing", "ended")], none)).toHaveLength(1);
  });
  it("are not when they were answered here, elsewhere, or declined", () => {
    const before = [row("ringing")];
    expect(missedOf(before, [], new Set(["v1"]))).toEqual([]);
    for (const s of ["joining", "connected", "declined", "ringing"] as const) expect(missedOf(before, [row(s)], none)).toEqual([]);
    expect(missedOf([row("declined")], [], none)).toEqual([]);
  });
});
