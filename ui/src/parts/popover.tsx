import * as Radix from "@radix-ui/react-popover";
import type { ReactNode } from "react";

/** A button with something below it. */
export default function Popover({ trigger, label, open, onOpen, align = "end", children }: {
  trigger: ReactNode;
  label: string;
  open: boolean;
  onOpen: (open: boolean) => void;
  align?: "start" | "center" | "end";
  children: ReactNode;
}) {
  return (
    <Radix.Root open={open} onOpenChange={onOpen}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content className="popover" align={align} sideOffset={5} collisionPadding={8} aria-label={label}>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
