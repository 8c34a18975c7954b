// Compresses the built files into ../dist, byte for byte the same on every machine.
//
// zlib's output depends on the version and the processor that Node was built for; fflate is plain
// JavaScript, and its time stamp is set to zero. So a test can rebuild the bundle and compare bytes.
import { gzipSync } from 'fflate';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const source = resolve(import.meta.dirname, '.bundle');
const target = resolve(process.argv[2] ?? join(import.meta.dirname, '..', 'dist', 'graphiql'));

rmSync(target, { recursive: true, force: true });
const files = readdirSync(source, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => relative(source, join(entry.parentPath, entry.name)))
  .sort();
let raw = 0;
let packed = 0;
for (const file of files) {
  const bytes = readFileSync(join(source, file));
  const compressed = gzipSync(bytes, { level: 9, mtime: 0 });
  const path = join(target, `${file}.gz`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, compressed);
  raw += bytes.length;
  packed += compressed.length;
}
console.log(`${files.length} files, ${raw} bytes, ${packed} compressed, in ${target}`);
