// All boards, asked once for everything that lists them.
import { searchBoards, type BoardHit } from "./dashboards";
import { shared } from "./shared";

export const boardHits = shared<BoardHit[]>((signal) => searchBoards({ signal }), 30_000);
