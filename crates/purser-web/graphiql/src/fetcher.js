// Sends operations to the server, and mends two things GraphiQL says too early or too late.
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { Kind, parse } from 'graphql';

export function openFetcher({ endpoint, introspectionHeaders }) {
  // Incremental delivery is off because the server does not offer @defer, and so that the page
  // asks for application/graphql-response+json like every other modern client.
  const send = createGraphiQLFetcher({ url: endpoint, enableIncrementalDelivery: false });
  return (operation, options) => {
    if (operation.operationName === 'IntrospectionQuery') {
      // GraphiQL asks for the schema before its headers editor exists, and so without a key.
      return send(operation, { ...options, headers: options?.headers ?? introspectionHeaders });
    }
    const documentAST = parsed(operation.query);
    const operationName = nameIn(documentAST, operation.operationName);
    return send({ ...operation, operationName }, { ...options, documentAST });
  };
}

/** Whoever changes the tab and runs at once would send the name of the tab before: GraphiQL learns it 100 ms later. */
function nameIn(documentAST, operationName) {
  const names = documentAST?.definitions
    .filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
    .map((definition) => definition.name?.value);
  return !names || names.includes(operationName) ? operationName : names.length === 1 ? names[0] : undefined;
}

/** What does not parse is sent all the same: the server's answer says where it is wrong. */
function parsed(query) {
  try {
    return parse(query);
  } catch {
    return undefined;
  }
}
