// Camera and microphone: asked for together, taken as far as they are given. A page that gets neither still hears and
// sees the others; why something is missing has words of its own (call.device.*).

import type { Quality } from "./types";

/** refused: the person or the browser said no. busy: another program has it. none: no such device. insecure: the page
 * came over plain http, where browsers give nothing. ended: unplugged, or taken away by the system. */
export type Why = "refused" | "busy" | "none" | "insecure" | "ended";

export interface Given {
  audio: MediaStreamTrack | null;
  video: MediaStreamTrack | null;
  missing: { audio?: Why; video?: Why };
}

export interface Chosen {
  audio?: string;
  video?: string;
}

export type MediaSource = Pick<MediaDevices, "getUserMedia"> & Partial<Pick<MediaDevices, "getDisplayMedia" | "enumerateDevices">>;

export const mediaSource = (): MediaSource | null => (typeof navigator === "undefined" ? null : (navigator.mediaDevices ?? null));

export function whyOf(e: unknown): Why {
  const name = (e as { name?: string } | null)?.name ?? "";
  if (name === "NotAllowedError" || name === "SecurityError") return "refused";
  if (name === "NotReadableError" || name === "AbortError") return "busy";
  return "none";
}

const PICTURE: Record<Quality, MediaTrackConstraints> = {
  normal: { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 25, max: 30 } },
  low: { width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 12, max: 15 } },
  audio: {},
};
const SOUND: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

const audioOf = (chosen: Chosen): MediaTrackConstraints => ({ ...SOUND, ...(chosen.audio && { deviceId: { exact: chosen.audio } }) });
const videoOf = (quality: Quality, chosen: Chosen): MediaTrackConstraints => ({ ...PICTURE[quality], ...(chosen.video ? { deviceId: { exact: chosen.video } } : { facingMode: "user" }) });

/** Never throws. One question to the person where one is enough; what the pair could not give is asked for alone. */
export async function openDevices(want: { audio: boolean; video: boolean; quality?: Quality; chosen?: Chosen }, source = mediaSource()): Promise<Given> {
  const given: Given = { audio: null, video: null, missing: {} };
  const chosen = want.chosen ?? {};
  const audio = want.audio && audioOf(chosen);
  const video = want.video && videoOf(want.quality ?? "normal", chosen);
  if (!audio && !video) return given;
  if (!source) {
    if (audio) given.missing.audio = "insecure";
    if (video) given.missing.video = "insecure";
    return given;
  }
  const take = (stream: MediaStream) => {
    given.audio ??= stream.getAudioTracks()[0] ?? null;
    given.video ??= stream.getVideoTracks()[0] ?? null;
  };
  try {
    take(await source.getUserMedia({ ...(audio && { audio }), ...(video && { video }) }));
    return given;
  } catch (e) {
    if (!(audio && video)) {
      given.missing[audio ? "audio" : "video"] = whyOf(e);
      return given;
    }
  }
  for (const [kind, asked] of [["audio", audio], ["video", video]] as const) {
    try {
      take(await source.getUserMedia({ [kind]: asked }));
    } catch (e) {
      given.missing[kind] = whyOf(e);
    }
  }
  return given;
}

/** The screen, or null when the person thought better of it. */
export async function openScreen(source = mediaSource()): Promise<MediaStreamTrack | null> {
  if (!source?.getDisplayMedia) return null;
  try {
    return (await source.getDisplayMedia({ video: { frameRate: { max: 10 } }, audio: false })).getVideoTracks()[0] ?? null;
  } catch {
    return null;
  }
}

/** Cameras and microphones to choose from; their names are known only after the first permission. */
export async function listDevices(source = mediaSource()): Promise<{ id: string; kind: "audio" | "video"; label: string }[]> {
  const all = (await source?.enumerateDevices?.().catch(() => [])) ?? [];
  return all
    .filter((d) => d.deviceId && (d.kind === "audioinput" || d.kind === "videoinput"))
    .map((d) => ({ id: d.deviceId, kind: d.kind === "audioinput" ? "audio" : "video", label: d.label }));
}
