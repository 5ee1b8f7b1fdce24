/** An IPv4 address in dotted decimal, as `parseAddress` gives it, as a number; undefined for any other text. */
export function v4Number(address: string): number | undefined {
  let number = 0;
  let part = 0;
  for (let at = 0; at < address.length; at += 1) {
    const code = address.charCodeAt(at);
    if (code >= ZERO && code <= NINE) part = part * 10 + code - ZERO;
    else if (code === DOT) {
      number = number * 256 + part;
      part = 0;
    } else return undefined;
  }
  return number * 256 + part;
}

const ZERO = 48;
const NINE = 57;
const DOT = 46;
