// Dialogs over Radix: focus stays inside, Escape closes, the title is what a reader hears. Loaded when the
// first one opens.
import * as Radix from "@radix-ui/react-dialog";
import type { ReactNode } from "react";
import { catalogue } from "../text/catalogue";
import { Icon } from "./icons";
import { classes } from "./parts";

const t = catalogue({ close: "Close" }, { de: { close: "Schließen" } });

export interface DialogProps {
  title: string;
  onClose: () => void;
  children: ReactNode;
  footer?: ReactNode;
  wide?: boolean;
  /** Without a visible title bar: the palette. */
  bare?: boolean;
}
export default function Dialog({ title, onClose, children, footer, wide, bare }: DialogProps) {
  return (
    <Radix.Root open onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="overlay" />
        <Radix.Content className={classes("dialog", wide && "wide")} aria-describedby={undefined}>
          {bare ? (
            <Radix.Title className="unseen">{title}</Radix.Title>
          ) : (
            <header>
              <Radix.Title asChild>
                <h1>{title}</h1>
              </Radix.Title>
              <span className="grow" />
              <Radix.Close className="button plain icon" aria-label={t("close")}>
                <Icon name="close" />
              </Radix.Close>
            </header>
          )}
          {bare ? children : <div className="body">{children}</div>}
          {footer && <footer>{footer}</footer>}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
