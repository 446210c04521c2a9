// A picture of something that seldom changes, painted with some room around what is seen: panning moves it, and only
// when the view leaves it, or rests at another scale, is it painted again. Painting outlines or heat costs ten to fifty
// frames of moving points.

export interface View {
  /** The middle, in the map's metres. */
  x: number;
  y: number;
  /** Metres a pixel. */
  resolution: number;
  width: number;
  height: number;
  /** Device pixels a pixel. */
  ratio: number;
  /** Somebody is dragging or zooming right now. */
  moving: boolean;
}
/** From the map's metres to pixels of the picture. */
export interface Paper {
  c: CanvasRenderingContext2D;
  view: View;
  px(x: number): number;
  py(y: number): number;
}

/** Room on each side, as a part of what is seen. */
const ROOM = 0.35;
/** While zooming, a picture is stretched up to this much before it is painted again. */
const STRETCH = 2.2;

export class Picture {
  private canvas = document.createElement("canvas");
  private at: View | null = null;
  private stale = true;
  painted = 0;

  /** `scale`: device pixels of the picture per device pixel of the page; heat needs no fine ones. */
  constructor(
    private readonly paint: (paper: Paper) => void,
    private readonly scale = 1,
  ) {}

  change(): void {
    this.stale = true;
  }

  private fits(v: View): boolean {
    const a = this.at;
    if (!a || this.stale || a.width < v.width || a.height < v.height || a.ratio !== v.ratio) return false;
    const zoomed = v.resolution / a.resolution;
    if (zoomed !== 1 && (!v.moving || zoomed > STRETCH || zoomed < 1 / STRETCH)) return false;
    const roomX = (a.width * a.resolution - v.width * v.resolution) / 2;
    const roomY = (a.height * a.resolution - v.height * v.resolution) / 2;
    // Zooming out shows the rim for a moment: better than painting in every frame of it.
    return (zoomed > 1 && v.moving) || (Math.abs(a.x - v.x) <= roomX && Math.abs(a.y - v.y) <= roomY);
  }

  private renew(v: View): void {
    const a: View = { ...v, width: Math.ceil(v.width * (1 + 2 * ROOM)), height: Math.ceil(v.height * (1 + 2 * ROOM)) };
    const s = v.ratio * this.scale;
    const [w, h] = [Math.ceil(a.width * s), Math.ceil(a.height * s)];
    if (this.canvas.width !== w || this.canvas.height !== h) {
      this.canvas.width = w;
      this.canvas.height = h;
    }
    const c = this.canvas.getContext("2d")!;
    c.setTransform(1, 0, 0, 1, 0, 0);
    c.clearRect(0, 0, w, h);
    c.setTransform(s, 0, 0, s, 0, 0);
    this.at = a;
    this.stale = false;
    this.painted++;
    this.paint({ c, view: a, px: (x) => (x - a.x) / a.resolution + a.width / 2, py: (y) => (a.y - y) / a.resolution + a.height / 2 });
  }

  /** Onto a canvas whose unit is a pixel of the page. */
  show(c: CanvasRenderingContext2D, v: View): void {
    if (!this.fits(v)) this.renew(v);
    const a = this.at!;
    const k = a.resolution / v.resolution;
    const x = (a.x - v.x) / v.resolution + v.width / 2 - (a.width * k) / 2;
    const y = (v.y - a.y) / v.resolution + v.height / 2 - (a.height * k) / 2;
    c.drawImage(this.canvas, x, y, a.width * k, a.height * k);
  }
}
