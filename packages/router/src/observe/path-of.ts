/**
 * A target without its query, of an absolute-form without what stands before its host: that is how much of it a log may
 * have. Reset links, OAuth codes and signed URLs carry secrets in their queries.
 */
export function pathOf(target: string): string {
  const query = target.indexOf("?");
  const path = query === -1 ? target : target.slice(0, query);
  return path.startsWith("/") ? path : path.replace(/^(\w+:\/\/)[^/]*@/, "$1");
}
