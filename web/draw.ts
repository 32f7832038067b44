/**
 * The pad that one writes on, by mouse, finger, pen or keyboard. It keeps strokes, not pixels: so it can undo, follow the
 * size of its element, and give its picture in any size.
 */

/** A place on the pad, both from 0 to 1. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Places that are joined by a line. */
interface Stroke {
  readonly points: Point[];
  /** Its width, as a share of the pad's. */
  readonly width: number;
}

/** The side of the picture that is read: three pixels for each of the network's; more take time and bring little. */
const SIDE = 84;
/** The longer side of a photo that is read. */
const PHOTO_SIDE = 560;
/** The side of the keyboard's grid. */
const CELLS = 14;

/** A canvas with what was written on it. */
export class Pad {
  readonly #canvas: HTMLCanvasElement;
  readonly #small = new OffscreenCanvas(SIDE, SIDE).getContext("2d", { willReadFrequently: true })!;
  readonly #onChange: (isWhole: boolean) => void;
  /** How wide the next strokes are, as a share of the pad's width. */
  pen = 0.075;
  #strokes: Stroke[] = [];
  /** Those of the keyboard's cells, which are set and cleared by themselves. */
  #cells: Stroke[] = [];
  #photo: ImageBitmap | undefined;
  #pointer: number | undefined;

