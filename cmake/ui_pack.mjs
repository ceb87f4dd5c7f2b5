// ui_pack.mjs FROM TO: every file of FROM, brotli-compressed, as TO/<path>.br; what is compressed already, or does not
// become smaller, is copied. TO is made anew.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

const [from, to] = process.argv.slice(2);

function* files(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* files(path);
    else if (entry.isFile() && !entry.name.startsWith(".")) yield path;
  }
}

rmSync(to, { recursive: true, force: true });
mkdirSync(to, { recursive: true });
for (const path of files(from)) {
  const bytes = readFileSync(path);
  const target = join(to, relative(from, path));
  mkdirSync(dirname(target), { recursive: true });
  const packed = path.endsWith(".br")
    ? bytes
    : brotliCompressSync(bytes, {
        params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
      });
  if (path.endsWith(".br")) writeFileSync(target, packed);
  else if (packed.length < bytes.length) writeFileSync(`${target}.br`, packed);
  else writeFileSync(target, bytes);
}
