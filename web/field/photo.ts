// A photo as it is sent: 1600 pixels at the most, JPEG, without what the camera wrote into the file (position, owner),
// with time, place and name in its corner.

const MOST = 1600;
const QUALITY = 0.75;

/** How large it is drawn: the longer side no more than `most`. */
export function fitted(w: number, h: number, most = MOST): { w: number; h: number } {
  const by = Math.min(1, most / Math.max(w, h));
  return { w: Math.max(1, Math.round(w * by)), h: Math.max(1, Math.round(h * by)) };
}

async function decode(file: Blob): Promise<ImageBitmap | HTMLImageElement> {
  try {
    return await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    // Some webviews read with <img> what they refuse here.
    const url = URL.createObjectURL(file);
    try {
      const img = new Image();
      img.src = url;
      await img.decode();
      return img;
    } finally {
      URL.revokeObjectURL(url);
    }
  }
}

/** Throws when the file is no picture that this phone can read. */
export async function shrink(file: Blob, lines: readonly string[]): Promise<Blob> {
  const picture = await decode(file);
  const { w, h } = fitted(picture.width, picture.height);
  const canvas = document.createElement("canvas");
  canvas.width = w;
  canvas.height = h;
  const c = canvas.getContext("2d")!;
  c.drawImage(picture, 0, 0, w, h);
  const size = Math.max(14, Math.round(Math.max(w, h) / 45));
  c.font = `${size}px sans-serif`;
  c.textBaseline = "bottom";
  const said = lines.filter(Boolean);
  const wide = Math.min(w, Math.max(0, ...said.map((l) => c.measureText(l).width)) + size);
  const high = said.length * size * 1.3 + size * 0.4;
  c.fillStyle = "rgb(0 0 0 / 55%)";
  c.fillRect(0, h - high, wide, high);
  c.fillStyle = "#fff";
  said.forEach((l, i) => c.fillText(l, size / 2, h - size * 0.3 - (said.length - 1 - i) * size * 1.3, w - size));
  if ("close" in picture) picture.close();
  const blob = await new Promise<Blob | null>((ok) => canvas.toBlob(ok, "image/jpeg", QUALITY));
  canvas.width = canvas.height = 0; // gives its memory back at once: an old phone has little
  if (!blob) throw new Error("no picture");
  return blob;
}

/** The camera was refused for this page. Some phones open it for a file all the same; others only have the gallery then. */
export async function cameraDenied(): Promise<boolean> {
  try {
    return (await navigator.permissions.query({ name: "camera" as PermissionName })).state === "denied";
  } catch {
    return false;
  }
}
