let second = -1;
let text = "";

/** Epoch milliseconds as a Date field has them (RFC 9110 section 5.6.7); made once a second. */
export function httpDate(nowMs: number): string {
  const nowSecond = Math.floor(nowMs / 1_000);
  if (nowSecond !== second) {
    second = nowSecond;
    text = new Date(nowMs).toUTCString();
  }
  return text;
}
