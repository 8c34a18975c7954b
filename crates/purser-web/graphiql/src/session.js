// What the browser remembers between visits: the tabs, the history, the sizes of the panes.
//
// It never remembers a header. Keys would otherwise lie in localStorage in the clear, and an old
// key would come back after the server was given a new one. So headers are taken out before
// anything is written and put back, from today's configuration, when it is read.

const TABS = 'graphiql:tabState';
const SAMPLES = 'purser:samples';
const FORGET = ['graphiql:headers', 'graphiql:query', 'graphiql:variables'];

/** The session GraphiQL starts with: its storage, its tabs, and the texts of the open one. */
export function openSession(config, local) {
  const keyed = new Map(config.tabs.map((tab) => [operationName(tab.query), tab.headers]));
  const headersOf = (name) => keyed.get(name) ?? config.defaultHeaders;
  forgetOldSamples(config, local);
  const storage = withoutHeaders(local, headersOf);
  const kept = restored(storage.getItem(TABS));
  return {
    storage,
    tabs: config.tabs.length > 0 ? config.tabs : [{ query: '', variables: '', headers: config.defaultHeaders }],
    active: kept ?? config.tabs[0] ?? {},
    defaultHeaders: config.defaultHeaders,
  };
}

/** Tabs of another database or version ask for things that are not there: start again from the samples. */
function forgetOldSamples(config, local) {
  const samples = JSON.stringify(config.tabs.map(({ query, variables }) => [query, variables]));
  if (local.getItem(SAMPLES) !== samples) {
    local.removeItem(TABS);
    local.setItem(SAMPLES, samples);
  }
}

/** localStorage as GraphiQL sees it. */
function withoutHeaders(local, headersOf) {
  const isOurs = (key) => key.startsWith('graphiql:');
  return {
    getItem(key) {
      const text = FORGET.includes(key) ? null : local.getItem(key);
      return text?.includes('"headers"') ? rewriteHeaders(text, (item) => headersOf(item.operationName)) : text;
    },
    setItem(key, text) {
      if (!FORGET.includes(key)) {
        local.setItem(key, text.includes('"headers"') ? rewriteHeaders(text, () => null) : text);
      }
    },
    removeItem: (key) => local.removeItem(key),
    get length() {
      return Object.keys(local).filter(isOurs).length;
    },
    clear() {
      Object.keys(local).filter(isOurs).forEach((key) => local.removeItem(key));
    },
  };
}

/** Replaces `headers` in every tab or history item of a JSON text. Text that is not JSON is dropped. */
function rewriteHeaders(text, headers) {
  try {
    const value = JSON.parse(text, (_, item) => (item && typeof item === 'object' && 'headers' in item ? { ...item, headers: headers(item) } : item));
    return JSON.stringify(value);
  } catch {
    return null;
  }
}

/** The tab that was open when the page was left. */
function restored(text) {
  const state = text && JSON.parse(text);
  const tab = state?.tabs?.[state.activeTabIndex];
  return tab && { query: tab.query ?? '', variables: tab.variables ?? '', headers: tab.headers ?? '' };
}

function operationName(query) {
  return /^\s*(?:query|mutation|subscription)\s+([_A-Za-z]\w*)/m.exec(query)?.[1];
}
