// Dark or light: as the system has it, until a person chooses.

import { useEffect, useState } from "preact/hooks";

export type Theme = "light" | "dark";

const KEY = "wayleave-theme";
const dark = matchMedia("(prefers-color-scheme: dark)");
// Before anything is drawn: a dark page must not flash.
document.documentElement.dataset["theme"] = themeNow();

/** The theme in force, and what switches it. A choice is kept for this browser. */
export function useTheme(): { theme: Theme; switchTheme: () => void } {
  const [theme, setTheme] = useState(themeNow);
  useEffect(() => {
    document.documentElement.dataset["theme"] = theme;
    dispatchEvent(new Event("wayleave-theme"));
  }, [theme]);
  useEffect(() => {
    const onChange = (): void => setTheme(themeNow());
    dark.addEventListener("change", onChange);
    return () => dark.removeEventListener("change", onChange);
  }, []);
  const switchTheme = (): void => {
    const next = theme === "dark" ? "light" : "dark";
    localStorage.setItem(KEY, next);
    setTheme(next);
  };
  return { theme, switchTheme };
}

function themeNow(): Theme {
  const chosen = localStorage.getItem(KEY);
  if (chosen === "dark" || chosen === "light") return chosen;
  return dark.matches ? "dark" : "light";
}
