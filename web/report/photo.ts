// A photo made small enough to send, and stripped: drawn anew, it carries neither the place nor the phone it was taken
// with (EXIF). What cannot be drawn is not sent.

const EDGE = 1600;
const QUALITY = 0.75;

async function draw(file: Blob): Promise<{ image: CanvasImageSource; width: number; height: number; close(): void }> {
  if (typeof createImageBitmap === "function") {
    try {
      const b = await createImageBitmap(file);
      return { image: b, width: b.width, height: b.height, close: () => b.close() };
    } catch {
      /* some webviews take no files here: an element does it */
    }
  }
  const url = URL.createObjectURL(file);
  const img = new Image();
  await new Promise<void>((done, fail) => {
    img.onload = () => done();
    img.onerror = () => fail(new Error("no picture"));
    img.src = url;
  }).catch((e: unknown) => {
    URL.revokeObjectURL(url);
    throw e;
  });
  return { image: img, width: img.naturalWidth, height: img.naturalHeight, close: () => URL.revokeObjectURL(url) };
}

export function fitted(width: number, height: number, edge = EDGE): { width: number; height: number } {
  const by = Math.min(1, edge / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * by)), height: Math.max(1, Math.round(height * by)) };
}

export async function shrink(file: Blob): Promise<Blob> {
  const source = await draw(file);
  try {
    const { width, height } = fitted(source.width, source.height);
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    const ctx = canvas.getContext("2d");
    if (!ctx) throw new Error("no canvas");
    ctx.drawImage(source.image, 0, 0, width, height);
    const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
    if (!blob?.size) throw new Error("no picture");
    return blob;
  } finally {
    source.close();
  }
}
