// Where http-proxy reads the same bytes otherwise, and why: reasons, with the cases that they explain. Seen on Node 26 (llhttp);
// what is not named here is read alike. A newer one may be stricter: then its lines here have no work left.

export const httpProxyDifferences: Readonly<Record<string, readonly string[]>> = {
  "Node takes sizes of any number of digits, as long as their value fits": [
    "a size of 2^32 with more digits than any has",
  ],
  "Node takes an extension with an empty value": ["an extension with an empty value"],
  "Node skips empty lines of any kind, in any number": [
    "a flood of empty lines before it",
    "an empty line that is LF before it",
    "an empty line that is CR before it",
    "answer: an empty line before it",
  ],
  "Node takes several spaces where one should be": [
    "two spaces behind the method",
    "two spaces behind the target",
  ],
  "Node's parser gives no sign that it has read RTSP/1.0; what is forwarded is HTTP/1.1": [
    "a version of RTSP",
  ],
  "http-proxy drops trailers, whatever they are called": [
    "a trailer",
    "two trailers",
    "a trailer that was announced",
    "a trailer Host",
    "a trailer X-Forwarded-For",
    "a trailer Authorization",
    "answer: chunks with trailers",
  ],
  "Node takes bytes behind an answer for a failure of that answer": [
    "answer: bytes behind the chunks, which are nobody's",
    "answer: HEAD with a body, which is nobody's",
    "answer: 204 with a body, which is nobody's",
  ],
  "Node takes chunks in HTTP/1.0": ["answer: chunks in HTTP/1.0"],
  "Node's client drops interim answers": [
    "answer: 100",
    "answer: 102",
    "answer: 103",
    "answer: 100 and 103",
    "answer: interim answers without end",
  ],
  "http-proxy has passed the head on before Node looks at the body": [
    "answer: a malformed chunk size",
    "answer: a chunk longer than its size",
    "answer: a chunk size that ends with LF",
    "answer: a chunk size that overflows",
    "answer: a malformed trailer",
  ],
};
