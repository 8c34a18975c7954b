// Asks graphql-http's audit whether a server speaks GraphQL over HTTP.
//
//   node audit.mjs URL TOKEN
//
// Every one of the 61 audits must be ok: a notice or a warning is a failure, because each stands
// for a sentence of the specification that some client relies on.
import { serverAudits } from 'graphql-http';

const AUDITS = 61;

const [url, token] = process.argv.slice(2);
if (!url) {
  console.error('usage: node audit.mjs URL TOKEN');
  process.exit(64);
}

/** The audits know no credentials; every request gets them here. */
function fetchWithToken(input, init = {}) {
  const headers = new Headers(init.headers);
  if (token) {
    headers.set('authorization', `Bearer ${token}`);
  }
  return fetch(input, { ...init, headers });
}

let passed = 0;
const audits = serverAudits({ url, fetchFn: fetchWithToken });
for (const { id, name, fn } of audits) {
  const result = await fn().catch((error) => ({ status: 'error', reason: String(error.cause ?? error) }));
  if (result.status === 'ok') {
    passed += 1;
  } else {
    const answer = result.response ? ` (answered ${result.response.status})` : '';
    console.log(`${result.status} ${id} ${name}: ${result.reason}${answer}`);
  }
}

const failed = audits.length - passed;
console.log(`${passed} passed, ${failed} failed`);
// An upgrade that brings fewer audits must not pass as a success.
if (failed > 0 || audits.length < AUDITS) {
  process.exitCode = 1;
}
