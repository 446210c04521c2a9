// A stream on its element: it is no attribute, so it is put there, and played, when it is another.

export interface Played {
  stream: MediaStream;
  /** The browser wants a touch first. */
  refused?(): void;
}

function play(el: HTMLMediaElement, { value }: { value: Played }): void {
  if (el.srcObject === value.stream) return;
  el.srcObject = value.stream;
  el.play().catch((e: { name?: string }) => e.name === "NotAllowedError" && value.refused?.());
}
export const vPlay = { mounted: play, updated: play, beforeUnmount: (el: HTMLMediaElement) => void (el.srcObject = null) };
