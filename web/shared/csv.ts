// Tables as CSV for a spreadsheet, and handing a file to the person. A cell that a spreadsheet would run as a formula
// is kept text.

export function csvCell(v: unknown): string {
  let s = v === null || v === undefined ? "" : typeof v === "object" ? JSON.stringify(v) : String(v);
  if (typeof v === "string" && /^[=+\-@\t\r]/.test(s)) s = `'${s}`;
  return /[",\r\n]/.test(s) ? `"${s.replace(/"/g, '""')}"` : s;
}

export function toCsv(head: readonly string[], rows: readonly (readonly unknown[])[]): string {
  return [head, ...rows].map((r) => r.map(csvCell).join(",")).join("\r\n") + "\r\n";
}

export function saveText(name: string, text: string, type: string): void {
  // Excel takes a CSV for the local code page unless a mark says otherwise.
  const mark = type === "text/csv" && !text.startsWith("\ufeff") ? "\ufeff" : "";
  const url = URL.createObjectURL(new Blob([mark, text], { type: `${type};charset=utf-8` }));
  const a = document.createElement("a");
  a.href = url;
  a.download = name.replace(/[^\w.\-\u4e00-\u9fff]+/g, "-");
  document.body.append(a);
  a.click();
  a.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
