// What travels about a conference (docs/conference/). Types only: nothing here runs.

export type ConferenceState = "opening" | "active" | "degraded" | "ending" | "ended";
export type MemberState = "invited" | "ringing" | "declined" | "timeout" | "joining" | "connected" | "media_lost" | "signalling_lost" | "left";
export type MemberRole = "chair" | "speaker" | "viewer" | "family";
/** How much of the network a member takes. */
export type Quality = "normal" | "low" | "audio";
export type Layout = "grid" | "spotlight" | "rotate";

export interface Member {
  user: string;
  name: string;
  role: MemberRole;
  priority?: number;
  state: MemberState;
  org_name?: string;
  left_why?: string;
  /** Why he declined, in his own words. */
  declined?: string;
  /** By himself, by the chair, or because one speaks to all. */
  muted: boolean;
  /** By the chair: until it is lifted, or he is asked to speak. */
  silenced?: boolean;
  may_unmute?: boolean;
  camera: boolean;
  hand: boolean;
  screen: boolean;
  quality: Quality;
  audio_only: boolean;
  hidden?: boolean;
  guest?: boolean;
  banned?: boolean;
  since?: string;
  ring_until?: string;
}

export interface RollCall {
  call: number;
  at: string;
  until: string;
  here: string[];
  missing: string[];
  closed?: boolean;
}

export interface ConferenceText {
  at: string;
  by: string;
  name?: string;
  text: string;
}

/** conf.get as it comes. */
export interface Conference {
  id: string;
  title: string;
  incident?: string;
  number?: number;
  org: string;
  by: string;
  state: ConferenceState;
  backend: string;
  backend_why_zh?: string;
  backend_why_en?: string;
  cannot: string[];
  locked: boolean;
  layout: Layout;
  spotlight?: string;
  rotate_s?: number;
  broadcast?: string;
  recording: boolean;
  floor: { holder?: string; line: string[] };
  roll_call?: RollCall;
  members: Member[];
  texts: ConferenceText[];
  rev: number;
  created_at: string;
  ended_at?: string;
}

/** A row of conf.list. */
export interface ConferenceRow {
  id: string;
  title: string;
  incident?: string;
  number?: number;
  org: string;
  by: string;
  by_name?: string;
  state: ConferenceState;
  backend: string;
  recording: boolean;
  created_at: string;
  ended_at?: string;
  ended_why?: string;
  people: number;
  invited: number;
}

/** A row of conf.mine: what rings for me, where I sit, and what goes on without me. */
export interface MyConference extends ConferenceRow {
  member: { state: MemberState; role: MemberRole; auto?: boolean; ring_until?: string };
}

export type LegKind = "peer" | "send" | "recv" | "camera";

/** What a numbered stream of an offer shows. */
export interface LegStream {
  mid: string;
  user?: string;
  camera?: string;
  kind: "audio" | "video";
  source?: "mic" | "camera" | "screen";
}

export interface LegOpen {
  op: "open";
  kind: LegKind;
  peer?: string;
  camera?: string;
  offerer: boolean;
  polite?: boolean;
  ice_servers?: RTCIceServer[];
  constraints?: { audio?: boolean; video?: boolean; max_kbps?: number };
}

/** What the server tells this page's session about its legs (topic `leg`), in order. */
export type LegMessage = { conf?: string; leg: string } & (
  | LegOpen
  | { op: "offer"; sdp: string; streams?: LegStream[] }
  | { op: "answer"; sdp: string; streams?: LegStream[] }
  | { op: "candidate"; candidate: RTCIceCandidateInit | null }
  | { op: "restart" }
  | { op: "layer" }
  | { op: "close"; reason?: string }
);

/** Somebody is in the call, if perhaps not to be seen or heard just now. */
export const PRESENT: ReadonlySet<MemberState> = new Set<MemberState>(["joining", "connected", "media_lost", "signalling_lost"]);
/** He can be rung again. */
export const ABSENT: ReadonlySet<MemberState> = new Set<MemberState>(["declined", "timeout", "left"]);
