/**
 * The key of affinity cookies: the one that was set, else one that all replicas of a prefix come to by
 * themselves. That one is no secret: whoever knows app and instance ids can then choose an instance.
 */
export function affinityKeyOf(given: string | undefined, prefix: string): string {
  return given ?? `wayleave ${prefix}`;
}
