// Markdown as the repository's formatter leaves it.

const MADE = "<!-- Made from the source by `npm run docs`. Do not edit. -->";

/** A page of blocks with an empty line between them, under its title. */
export function page(title: string, blocks: readonly string[]): string {
  return `${[MADE, `# ${title}`, ...blocks].join("\n\n")}\n`;
}

/** A table; `|` in a cell is escaped. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [header, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = header.map((_, column) => Math.max(3, ...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, column) => (row[column] ?? "").padEnd(width)).join(" | ")} |`;
  const rule = line(widths.map((width) => "-".repeat(width)));
  const [first = [], ...rest] = cells;
  return [line(first), rule, ...rest.map(line)].join("\n");
}

/** A block of code. */
export function code(text: string, language = ""): string {
  return `\`\`\`${language}\n${text}\n\`\`\``;
}

/** Code within a line; empty for an empty text. */
export function inline(text: string): string {
  return text === "" ? "" : `\`${text}\``;
}
