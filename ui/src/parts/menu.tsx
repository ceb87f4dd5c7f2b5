import * as Radix from "@radix-ui/react-dropdown-menu";
import type { ReactNode } from "react";

export interface MenuItem {
  id: string;
  name: ReactNode;
  run: () => void;
  disabled?: boolean;
}
/** A button that opens a list of actions. */
export default function Menu({ trigger, items, align = "end", defaultOpen = false }: { trigger: ReactNode; items: readonly (MenuItem | "line")[]; align?: "start" | "end"; defaultOpen?: boolean }) {
  return (
    <Radix.Root modal={false} defaultOpen={defaultOpen}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content className="menu" align={align} sideOffset={4} collisionPadding={8}>
          {items.map((item, i) =>
            item === "line" ? (
              <Radix.Separator key={i} style={{ height: 1, background: "var(--line)", margin: "4px 0" }} />
            ) : (
              <Radix.Item key={item.id} disabled={item.disabled ?? false} onSelect={item.run}>
                {item.name}
              </Radix.Item>
            ),
          )}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
