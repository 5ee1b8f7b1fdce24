/** For an `error` that says nothing new, since `close` follows or came; without a listener Node would end the process. And for who is gone. */
export function ignore(): void {
  // There is nothing to do.
}
