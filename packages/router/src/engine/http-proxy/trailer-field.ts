/** Flat fields without `Trailer`: Node drops trailers, and throws where they are announced without chunks. */
export function withoutTrailerField(fields: readonly string[]): string[] {
  const kept: string[] = [];
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] ?? "";
    if (name.toLowerCase() !== "trailer") kept.push(name, fields[index + 1] ?? "");
  }
  return kept;
}
