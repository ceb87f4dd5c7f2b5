// The shared worker: one for all tabs of this origin and base path.
import { Hub, type Port } from "./hub";
import type { ToHub } from "./protocol";

// The two things of a worker's world that are used: its own library of types does not go with the page's.
declare const self: { name: string; onconnect: ((event: MessageEvent) => void) | null };
// Its name is the address of the stream: the script stays one file for the browser's cache.
const hub = new Hub(self.name);

self.onconnect = (event) => {
  const port = event.ports[0]!;
  hub.join(port as Port);
  port.onmessage = (message: MessageEvent<ToHub>) => hub.hear(port as Port, message.data);
  port.start();
};
