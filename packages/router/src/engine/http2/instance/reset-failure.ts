import { constants } from "node:http2";

import type { FailureCode } from "../../../request/failures.ts";

const MALFORMED = new Set<number>([
  constants.NGHTTP2_PROTOCOL_ERROR,
  constants.NGHTTP2_FLOW_CONTROL_ERROR,
  constants.NGHTTP2_FRAME_SIZE_ERROR,
  constants.NGHTTP2_COMPRESSION_ERROR,
  // So Node resets a stream whose header fields are too many or too large.
  constants.NGHTTP2_ENHANCE_YOUR_CALM,
]);

/** What it means that a stream was reset with this code (RFC 9113 section 7) before its answer was whole. */
export function resetFailure(code: number): FailureCode {
  if (code === constants.NGHTTP2_REFUSED_STREAM) return "answer-refused";
  if (code === constants.NGHTTP2_HTTP_1_1_REQUIRED) return "connect-wrong-protocol";
  return MALFORMED.has(code) ? "answer-malformed" : "answer-cut";
}

/** Whether an instance that resets a stream with this code has not acted upon its request (RFC 9113 section 8.7). */
export function isUnprocessed(code: number): boolean {
  return code === constants.NGHTTP2_REFUSED_STREAM || code === constants.NGHTTP2_HTTP_1_1_REQUIRED;
}
