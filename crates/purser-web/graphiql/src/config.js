// What the server tells the page:
//   { endpoint, tabs: [{ name, query, variables, headers }], defaultHeaders }
// A tab's `variables` and `headers` are objects, or the text to show; both may be absent.

/** Reads the configuration and puts every tab into the shape GraphiQL wants: three texts. */
export async function readConfig(url) {
  const response = await fetch(url, { headers: { accept: 'application/json' }, cache: 'no-store' });
  if (!response.ok) {
    throw new Error(`${url} answered ${response.status}`);
  }
  const config = await response.json();
  const introspectionHeaders = config.defaultHeaders ?? {};
  const defaultHeaders = asText(introspectionHeaders);
  const tabs = (config.tabs ?? []).map((tab) => ({
    query: titled(tab),
    variables: asText(tab.variables ?? ''),
    // A tab's own headers stand beside the default ones and win over them.
    headers: typeof tab.headers === 'string' ? tab.headers : asText({ ...introspectionHeaders, ...tab.headers }),
  }));
  return { endpoint: config.endpoint ?? '/graphql', tabs, defaultHeaders, introspectionHeaders };
}

/** GraphiQL titles a tab after its operation: an anonymous one is given the tab's name. */
function titled({ name, query }) {
  const anonymous = /^(query|mutation|subscription)?(\s*[({])/m;
  const isNamed = /^\s*(query|mutation|subscription)\s+[_A-Za-z]/m.test(query);
  if (isNamed || !name || !/^[_A-Za-z]\w*$/.test(name)) {
    return query;
  }
  return query.replace(anonymous, (_, kind, rest) => `${kind ?? 'query'} ${name}${rest}`);
}

function asText(value) {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}
