// Dialogs over Radix: focus stays inside, Escape closes, the title is what a reader hears. Loaded when the
// first one opens.
import * as Radix from "@radix-ui/react-dialog";
import { useState, type ReactNode } from "react";
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
/** What has no focus of its own to give begins with what is to be filled in, not with its end; a finger is not met with a keyboard. */
function toFirstField(event: Event): void {
  if (matchMedia("(pointer: coarse)").matches) return;
  const field = (event.currentTarget as HTMLElement).querySelector<HTMLElement>(".body :is(input:not([type=file]), textarea, select):not(:disabled)");
  if (field === null) return;
  event.preventDefault();
  field.focus();
}

// A menu that opens a dialog goes as the dialog comes: its button is what had the focus before.
function focusedNow(): Element | null {
  const menu = document.activeElement?.closest('[role="menu"]');
  return menu ? document.getElementById(menu.getAttribute("aria-labelledby") ?? "") : document.activeElement;
}

export default function Dialog({ title, onClose, children, footer, wide, bare }: DialogProps) {
  // No element of its own opens it, which Radix would look for: the focus goes back to where it was, unless something else has it by then.
  const [before] = useState(focusedNow);
  const toBefore = (event: Event) => {
    event.preventDefault();
    if (document.activeElement === document.body && before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
  };
  return (
    <Radix.Root open onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="overlay" />
        <Radix.Content className={classes("dialog", wide && "wide")} aria-describedby={undefined} onOpenAutoFocus={toFirstField} onCloseAutoFocus={toBefore}>
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
