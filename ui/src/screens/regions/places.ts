// Where regions lie, by the names that clouds and DWCP give them. A number or letter behind the name
// ("us-east-1", "eu-west-2a") is left out of the search.
const PLACES: Record<string, readonly [longitude: number, latitude: number]> = {
  "us-east": [-77, 39],
  "us-west": [-120, 46],
  "us-central": [-93, 41],
  "us-south": [-97, 31],
  "ca-central": [-73, 45],
  "sa-east": [-47, -23],
  "eu-west": [-6, 53],
  "eu-north": [18, 59],
  "eu-central": [9, 50],
  "eu-south": [9, 45],
  "uk-south": [-1, 51],
  "me-south": [50, 26],
  "me-central": [54, 25],
  "il-central": [35, 32],
  "af-south": [18, -34],
  "af-north": [31, 30],
  "ap-south": [73, 19],
  "in-west": [72, 23],
  "ap-southeast": [104, 1],
  "ap-east": [140, 35],
  "ap-ne": [140, 36],
  "ap-northeast": [140, 36],
  "ap-oceania": [151, -34],
  "au-east": [151, -34],
  "cn-north": [116, 40],
};

export function placeOf(region: string): readonly [number, number] | undefined {
  const name = region.toLowerCase().replace(/_/g, "-");
  return PLACES[name] ?? PLACES[name.replace(/-?\d+[a-z]?$/, "")];
}
