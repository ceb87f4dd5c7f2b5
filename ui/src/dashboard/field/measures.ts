// Grafana's units of physics and money, by id: what stands behind the number (or before it), and for those that scale, the
// place of the unit among the powers of a thousand (-1 for milli…, 1 for kilo…).

export const SUFFIXES: Readonly<Record<string, string>> = {
  accMS2: " m/s²", accFS2: " f/s²", radian: " rad", grad: " grad", arcmin: " arcmin", arcsec: " arcsec", areaM2: " m²", areaF2: " ft²", areaMI2: " mi²", acres: " ac", hectares: " ha",
  conppb: " ppb", conngm3: " ng/m³", conngNm3: " ng/Nm³", "conμgm3": " μg/m³", "conμgNm3": " μg/Nm³", conmgm3: " mg/m³", conmgNm3: " mg/Nm³", congm3: " g/m³", congNm3: " g/Nm³", conmgdL: " mg/dL", conmmolL: " mmol/L",
  Wm2: " W/m²", flowgpm: " gpm", flowcms: " cms", flowcfs: " cfs", flowcfm: " cfm", litreh: " L/h", flowlpm: " L/min", flowmlpm: " mL/min", lux: " lux", masst: " t", masslb: " lb", lengthft: " ft", lengthmi: " mi", lengthin: " in",
  pressurekpa: " kPa", pressurehg: ' "Hg', pressurepsi: " psi", rotrads: " rad/s", rotdegs: " °/s", velocitymph: " mph", velocityknot: " kn", m3: " m³", Nm3: " Nm³", dm3: " dm³", gallons: " gal",
  currencySEK: " kr", currencyDKK: " kr", currencyNOK: " kr", currencyISK: " kr", currencyCZK: " Kč", currencyPLN: " zł",
};

export const SCALED: Readonly<Record<string, readonly [unit: string, place: number]>> = {
  pflops: ["FLOPS", 5], eflops: ["FLOPS", 6], zflops: ["FLOPS", 7], yflops: ["FLOPS", 8], THs: ["H/s", 4], PHs: ["H/s", 5], EHs: ["H/s", 6],
  megwatt: ["W", 2], gwatt: ["W", 3], voltamp: ["VA", 0], kvoltamp: ["VA", 1], voltampreact: ["var", 0], kvoltampreact: ["var", 1], watthperkg: ["Wh/kg", 0], kwattm: ["W·min", 1], amph: ["Ah", 0], kamph: ["Ah", 1], mamph: ["Ah", -1],
  ev: ["eV", 0], kamp: ["A", 1], mamp: ["A", -1], kvolt: ["V", 1], mvolt: ["V", -1], mwatth: ["Wh", 2], rotkhz: ["Hz", 1], rotmhz: ["Hz", 2], rotghz: ["Hz", 3], dBm: ["dBm", 0], mohm: ["Ω", -1], kohm: ["Ω", 1], Mohm: ["Ω", 2], "µfarad": ["F", -2], nfarad: ["F", -3], pfarad: ["F", -4], ffarad: ["F", -5],
  henry: ["H", 0], mhenry: ["H", -1], "µhenry": ["H", -2], lumens: ["Lm", 0], forceNm: ["Nm", 0], forcekNm: ["Nm", 1], forceN: ["N", 0], forcekN: ["N", 1], massmg: ["g", -1], mlitre: ["L", -1],
  pressurembar: ["bar", -1], pressurekbar: ["bar", 1], pressurepa: ["Pa", 0], radbq: ["Bq", 0], radci: ["Ci", 0], radgy: ["Gy", 0], radrad: ["rad", 0], radsv: ["Sv", 0], radmsv: ["Sv", -1], radusv: ["Sv", -2], radrem: ["rem", 0],
  radexpckg: ["C/kg", 0], radr: ["R", 0], radsvh: ["Sv/h", 0], radmsvh: ["Sv/h", -1], radusvh: ["Sv/h", -2],
};

export const MONEY: Readonly<Record<string, string>> = {
  currencyUAH: "₴", currencyBRL: "R$", currencymBTC: "mBTC ", "currencyμBTC": "μBTC ", currencyZAR: "R", currencyKRW: "₩", currencyIDR: "Rp", currencyPHP: "₱", currencyVND: "₫", currencyTRY: "₺", currencyMYR: "RM ", currencyXPF: "XPF ", currencyBGN: "BGN ",
  currencyPYG: "₲", currencyUYU: "$U ", currencyILS: "₪", currencyKES: "KSh ", currencyTHB: "฿", currencyCNY: "¥", currencySGD: "S$", currencyHKD: "HK$", currencyAUD: "A$", currencyCAD: "C$", currencyNZD: "NZ$", currencyBDT: "৳",
};
