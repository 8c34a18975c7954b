// Starts GraphiQL with what the server says in config.json: the endpoint, the sample tabs, the headers.
import 'graphiql/setup-workers/vite';
// graphiql/style.css is these four and 350 KB of web fonts; Monaco brings its own style sheet.
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import '@graphiql/plugin-explorer/style.css';
import './page.css';

import { explorerPlugin } from '@graphiql/plugin-explorer';
import { HISTORY_PLUGIN } from '@graphiql/plugin-history';
import { GraphiQL } from 'graphiql';
import { createRoot } from 'react-dom/client';
import { readConfig } from './config.js';
import { openFetcher } from './fetcher.js';
import { openSession } from './session.js';

const PLUGINS = [HISTORY_PLUGIN, explorerPlugin({ showAttribution: false })];

function Page({ fetcher, session }) {
  return (
    <GraphiQL
      fetcher={fetcher}
      plugins={PLUGINS}
      storage={session.storage}
      defaultTabs={session.tabs}
      // defaultTabs does not fill the editors of the tab that is open first; these three do.
      initialQuery={session.active.query}
      initialVariables={session.active.variables}
      initialHeaders={session.active.headers}
      defaultHeaders={session.defaultHeaders}
      defaultQuery=""
      defaultEditorToolsVisibility="variables"
      // The session decides what is written down (never a header), so GraphiQL may offer it all.
      shouldPersistHeaders
      showPersistHeadersSettings={false}
      inputValueDeprecation
      schemaDescription
    >
      <GraphiQL.Logo>purser</GraphiQL.Logo>
    </GraphiQL>
  );
}

function fail(error) {
  const message = document.createElement('p');
  message.className = 'boot-message';
  message.setAttribute('role', 'alert');
  message.textContent = `GraphiQL could not start: ${error.message}`;
  document.getElementById('root').replaceChildren(message);
}

try {
  const config = await readConfig('/graphiql/config.json');
  const session = openSession(config, window.localStorage);
  createRoot(document.getElementById('root')).render(<Page fetcher={openFetcher(config)} session={session} />);
} catch (error) {
  fail(error);
}
