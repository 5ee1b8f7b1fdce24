import type { Keys } from "@wayleave/records";

/** What people call the record at a key: `route shop.example.com/api`, `instance shop/one`, `settings`; else the key. */
export function describeKey(keys: Keys, key: string): string {
  if (key === keys.settings) return "settings";
  if (key.startsWith(keys.routes)) return `route ${key.slice(keys.routes.length)}`;
  if (key.startsWith(keys.instances)) return `instance ${key.slice(keys.instances.length)}`;
  if (key.startsWith(keys.certificates)) return `certificate ${key.slice(keys.certificates.length)}`;
  return key;
}
