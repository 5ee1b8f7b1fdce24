import type { TopView } from "./render-top.ts";

/** What a key asks for: another view, or the end. */
export type Choice = TopView | "quit";

const ESCAPE = "\u001B";
const ENTER = new Set(["\r", "\n"]);
const BACKSPACE = new Set(["\u007F", "\b"]);
const ENDS = new Set(["q", "\u0003", "\u0004"]); // also Ctrl-C and Ctrl-D

/** The view after a key. Pure. */
export function choose(view: TopView, key: string, page: number): Choice {
  if (view.isTyping) return type(view, key);
  const lower = key.toLowerCase();
  if (ENDS.has(lower)) return "quit";
  switch (lower) {
    case "r":
      return { ...view, order: "requests", offset: 0 };
    case "e":
      return { ...view, order: "errors", offset: 0 };
    case "p":
      return { ...view, order: "p99", offset: 0 };
    case "h":
      return { ...view, order: "health", offset: 0 };
    case "n":
      return { ...view, order: "name", offset: 0 };
    case "/":
      return { ...view, isTyping: true, offset: 0 };
    case ESCAPE:
      return { ...view, filter: "", offset: 0 };
    default:
      return scroll(view, key, page);
  }
}

function scroll(view: TopView, key: string, page: number): TopView {
  const steps = new Map([
    ["\u001B[A", -1],
    ["\u001B[B", 1],
    ["\u001B[5~", -page],
    ["\u001B[6~", page],
  ]);
  return { ...view, offset: Math.max(0, view.offset + (steps.get(key) ?? 0)) };
}

function type(view: TopView, key: string): Choice {
  if (key === "\u0003") return "quit";
  if (key === ESCAPE) return { ...view, filter: "", isTyping: false };
  if (ENTER.has(key)) return { ...view, isTyping: false };
  if (BACKSPACE.has(key)) return { ...view, filter: view.filter.slice(0, -1) };
  return /^[\x20-\x7E]+$/.test(key) ? { ...view, filter: view.filter + key } : view;
}
