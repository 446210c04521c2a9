// Reading and writing the packs' CSV: UTF-8, a header line, RFC 4180 quoting, one line feed a row.

export function parseCsv(text) {
  const rows = [];
  let row = [];
  let cell = '';
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c !== '"') cell += c;
      else if (text[i + 1] === '"') cell += text[i++];
      else quoted = false;
    } else if (c === '"' && cell === '') quoted = true;
    else if (c === ',') {
      row.push(cell);
      cell = '';
    } else if (c === '\n') {
      rows.push([...row, cell]);
      row = [];
      cell = '';
    } else if (c === '"' || c === '\r')
      throw new Error(`stray ${JSON.stringify(c)} in row ${rows.length + 1}`);
    else cell += c;
  }
  if (quoted || cell !== '' || row.length) throw new Error('the file must end with a line feed');
  const [header, ...body] = rows;
  return body.map((cells, n) => {
    if (cells.length !== header.length)
      throw new Error(`row ${n + 2} has ${cells.length} cells, the header ${header.length}`);
    return Object.fromEntries(header.map((name, i) => [name, cells[i]]));
  });
}

export function formatCsv(header, rows) {
  const quote = (v) => (/[",\n\r]/.test(v) ? `"${v.replaceAll('"', '""')}"` : v);
  return [header, ...rows.map((r) => header.map((name) => quote(String(r[name] ?? ''))))]
    .map((r) => r.join(',') + '\n')
    .join('');
}
