import { defineConfig } from 'vite';

// Everything is served by purser itself under /graphiql/; no file may come from anywhere else.
export default defineConfig({
  base: '/graphiql/',
  build: {
    outDir: '.bundle',
    emptyOutDir: true,
    target: 'es2022',
    // Source maps would triple what the binary carries.
    sourcemap: false,
    // GraphiQL is Monaco, and Monaco is large; the warning would say so at every build.
    chunkSizeWarningLimit: 4096,
    // The bundle contains other people's work, and their licences travel with it.
    license: { fileName: 'licenses.txt' },
    rolldownOptions: {
      // "use client" means nothing in a page without a server renderer, and a hundred warnings
      // about it would bury the one that matters.
      onLog(level, log, next) {
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') {
          next(level, log);
        }
      },
    },
  },
  // The same output directory for workers, so that one cache rule covers all hashed names.
  worker: { format: 'es' },
});