  /** `onChange` is called with every piece of a stroke, and says whether the stroke is at its end. */
  constructor(canvas: HTMLCanvasElement, onChange: (isWhole: boolean) => void) {
    this.#canvas = canvas;
    this.#onChange = onChange;
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    for (const name of ["pointerup", "pointercancel"] as const) {
      canvas.addEventListener(name, (event) => this.#up(event));
    }
    new ResizeObserver(() => this.#paint()).observe(canvas);
  }

  /** Whether nothing is written. */
  get isEmpty(): boolean {
    return this.#all.length === 0 && !this.#photo;
  }

  /** Takes the last stroke back, or else the photo; says whether there was one of them. */
  undo(): boolean {
    const isUndone = this.#strokes.pop() !== undefined || this.#photo !== undefined;
    if (this.#strokes.length === 0) this.#photo = undefined;
    this.#changed();
    return isUndone;
  }

  /** Puts a photo, or nothing, in place of what there is. */
  clear(photo?: ImageBitmap): void {
    this.#photo?.close();
    this.#strokes = [];
    this.#cells = [];
    this.#photo = photo;
    this.#changed();
  }

  /** Puts these in place of the strokes of cells. */
  setCells(strokes: readonly Point[][]): void {
    this.#cells = strokes.map((points) => ({ points, width: this.pen }));
    this.#changed();
  }

  /** Whether there is a photo, of any paper and ink; else it is dark ink on white. */
  get hasPhoto(): boolean {
    return this.#photo !== undefined;
  }

  /** Shows a picture instead of strokes, which is not to be read. */
  showOnly(photo: ImageBitmap): void {
    this.#photo?.close();
    this.#strokes = [];
    this.#cells = [];
    this.#photo = photo;
    this.#paint();
  }

  /** What is to be read: a photo as it is, since white bars beside it would be taken for paper, or for ink. */
  picture(): ImageData {
    if (this.#photo && this.#all.length === 0) return pictureOf(this.#photo);
    draw(this.#small, SIDE, this.#all, this.#photo);
    return this.#small.getImageData(0, 0, SIDE, SIDE);
  }

  get #all(): Stroke[] {
    return [...this.#strokes, ...this.#cells];
  }

  #down(event: PointerEvent): void {
    if (this.#pointer !== undefined || event.button > 0) return; // one finger writes
    this.#pointer = event.pointerId;
    this.#canvas.setPointerCapture(event.pointerId);
    this.#strokes.push({ points: [this.#pointOf(event)], width: this.pen });
    this.#changed(false);
  }

  #move(event: PointerEvent): void {
    if (event.pointerId !== this.#pointer) return;
    const events = event.getCoalescedEvents?.() ?? [];
    const points = (events.length > 0 ? events : [event]).map((each) => this.#pointOf(each));
    this.#strokes.at(-1)?.points.push(...points);
    this.#changed(false);
  }

  #up(event: PointerEvent): void {
    if (event.pointerId !== this.#pointer) return;
    this.#pointer = undefined;
    this.#changed();
  }

  #pointOf({ clientX, clientY }: PointerEvent): Point {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect();
    return { x: (clientX - left) / width, y: (clientY - top) / height };
  }

  #changed(isWhole = true): void {
    this.#paint();
    this.#onChange(isWhole);
  }

  #paint(): void {
    const side = Math.round(this.#canvas.clientWidth * devicePixelRatio);
    if (this.#canvas.width !== side) this.#canvas.width = this.#canvas.height = side;
    draw(this.#canvas.getContext("2d")!, side, this.#all, this.#photo);
  }
}

/** A photo of any shape, no larger than there is use for. */
function pictureOf(photo: ImageBitmap): ImageData {
  const scale = Math.min(1, PHOTO_SIDE / Math.max(photo.width, photo.height));
  const [width, height] = [photo.width, photo.height].map((n) =>
    Math.max(1, Math.round(scale * n))
  );
  const context = new OffscreenCanvas(width, height).getContext("2d")!;
  context.drawImage(photo, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

function draw(
  context: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D,
  side: number,
  strokes: readonly Stroke[],
  photo: ImageBitmap | undefined,
): void {
  context.fillStyle = "white";
  context.fillRect(0, 0, side, side);
  if (photo) {
    const scale = side / Math.max(photo.width, photo.height);
    const width = scale * photo.width, height = scale * photo.height;
    context.drawImage(photo, (side - width) / 2, (side - height) / 2, width, height);
  }
  context.lineCap = context.lineJoin = "round";
  for (const { points, width } of strokes) {
    context.lineWidth = width * side;
    context.beginPath();
    // a dot too: a line of no length is not drawn
    context.moveTo(side * points[0].x + 0.01, side * points[0].y);
    for (const { x, y } of points) context.lineTo(side * x, side * y);
    context.stroke();
  }
}

/** The box around the ink of a picture and its centre of mass, in shares of its side; what `centerDigit` goes by. */
export interface Frame {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly centre: Point;
}

/** The frame of dark ink on white; none where there is no ink. */
export function frameOf({ width: side, data }: ImageData): Frame | undefined {
  let mass = 0, sumX = 0, sumY = 0, left = side, top = side, right = 0, bottom = 0;
  for (let i = 0; i < side * side; i++) {
    const ink = 255 - data[4 * i], x = i % side, y = Math.floor(i / side);
    if (ink < 128) continue;
    mass += ink;
    sumX += ink * (x + 0.5);
    sumY += ink * (y + 0.5);
    [left, top] = [Math.min(left, x), Math.min(top, y)];
    [right, bottom] = [Math.max(right, x + 1), Math.max(bottom, y + 1)];
  }
  if (mass === 0) return undefined;
  return {
    ...{
      x: left / side,
      y: top / side,
      width: (right - left) / side,
      height: (bottom - top) / side,
    },
    centre: { x: sumX / mass / side, y: sumY / mass / side },
  };
}

/** Draws a frame over the pad, or over what the network sees. */
export function showFrame(svg: SVGElement, frame: Frame | undefined): void {
  const [box, cross] = svg.children;
  svg.classList.toggle("empty", !frame);
  if (!frame) return;
  for (const name of ["x", "y", "width", "height"] as const) {
    box.setAttribute(name, String(100 * frame[name]));
  }
  const { x, y } = frame.centre;
  cross.setAttribute("d", `M${100 * x - 4} ${100 * y}h8M${100 * x} ${100 * y - 4}v8`);
}

/** Has the keyboard draw: a grid of cells over the pad, of which set neighbours are joined by strokes. */
export function addCells(grid: HTMLElement, pad: Pad): { clear: () => void; undo: () => void } {
  const cells = Array.from({ length: CELLS * CELLS }, (_, i) => {
    const cell = document.createElement("div");
    cell.role = "gridcell";
    cell.tabIndex = i === 0 ? 0 : -1;
    return cell;
  });
  const isSet = (i: number) => cells[i].ariaSelected === "true";
  const name = (i: number, isOn: boolean) => {
    cells[i].ariaSelected = String(isOn);
    const place = `row ${Math.floor(i / CELLS) + 1}, column ${i % CELLS + 1}`;
    cells[i].ariaLabel = isOn ? `${place}: ink` : place;
  };
  let changed: number[] = []; // in their order
  const put = (i: number, isOn: boolean) => {
    if (isSet(i) === isOn) return;
    name(i, isOn);
    changed.push(i);
    pad.setCells(strokesOf(isSet));
  };
  for (let y = 0; y < CELLS; y++) {
    const row = document.createElement("div");
    row.role = "row";
    row.append(...cells.slice(CELLS * y, CELLS * (y + 1)));
    grid.append(row);
  }
  cells.forEach((cell, i) => {
    name(i, false);
    cell.addEventListener("click", () => put(i, !isSet(i)));
    cell.addEventListener("focus", () => {
      for (const each of cells) each.tabIndex = each === cell ? 0 : -1;
    });
  });
  grid.addEventListener("keydown", (event) => {
    const from = cells.indexOf(event.target as HTMLDivElement);
    if (from < 0) return;
    if (event.key === " ") put(from, !isSet(from));
    else {
      const step = STEPS[event.key];
      if (!step) return;
      const x = from % CELLS + step[0], y = Math.floor(from / CELLS) + step[1];
      const to = CELLS * y + x;
      if (x >= 0 && x < CELLS && y >= 0 && y < CELLS) {
        cells[to].focus();
        if (event.shiftKey) put(to, true);
      }
    }
    event.preventDefault();
  });
  return {
    clear() {
      changed = [];
      cells.forEach((_, i) => name(i, false));
    },
    undo() {
      const last = changed.pop();
      if (last === undefined) return;
      name(last, !isSet(last));
      pad.setCells(strokesOf(isSet));
    },
  };
}

const STEPS: Readonly<Record<string, readonly [x: number, y: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** A dot for each cell that is set, and a line to each neighbour that is: across a corner only where no side leads. */
function strokesOf(isSet: (i: number) => boolean): Point[][] {
  const at = (x: number, y: number) =>
    x >= 0 && x < CELLS && y >= 0 && y < CELLS && isSet(CELLS * y + x);
  const point = (x: number, y: number) => ({ x: (x + 0.5) / CELLS, y: (y + 0.5) / CELLS });
  const strokes: Point[][] = [];
  for (let y = 0; y < CELLS; y++) {
    for (let x = 0; x < CELLS; x++) {
      if (!at(x, y)) continue;
      strokes.push([point(x, y)]);
      for (const [dx, dy] of [[1, 0], [0, 1], [1, 1], [-1, 1]]) {
        const isCorner = dx !== 0 && dy !== 0 && (at(x + dx, y) || at(x, y + dy));
        if (at(x + dx, y + dy) && !isCorner) strokes.push([point(x, y), point(x + dx, y + dy)]);
      }
    }
  }
  return strokes;
}
