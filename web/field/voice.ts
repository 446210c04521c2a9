// A voice note: the microphone until it is stopped, two minutes at the most.

import type { Word } from "../shared/i18n";

export const MOST_MS = 120_000;
/** Speech needs no more; a minute is 180 KB. */
const BITS = 24_000;
const TYPES = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"];

export class VoiceError extends Error {
  constructor(readonly word: Word) {
    super(word);
  }
}

export interface Recording {
  /** Ends it; what was said, null when it was thrown away. */
  stop(keep: boolean): void;
  result: Promise<Blob | null>;
}

export async function record(): Promise<Recording> {
  if (!navigator.mediaDevices || typeof MediaRecorder === "undefined") throw new VoiceError("voice.insecure");
  let stream: MediaStream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  } catch (e) {
    throw new VoiceError((e as Error).name === "NotAllowedError" ? "voice.denied" : "voice.failed");
  }
  const type = TYPES.find((x) => MediaRecorder.isTypeSupported(x));
  const recorder = new MediaRecorder(stream, { audioBitsPerSecond: BITS, ...(type && { mimeType: type }) });
  const parts: Blob[] = [];
  let keep = true;
  const stop = (k: boolean) => {
    keep = k;
    if (recorder.state !== "inactive") recorder.stop();
  };
  const timer = setTimeout(() => stop(true), MOST_MS);
  const result = new Promise<Blob | null>((ok) => {
    recorder.ondataavailable = (e) => void parts.push(e.data);
    recorder.onstop = () => {
      clearTimeout(timer);
      stream.getTracks().forEach((x) => x.stop());
      const blob = new Blob(parts, { type: recorder.mimeType.split(";")[0] ?? "" });
      ok(keep && blob.size ? blob : null);
    };
  });
  recorder.start(1000); // in pieces, so that a call that comes in loses no more than a second
  return { stop, result };
}
