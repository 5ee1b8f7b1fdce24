// One dialog for the whole page: what asked for it may be gone before its answer comes, as the row of an evicted instance is.

import { type ComponentChildren, type JSX, createContext } from "preact";
import { useContext, useState } from "preact/hooks";

import { ConfirmWrite, type ConfirmWriteProps } from "./confirm-write.tsx";

type Asked = Omit<ConfirmWriteProps, "onClose">;

const ConfirmContext = createContext<(asked: Asked) => void>(() => undefined);

/** Shows the dialog that something below it asked for. */
export function ConfirmProvider({ children }: { children: ComponentChildren }): JSX.Element {
  const [asked, setAsked] = useState<Asked>();
  return (
    <ConfirmContext.Provider value={setAsked}>
      {children}
      {asked !== undefined && <ConfirmWrite {...asked} onClose={() => setAsked(undefined)} />}
    </ConfirmContext.Provider>
  );
}

/** Gives what opens the dialog. */
export function useConfirm(): (asked: Asked) => void {
  return useContext(ConfirmContext);
}
