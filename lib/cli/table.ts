/** Columns of text. */

export interface Column<T> {
  readonly title: string;
  readonly align: 'left' | 'right';
  readonly value: (row: T) => string;
}

/** A line of titles and one for each row. Every column is as wide as it must be. */
export function table<T>(columns: readonly Column<T>[], rows: readonly T[]): string {
  const cells = [columns.map((c) => c.title), ...rows.map((row) => columns.map((c) => c.value(row)))];
  const widths = columns.map((_, i) =>
    cells.reduce((width, line) => Math.max(width, (line[i] as string).length), 0),
  );
  return cells
    .map((line) => {
      const padded = columns.map((c, i) => {
        const [cell, width] = [line[i] as string, widths[i] as number];
        return c.align === 'left' ? cell.padEnd(width) : cell.padStart(width);
      });
      return `${padded.join(' ').trimEnd()}\n`;
    })
    .join('');
}
