// Times in the letters of date patterns that boards use: "YYYY-MM-DD HH:mm:ss", "ddd D MMM, h:mm A".
import { partsIn } from "../../time/zone";

const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const LETTERS = /\[([^\]]*)\]|YYYY|YY|MMMM|MMM|MM|M|DD|Do|D|dddd|ddd|HH|H|hh|h|mm|m|ss|s|SSS|A|a|X|x/g;

export function datePattern(ms: number, pattern: string, zone: string): string {
  if (!Number.isFinite(ms) || Math.abs(ms) > 8.64e15) return "Invalid date";
  const p = partsIn(ms / 1000, zone);
  const two = (n: number) => String(n).padStart(2, "0");
  const twelve = p.hour % 12 === 0 ? 12 : p.hour % 12;
  const parts: Record<string, string> = {
    YYYY: String(p.year), YY: two(p.year % 100), MMMM: MONTHS[p.month - 1]!, MMM: MONTHS[p.month - 1]!.slice(0, 3), MM: two(p.month), M: String(p.month),
    DD: two(p.day), D: String(p.day), Do: ordinal(p.day), dddd: DAYS[p.weekday]!, ddd: DAYS[p.weekday]!.slice(0, 3),
    HH: two(p.hour), H: String(p.hour), hh: two(twelve), h: String(twelve), mm: two(p.minute), m: String(p.minute), ss: two(p.second), s: String(p.second),
    SSS: String(Math.floor(((ms % 1000) + 1000) % 1000)).padStart(3, "0"), A: p.hour < 12 ? "AM" : "PM", a: p.hour < 12 ? "am" : "pm", X: String(Math.floor(ms / 1000)), x: String(ms),
  };
  return pattern.replace(LETTERS, (letters, literal?: string) => literal ?? parts[letters]!);
}

function ordinal(day: number): string {
  const ending = day % 100 >= 11 && day % 100 <= 13 ? "th" : (["th", "st", "nd", "rd"][day % 10] ?? "th");
  return `${day}${ending}`;
}
