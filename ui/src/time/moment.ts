// Screens that show the state of now show that of another moment when the address has an absolute range: its end. So
// a link with absolute times says the same tomorrow.
import { createContext, useContext } from "react";

/** Unix seconds; undefined: the screen is live. Set by the shell, for the screens that can go back. */
export const Moment = createContext<number | undefined>(undefined);
export const useMoment = (): number | undefined => useContext(Moment);
