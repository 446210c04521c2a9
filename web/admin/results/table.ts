// What a table's column is, and the order of its rows.

export interface Column<Row> {
  key: string;
  title: string;
  /** The cell as text: for the cell itself, unless a slot fills it, and for the CSV. */
  text: (row: Row) => string;
  /** What it is sorted by; left out: not sortable. */
  by?: (row: Row) => number | string;
  num?: boolean;
  /** A bar behind the figure: a share of the longest, 0 to 1. */
  bar?: (row: Row) => number;
  /** May be broken anywhere and takes what room there is. */
  wide?: boolean;
}

export interface Order {
  key: string;
  down: boolean;
}

/** Stable, so that sorting by one column and then another keeps the first within the second. */
export function sorted<Row>(rows: readonly Row[], columns: readonly Column<Row>[], order: Order | null): Row[] {
  const by = order && columns.find((c) => c.key === order.key)?.by;
  if (!order || !by) return [...rows];
  const sign = order.down ? -1 : 1;
  return [...rows].sort((a, b) => {
    const x = by(a);
    const y = by(b);
    return sign * (typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y), "zh-CN", { numeric: true }));
  });
}
