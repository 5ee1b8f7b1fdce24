// Memory for bytes that must outlive the shared read buffer: used again and again, since to allocate 64 KiB
// for each read of a large body cost more than to copy them.

/** As large as the shared buffer, so that whatever was read fits. */
const SLAB_BYTES = 64 * 1024;
/** More than these are left to the garbage collector. */
const MAX_FREE = 64;

const free: Buffer[] = [];

/** Takes a slab, with the bytes `from`..`to` at its start. */
export function takeSlab(bytes: Buffer, from: number, to: number): Buffer {
  const slab = free.pop() ?? Buffer.allocUnsafeSlow(SLAB_BYTES);
  bytes.copy(slab, 0, from, to);
  return slab;
}

/** Gives a slab back that nobody reads any more. */
export function giveSlab(slab: Buffer): void {
  if (free.length < MAX_FREE) free.push(slab);
}
